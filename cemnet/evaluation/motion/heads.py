"""How heads move while people speak, filmed and ours, by emotion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d

from ...arkit import EMOTIONS, Emotion
from ...model import CEMNet
from ...motion.lip_aperture import visible_aperture
from ...pipeline import spoken_frames
from ...training.corpora.film_curves import track_film
from ...types import MOTION_FPS, Speech
from ..picture.filmed_portraits import shown_emotion
from ..report.figures import to_image
from ..report.report import Picture, Table
from .captured_speech import speed_shares
from .liveliness import correlation, live_as, stress

TRACKING_FRAMES = 1.0  # deviation of the Gaussian that smooths a tracked head: ours are smoothed alike
MOVING_DEGREES_A_SECOND = 4.0  # above what the tracker sees of a head that stands still
AROUND_WORDS = 4  # frames before the first word and after the last one that count
QUICK_FRAMES = 10.0  # deviation of a Gaussian: what is faster goes with words and not with phrases


@dataclass(frozen=True)
class HeadTake:
    """One head that speaks, at MOTION_FPS."""

    head: Float[np.ndarray, "frame 3"]  # yaw, pitch and roll in radians
    aperture: Float[np.ndarray, "frame"]  # of the lips


@dataclass(frozen=True)
class HeadNumbers:
    """How a head moves, in degrees and degrees a second."""

    yaw: float  # deviations over time
    pitch: float
    roll: float
    speed: float  # the median
    fast: float  # the 95th percentile of the speed
    moving: float  # share of time in which it is faster than MOVING_DEGREES_A_SECOND
    chin: float  # correlation of the chin that sinks with the lips that open, both faster than a phrase
    mean_pitch: float  # against the same person's neutral head; positive is down
    tilt: float  # likewise, to either side


def filmed_heads(model: CEMNet, films: Iterable[Path], kept: Path | None = None) -> dict[str, list[HeadTake]]:
    """The tracked heads of films by emotion, against the same person's neutral film where there is one.

    Tracks are kept in a folder, if one is given, and read there again. FaceError where no face is seen.
    """
    takes: dict[tuple[str, str], HeadTake] = {}
    for path in films:
        person, emotion = shown_emotion(path)
        takes[person, emotion] = _tracked(model, path, None if kept is None else kept / f"{path.stem}.npz")
    heads: dict[str, list[HeadTake]] = {}
    for (person, emotion), take in takes.items():
        level = np.median(takes.get((person, "neutral"), take).head, axis=0)
        heads.setdefault(emotion, []).append(replace(take, head=take.head - level))
    return heads


def _tracked(model: CEMNet, path: Path, kept: Path | None) -> HeadTake:
    if kept is not None and kept.is_file():
        with np.load(kept) as track:
            return HeadTake(track["head"], visible_aperture(track["expression"]))
    film = track_film(path, model.landmarker, model.basis, level=False)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, expression=film.expression, head=film.head)
    return HeadTake(film.head, visible_aperture(film.expression))


def performed_heads(model: CEMNet, speeches: Sequence[Speech], seeds: Sequence[int]) -> dict[str, list[HeadTake]]:
    """Our heads in every emotion for the same voices, from the first word to the last."""
    return {
        emotion: [_performed(model, speech, emotion, seed) for speech in speeches for seed in seeds]
        for emotion in EMOTIONS
    }


def _performed(model: CEMNet, speech: Speech, emotion: Emotion, seed: int) -> HeadTake:
    _, expression, head = live_as(model, speech, emotion, seed)
    smooth = gaussian_filter1d(head.double().numpy(), TRACKING_FRAMES, axis=0, mode="nearest")
    words = np.flatnonzero(spoken_frames(speech).numpy() > 0.5)
    near = slice(max(0, words[0] - AROUND_WORDS), words[-1] + 1 + AROUND_WORDS) if len(words) else slice(None)
    return HeadTake(smooth[near], visible_aperture(expression.numpy())[near])


def head_numbers(takes: Sequence[HeadTake]) -> HeadNumbers:
    """Means over the takes."""
    rows = []
    for take in takes:
        degrees = np.degrees(take.head)
        speed = np.linalg.norm(np.diff(degrees, axis=0), axis=1) * MOTION_FPS
        chin = correlation(_quick(degrees[:, 1]), _quick(take.aperture))
        middle = np.median(degrees, axis=0)
        spread = degrees.std(axis=0).tolist()
        moving = float((speed > MOVING_DEGREES_A_SECOND).mean())
        pace = float(np.median(speed)), float(np.percentile(speed, 95)), moving
        rows.append((*spread, *pace, chin, middle[1], abs(middle[2])))
    return HeadNumbers(*np.nanmean(rows, axis=0).tolist())


def velocity_shares(takes: Sequence[HeadTake]) -> Float[np.ndarray, "band"]:
    """The share of each of captured_speech.BANDS_HZ in the power of the pitch's velocity, a mean over the takes."""
    return np.mean([speed_shares(take.head[:, 1]) for take in takes], axis=0)


def heads_tables(filmed: Mapping[str, Sequence[HeadTake]], ours: Mapping[str, Sequence[HeadTake]]) -> list[Table]:
    """Filmed and our numbers beside each other, a row for each emotion, and how fast nods are."""

    def beside(theirs: Sequence[float] | None, mine: Sequence[float], digits: Sequence[int]) -> list[str]:
        return [
            f"{'–' if theirs is None else f'{theirs[i]:.{digit}f}'} / {mine[i]:.{digit}f}"
            for i, digit in enumerate(digits)
        ]

    rows, bands = [], []
    for emotion, takes in ours.items():
        known = filmed.get(emotion)
        numbers = None if known is None else astuple(head_numbers(known))
        rows.append((emotion, *beside(numbers, astuple(head_numbers(takes)), (1, 1, 1, 1, 1, 2, 2, 1, 1))))
        shares = None if known is None else (100 * velocity_shares(known)).tolist()
        bands.append((emotion, *beside(shares, (100 * velocity_shares(takes)).tolist(), (0,) * 5)))
    header = (
        "filmed / ours", "yaw", "pitch", "roll", "speed", "95th percentile", "moving", "chin with lips", "mean pitch",
        "tilt",
    )  # fmt: skip
    note = (
        f"Degrees and degrees a second, means. Moving: share of time above {MOVING_DEGREES_A_SECOND:g} degrees a "
        "second. Chin with lips: below 0 where the chin rises as the lips open. Mean pitch and tilt: against the same "
        "person's neutral head."
    )
    names = ("filmed / ours", "to 1 Hz", "to 2 Hz", "to 4 Hz", "to 6 Hz", "above")
    return [Table("Heads of speakers", header, rows, note), Table("Power of the nods' velocity, %", names, bands)]


def heads_figure(filmed: Mapping[str, Sequence[HeadTake]], ours: Mapping[str, Sequence[HeadTake]]) -> Picture:
    """A panel for each number with a pair of bars for each emotion, and a filmed and one of our heads over time."""
    emotions, names = list(ours), list(HeadNumbers.__dataclass_fields__)
    figure = Figure(figsize=(14, 9), layout="constrained")
    panels = figure.subplots(4, 3).ravel()
    both = (-0.2, "filmed", filmed), (0.2, "ours", ours)
    for axes, name in zip(panels, names, strict=False):
        for shift, label, found in both:
            known = [index for index, emotion in enumerate(emotions) if emotion in found]
            heights = [getattr(head_numbers(found[emotions[index]]), name) for index in known]
            axes.bar(np.array(known) + shift, heights, 0.38, label=label)
        axes.set_xticks(range(len(emotions)), emotions, fontsize=7)
        axes.set_title(name.replace("_", " "), fontsize=9, loc="left")
    for axes, emotion in zip(panels[len(names) :], ("neutral", "happy", "fear"), strict=False):
        for shift, label, found in both:
            if emotion in found:
                pitch = np.degrees(found[emotion][0].head[:, 1])
                axes.plot(np.arange(len(pitch)) / MOTION_FPS, pitch - pitch.mean() - 10 * shift, label=label)
        axes.set_title(f"pitch of one head, {emotion}, degrees over seconds", fontsize=9, loc="left")
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(fontsize=8, frameon=False)
    return Picture("Heads of speakers", to_image(figure))


def stress_table(model: CEMNet, speeches: Sequence[Speech], seeds: Sequence[int]) -> Table:
    """Correlation of how fast the head turns with the voice's stress, by emotion, and of the chin with it."""
    rows = []
    for emotion in EMOTIONS:
        found = []
        for speech in speeches:
            for seed in seeds:
                head = live_as(model, speech, emotion, seed)[2].numpy()
                speed = gaussian_filter1d(np.linalg.norm(np.gradient(head, axis=0), axis=1), 3.0, mode="nearest")
                voice = stress(speech)
                found.append((correlation(speed, voice), correlation(_quick(head[:, 1]), _quick(voice))))
        rows.append((emotion, *(f"{value:.2f}" for value in np.nanmean(found, axis=0))))
    note = "Below 0 the chin rises with the stress."
    return Table("Head with stress", ("emotion", "speed of the head", "chin that sinks"), rows, note)


def _quick(curve: Float[np.ndarray, "frame"]) -> Float[np.ndarray, "frame"]:
    """What is faster than a phrase, less its tremble."""
    smooth = gaussian_filter1d(curve, TRACKING_FRAMES, mode="nearest")
    return smooth - gaussian_filter1d(curve, QUICK_FRAMES, mode="nearest")
