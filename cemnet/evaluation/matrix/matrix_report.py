"""The whole evaluation of the emotion matrix: from weights, portraits and speakers to one report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from ...arkit import ARKIT_INDEX, EMOTIONS
from ...model import CEMNet
from ...training.heads.ict_head import HeadModel
from ...types import MOTION_FPS
from ..inputs import describe_weights, evaluated_model, labelled_clips, split_speakers
from ..report.figures import curves_figure
from ..report.report import Picture, Report
from ..voice.linear_baseline import LinearBaseline
from .baselines import SYSTEMS, Scene, copy_reference, full
from .judge import ExpressionJudge, Judge, find_judge
from .references import KINDS, StrongReference, pushed_references, rendered_references
from .scores import MatrixScores
from .sheets import TELLING_PAIRS, apex_sheet, matrix_sheet, systems_sheet
from .tables import (
    classes_table,
    confusions_figure,
    ladder_table,
    matrices_figure,
    reader_table,
    references_confusion,
    systems_table,
    targets_table,
)
from .verdicts import Verdict, judge_drawn_apexes, judge_references, run_matrix, write_verdicts
from .voices import Voice, cell_voices, choose_clips, hear_voice

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
CURVES = ("mouthSmileLeft", "mouthFrownLeft", "browDownLeft", "browInnerUp", "eyeWideLeft", "noseSneerLeft", "jawOpen")


@dataclass(frozen=True)
class MatrixSettings:
    """The inputs of the evaluation, and the size of the matrix."""

    config: Path
    output: Path
    weights: Path | None = None
    speakers: tuple[str, ...] = ()
    clips_per_cell: int = 2
    frames: int = 4  # of each clip that are judged
    persons: int = 6  # rendered heads
    portraits: tuple[Path, ...] = field(default=())
    judge: Path | None = None
    ict: Path | None = None
    seed: int = 0


def evaluate_matrix(settings: MatrixSettings) -> Report:
    """Runs every system on every pair; writes verdicts.csv, matrix.html, matrix.txt and the matrices as PNG."""
    model, judge = evaluated_model(settings.weights), ExpressionJudge(find_judge(settings.judge))
    references = strong_references(model, settings)
    voices = hear_voices(model, settings)
    settings.output.mkdir(parents=True, exist_ok=True)
    verdicts = run_matrix(model, judge, references, voices, SYSTEMS, settings.clips_per_cell, settings.frames)
    write_verdicts(settings.output / "verdicts.csv", verdicts)
    report = Report(
        "Reference emotion × voice emotion",
        f"{describe_weights(settings.weights)}. Voices: {', '.join(settings.speakers)}. Seed {settings.seed}, "
        f"{settings.clips_per_cell} clips a cell, {settings.frames} frames a clip.",
    )
    for kind in KINDS:
        of_kind = [reference for reference in references if reference.kind == kind]
        if of_kind:
            chosen = [verdict for verdict in verdicts if verdict.kind == kind]
            add_kind(report, kind, model, judge, of_kind, voices, chosen, settings.output)
    report.save(settings.output, "matrix")
    return report


def portrait_files(paths: Sequence[Path]) -> list[Path]:
    """Pictures given by name, and all pictures of given folders."""
    return [
        file
        for path in paths
        for file in (sorted(path.iterdir()) if path.is_dir() else [path])
        if file.suffix.lower() in PICTURES
    ]


def strong_references(model: CEMNet, settings: MatrixSettings) -> list[StrongReference]:
    """Rendered heads and pushed portraits; their pictures are written into OUTPUT/references."""
    folder = settings.output / "references"
    references: list[StrongReference] = []
    if settings.persons:
        heads = HeadModel.load(settings.ict)
        references += rendered_references(model, heads, settings.persons, settings.seed, folder)
    return references + list(pushed_references(model, portrait_files(settings.portraits), settings.seed, folder))


def hear_voices(model: CEMNet, settings: MatrixSettings) -> list[Voice]:
    """Voices of the given speakers, enough for every person to get others; all other speakers train the baseline."""
    unheard, rest = split_speakers(labelled_clips(settings.config), settings.speakers)
    baseline = LinearBaseline.fit(model.speech_encoder, rest)
    chosen = choose_clips(unheard, settings.speakers, 4 * settings.clips_per_cell, settings.seed)
    return [hear_voice(model, baseline, clip) for clip in chosen]


def add_kind(
    report: Report,
    kind: str,
    model: CEMNet,
    judge: Judge,
    references: Sequence[StrongReference],
    voices: Sequence[Voice],
    verdicts: Sequence[Verdict],
    output: Path,
) -> None:
    """Adds all tables and pictures of one kind of references to the report."""
    scores = MatrixScores(verdicts)
    drawn = MatrixScores(judge_drawn_apexes(model, judge, references))
    pictures = references_confusion(references, judge_references(judge, references))
    matrices = matrices_figure(scores)
    matrices.save(output / f"matrix_{kind.replace(' ', '_')}.png")
    report.add(
        targets_table(scores, kind),
        Picture(f"Hits, {kind}, %", matrices, "Rows: what the portrait shows. Columns: what the voice says."),
        systems_table(scores, kind),
        classes_table(scores, kind),
        ladder_table(kind, voices, pictures, drawn, scores),
        Picture(f"What is taken for what, {kind}, %", confusions_figure(voices, pictures, drawn, scores)),
        reader_table(kind, references),
    )
    first = [reference for reference in references if reference.person == references[0].person]
    if any(reference.emotion == "neutral" for reference in first):
        note = "What the portraits show, drawn on the neutral one by the renderer alone."
        report.add(Picture(f"The same expressions, {kind}", apex_sheet(model, judge, first), note, photographic=True))
    report.add(
        Picture(
            f"The full model, {kind}", matrix_sheet(model, judge, first, voices, full),
            "First column: the portrait (what it shows) and what the judge says of it.", photographic=True,
        ),
        Picture(f"All systems, {kind}", systems_sheet(model, judge, first, voices, SYSTEMS), photographic=True),
        Picture(f"Curves, {kind}", scene_curves(model, first, voices), "What is heard; the full model; the copy."),
    )  # fmt: skip


def scene_curves(model: CEMNet, references: Sequence[StrongReference], voices: Sequence[Voice]):
    """Curves of what is heard, of the full model and of a copied reference, for the first two of TELLING_PAIRS."""
    by_emotion = {reference.emotion: reference for reference in references}
    panels: dict[str, dict[str, np.ndarray]] = {}
    for shown, spoken in TELLING_PAIRS[:2]:
        found = cell_voices(voices, spoken, 0, 1)
        if shown not in by_emotion or not found:
            continue
        voice, face = found[0], by_emotion[shown].face
        scene = Scene(model, face, voice.speech, voice.speech_without_aee, voice.emotion, voice.intensity)
        pair = f"{shown} portrait, {spoken} voice"
        heard = voice.speech.heard.T.numpy()
        panels[f"{pair}: heard"] = dict(zip(EMOTIONS, heard, strict=True))
        for name, system in (("full", full), ("copy reference", copy_reference)):
            panels[f"{pair}: {name}"] = _curves(system(scene).expression)
    return curves_figure(panels, MOTION_FPS)


def _curves(expression: torch.Tensor) -> dict[str, np.ndarray]:
    return {name: expression[:, ARKIT_INDEX[name]].numpy() for name in CURVES}
