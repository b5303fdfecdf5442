"""Tables and figures of an emotion matrix, for one kind of references."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ..report.figures import matrix_figure
from ..report.intervals import Interval
from ..report.report import Table
from .references import StrongReference
from .scores import JUDGED, MatrixScores, confusion, targets
from .verdicts import RENDERER
from .voices import Voice

FULL, ORACLE = "full", "label oracle"


def targets_table(scores: MatrixScores, kind: str) -> Table:
    """The requirements on the full model, their values, and whether they are met."""
    rows = [
        (target.sentence, target.value.percent(), target.bound, "met" if target.met else "MISSED")
        for target in targets(scores)
    ]
    size = f"{scores.num_people} people, {scores.num_clips} clips, {scores.num_videos} videos in all systems."
    note = f"{size} In brackets: 95 % intervals, people and clips resampled together."
    return Table(f"Targets, {kind}", ("of the full model", "value", "target", ""), rows, note)


def systems_table(scores: MatrixScores, kind: str) -> Table:
    """Hits, leaks and distances; a row for each system."""
    rows = [
        (
            system,
            Interval.of(scores.diagonal_hit(system)).percent(),
            Interval.of(scores.off_diagonal_hit(system)).percent(),
            Interval.of(scores.leak(system)).percent(),
            Interval.of(scores.leak_by_confusion(system)).percent(),
            Interval.of(scores.nearer_target(system)).percent(),
            f"{scores.distance(system)[0]:.3f}",
        )
        for system in scores.systems
    ]
    note = (
        "Hit: the judge names the voice's emotion. Leak: it names the reference's. The judge's own confusion: how "
        "often it names that same emotion for the same voice on portraits that do not show it, the leak of a face that "
        "knows nothing of its portrait. Nearer: the curves shown are nearer to the person's own apex of the voice's "
        "emotion than to the reference's (no judge); distance: mean absolute, to the voice's."
    )
    header = (
        "system",
        "diagonal hit %",
        "off-diagonal hit %",
        "leak %",
        "judge's own confusion %",
        "nearer %",
        "distance",
    )
    return Table(f"Systems, {kind}", header, rows, note)


def classes_table(scores: MatrixScores, kind: str) -> Table:
    """Off-diagonal hits in percent: rows are emotions of the voice, columns are systems."""
    rows = [
        (emotion, *(Interval.of(scores.class_hit(system, emotion)).percent() for system in scores.systems))
        for emotion in JUDGED
    ]
    return Table(f"Off-diagonal hits by the voice's emotion, {kind}, %", ("voice", *scores.systems), rows)


def ladder_table(
    kind: str,
    voices: Sequence[Voice],
    pictures: Float[np.ndarray, "judged judged"],
    drawn: MatrixScores,
    scores: MatrixScores,
) -> Table:
    """Where hits are lost, step by step, for every emotion."""
    heard = np.diag(voices_confusion(voices))
    own = np.diag(pictures)
    rows = [
        (
            emotion,
            _percent(heard[row]),
            _percent(own[row]),
            _percent(drawn.hit_from(RENDERER, "neutral", emotion)),
            _percent(drawn.class_hit(RENDERER, emotion)[0]),
            _percent(scores.class_hit(ORACLE, emotion)[0]),
            _percent(scores.class_hit(FULL, emotion)[0]),
        )
        for row, emotion in enumerate(JUDGED)
    ]
    header = (
        "emotion",
        "voice heard right",
        "judge: reference pictures",
        "judge: drawn on neutral",
        "judge: drawn on others",
        "judge: oracle",
        "judge: full",
    )
    note = (
        "Voice heard right: share of the spoken clips. Judge on the reference pictures: the emotion's own portraits. "
        "Drawn: the renderer puts the person's own full expression on the neutral portrait, and on all that show "
        "another emotion; no network and no speech. Oracle: the bridge told the emotion by name. Where a step falls, "
        "that step loses it."
    )
    return Table(f"Where hits are lost, {kind}, %", header, rows, note)


def reader_table(kind: str, references: Sequence[StrongReference]) -> Table:
    """The model's reading of the portraits: share read right, intensity, and the likeliest other emotion."""
    rows = []
    for emotion in EMOTIONS:
        seen = [reference.face.emotion for reference in references if reference.emotion == emotion]
        if not seen:
            continue
        mean = np.mean([belief.probabilities for belief in seen], axis=0)
        other = max((name for name in EMOTIONS if name != emotion), key=lambda name: mean[EMOTION_INDEX[name]])
        right = np.mean([belief.probabilities.argmax() == EMOTION_INDEX[emotion] for belief in seen])
        intensity = np.mean([belief.intensity for belief in seen])
        rows.append(
            (emotion, _percent(float(right)), f"{intensity:.2f}", f"{other} {100 * mean[EMOTION_INDEX[other]]:.0f} %")
        )
    return Table(f"Portraits read, {kind}", ("portrait shows", "read right %", "intensity read", "else believed"), rows)


def references_confusion(
    references: Sequence[StrongReference], seen: Sequence[Float[np.ndarray, "emotion"]]
) -> Float[np.ndarray, "judged judged"]:
    """Shares of what the judge names (columns) on portraits of each emotion (rows)."""
    return confusion(
        [reference.emotion for reference in references], [EMOTIONS[int(belief.argmax())] for belief in seen]
    )


def voices_confusion(voices: Sequence[Voice]) -> Float[np.ndarray, "judged judged"]:
    """Shares of what the model hears (columns) in clips of each label (rows)."""
    return confusion([voice.emotion for voice in voices], [voice.heard for voice in voices])


def matrices_figure(scores: MatrixScores) -> Image.Image:
    """Hit rates of every pair of emotions, a heat map for each system."""
    matrices = {
        f"{system}: {100 * scores.off_diagonal_hit(system)[0]:.0f} % off the diagonal": scores.matrix(system)
        for system in scores.systems
    }
    return matrix_figure(matrices, EMOTIONS, JUDGED, "the portrait's emotion", "the voice's emotion")


def confusions_figure(
    voices: Sequence[Voice], pictures: Float[np.ndarray, "judged judged"], drawn: MatrixScores, scores: MatrixScores
) -> Image.Image:
    """Confusion matrices: of the model on voices, and of the judge on portraits, drawn apexes and two systems."""
    confusions: Mapping[str, Float[np.ndarray, "judged judged"]] = {
        "model on the voices": voices_confusion(voices),
        "judge on the portraits": pictures,
        "judge on drawn apexes": drawn.confusion(RENDERER),
        "judge on the oracle": scores.confusion(ORACLE),
        "judge on the full model": scores.confusion(FULL),
    }
    emotions: Sequence[Emotion] = JUDGED
    return matrix_figure(confusions, emotions, emotions, "what it is", "what is named", per_line=5)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if np.isfinite(share) else "-"
