"""The cross-emotion benchmark: every system's videos of the same pairs, scored and laid side by side in one report."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ... import pipeline
from ...arkit import EMOTIONS
from ...media.pixels import from_uint8
from ...model import CEMNet
from ..matrix.scores import JUDGED, MatrixScores
from ..matrix.sheets import Tile, paste_sheet
from ..report.figures import bars_figure, matrix_figure
from ..report.intervals import Interval, resampled_means
from ..report.report import Picture, Report, Table
from .backbones import frechet_distance
from .pairs import Pair
from .scoring import Scene, Scores, Tools, open_scene, score_video
from .watching import CROP_SIDE

OURS = "CEM-Net"
NOT_MEASURED = "not measured"
MOST_ROWS = 12  # of the sheet of frames


@dataclass(frozen=True)
class Measure:
    """A figure of one video: its name in tables, how it is written, and what it is."""

    name: str
    value: Callable[[Scores], float]
    digits: int
    meaning: str


MEASURES = (
    Measure("M-LMD, %", lambda each: each.truth.m_lmd, 2, "landmarks of the mouth from the truth's; lower is better"),
    Measure("F-LMD, %", lambda each: each.truth.f_lmd, 2, "landmarks of the face from the truth's; lower is better"),
    Measure("PSNR, dB", lambda each: each.truth.psnr, 2, "the face against the truth; higher is better"),
    Measure("SSIM", lambda each: each.truth.ssim, 3, "the face against the truth; higher is better"),
    Measure("LPIPS", lambda each: each.truth.lpips, 3, "the face against the truth; lower is better"),
    Measure("LSE-D", lambda each: each.lse_d, 2, "SyncNet's distance; lower is better"),
    Measure("LSE-C", lambda each: each.lse_c, 2, "SyncNet's confidence; higher is better"),
    Measure("r with loudness", lambda each: each.lips.loudness, 2, "of the opening of the lips"),
    Measure("lag, ms", lambda each: each.lips.lag_ms, 0, "of the lips after the sound"),
    Measure("z at /p b m/", lambda each: each.lips.closing_z, 2, "opening of the lips there; filmed about −1"),
    Measure("pauses, %", lambda each: 100 * each.lips.silent_share, 1, "opening of the lips in pauses"),
    Measure("identity", lambda each: each.identity, 3, "cosine of a recogniser's vectors with the portrait"),
    Measure("jitter, %", lambda each: each.jitter, 3, "shaking of nose and forehead"),
)


def run_benchmark(
    tools: Tools, pairs: Sequence[Pair], videos: Mapping[str, Sequence[Path]], ours: Path | None = None
) -> list[Scores]:
    """Scores of every system's videos, which are named in the order of the pairs.

    With `ours` this library makes its own videos of the pairs into that folder, and they are scored first; those that
    are there already are kept. FaceError and MediaError name the file that cannot be used.
    """
    order, scored = [*([OURS] if ours is not None else []), *videos], []
    for number, pair in enumerate(tqdm(pairs, "pairs", mininterval=10)):
        scene = open_scene(tools, pair)
        paths = {name: files[number] for name, files in videos.items()}
        if ours is not None:
            paths = {OURS: made_video(tools.model, scene, ours)} | paths
        scored += [score_video(tools, scene, system, path) for system, path in paths.items()]
    return sorted(scored, key=lambda each: order.index(each.system))


def made_video(model: CEMNet, scene: Scene, folder: Path) -> Path:
    """Our own video of a pair."""
    path = (folder / scene.pair.video).with_suffix(".mp4")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        motion = pipeline.bridge_emotion(model, scene.face, scene.speech)
        pipeline.save_video(model, scene.face, motion, path, scene.speech.audio)
    return path


def systems(scored: Sequence[Scores]) -> list[str]:
    """The systems in their order."""
    return list(dict.fromkeys(each.system for each in scored))


def emotion_table(scores: MatrixScores | None) -> Table:
    """Hits and leaks, a row for each system; no row without a judge."""
    header = ("system", "diagonal hit %", "off-diagonal hit %", "leak %", "judge's own confusion %")
    if scores is None:
        return Table("Emotions", header, [], "Not measured: no judge was given.")
    rows = [
        (
            system,
            *(
                written(Interval.of(figure(system)))
                for figure in (scores.diagonal_hit, scores.off_diagonal_hit, scores.leak, scores.leak_by_confusion)
            ),
        )
        for system in scores.systems
    ]
    note = (
        f"{scores.num_people} people, {scores.num_clips} voices, {scores.num_videos} videos; in brackets 95 % "
        "intervals, people and voices resampled together. Hit: the judge names the voice's emotion. Leak: it names the "
        "portrait's. The judge's own confusion: how often it names that emotion for the same voice on portraits that "
        "do not show it."
    )
    return Table("Emotions", header, rows, note)


def written(interval: Interval) -> str:
    """An interval in percent; "-" where there was no such pair."""
    return interval.percent() if np.isfinite(interval.value) else "-"


def measures_table(scored: Sequence[Scores]) -> Table:
    """The mean of each measure, a row for each system, and FID over all of its frames."""
    rows = []
    for system in systems(scored):
        own = [each for each in scored if each.system == system]
        cells = [number([measure.value(each) for each in own], measure.digits) for measure in MEASURES]
        rows.append((system, *cells, number([set_distance(own)], 2)))
    meanings = " ".join(f"{measure.name}: {measure.meaning}." for measure in MEASURES)
    note = f"Means over the videos in which something can be measured. {meanings} FID: of all frames and all truths."
    return Table("Measures", ("system", *(measure.name for measure in MEASURES), "FID"), rows, note)


def number(values: Sequence[float], digits: int) -> str:
    """The mean of what was measured."""
    known = [value for value in values if np.isfinite(value)]
    return f"{np.mean(known):.{digits}f}" if known else NOT_MEASURED


def set_distance(own: Sequence[Scores]) -> float:
    """FID between the frames of one system's videos and of their truths; NaN without Inception or truths."""
    both = [
        (each.features, each.truth.features)
        for each in own
        if each.features is not None and each.truth.features is not None
    ]
    if not both:
        return float("nan")
    made, wanted = (np.concatenate(side) for side in zip(*both, strict=True))
    return frechet_distance(made, wanted)


def videos_table(scored: Sequence[Scores]) -> Table:
    """A row for each video."""
    rows = [
        (
            each.system,
            each.pair.name,
            f"{each.pair.reference_emotion} > {each.pair.voice_emotion}",
            each.verdict.says if each.verdict else "-",
            *(number([measure.value(each)], measure.digits).replace(NOT_MEASURED, "-") for measure in MEASURES),
        )
        for each in scored
    ]
    header = ("system", "video", "portrait > voice", "judge says", *(measure.name for measure in MEASURES))
    return Table("Videos", header, rows)


def report_of(scored: Sequence[Scores], note: str) -> Report:
    """Tables, matrices, bars and frames of all systems beside each other."""
    verdicts = [each.verdict for each in scored if each.verdict is not None]
    scores = MatrixScores(verdicts) if verdicts else None
    report = Report("Cross-emotion benchmark", note)
    report.add(emotion_table(scores), measures_table(scored))
    if scores is not None:
        report.add(Picture("Hits by the emotions of portrait and voice, %", matrices(scores)))
    report.add(Picture("Measures, with 95 % intervals", measures_figure(scored)))
    if verdicts:
        judged = "Each portrait, the first frame of each video that was judged, and what the judge says of the video."
        report.add(Picture("Frames", frames_sheet(scored), judged, photographic=True))
    report.add(videos_table(scored))
    return report


def matrices(scores: MatrixScores) -> Image.Image:
    """A heat map of hits for each system."""
    return matrix_figure(
        {system: scores.matrix(system) for system in scores.systems},
        EMOTIONS, JUDGED, "the portrait's emotion", "the voice's emotion",
    )  # fmt: skip


def measures_figure(scored: Sequence[Scores]) -> Image.Image:
    """Bars of each measure that was measured, a bar for each system."""
    panels: dict[str, dict[str, Interval]] = {}
    for measure in MEASURES:
        for system in systems(scored):
            values = np.array([measure.value(each) for each in scored if each.system == system], float)
            if np.isfinite(values).any():
                panels.setdefault(measure.name, {})[system] = resampled_means(values[np.isfinite(values)])
    return bars_figure(panels)


def frames_sheet(scored: Sequence[Scores]) -> Image.Image:
    """A row for each of the first pairs: its portrait, then each system."""
    whole = (0, 0, CROP_SIDE, CROP_SIDE)
    rows: dict[str, list[Tile]] = {}
    for each in scored:
        if each.verdict is not None:
            emotions = f"{each.pair.reference_emotion} > {each.pair.voice_emotion}"
            portrait = from_uint8(each.portrait).numpy(), whole, emotions
            seen = f"{each.system}: {each.verdict.says} {100 * each.verdict.seen.max():.0f} %"
            rows.setdefault(each.pair.video, [portrait]).append((from_uint8(each.judged[0]).numpy(), whole, seen))
    return paste_sheet(list(rows.values())[:MOST_ROWS])


def write_scores(path: Path, scored: Sequence[Scores]) -> None:
    """A CSV with a row for each video, with all figures and the judge's probabilities; empty where not measured."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        names = ("system", "video", "person", "reference_emotion", "voice_emotion", "judge_says")
        table.writerow([*names, *(measure.name for measure in MEASURES), *(f"p_{emotion}" for emotion in EMOTIONS)])
        for each in scored:
            pair, verdict = each.pair, each.verdict
            says, seen = ("", []) if verdict is None else (verdict.says, [f"{share:.4f}" for share in verdict.seen])
            values = [measure.value(each) for measure in MEASURES]
            figures = [f"{value:.4f}" if np.isfinite(value) else "" for value in values]
            table.writerow(
                [
                    each.system,
                    pair.video,
                    pair.person,
                    pair.reference_emotion,
                    pair.voice_emotion,
                    says,
                    *figures,
                    *seen,
                ]
            )
