"""Figures of an emotion matrix: hits, leaks and gains, with bootstrap intervals over people and clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ..report.intervals import NUM_RESAMPLES, Interval, Share
from .verdicts import Verdict

JUDGED: tuple[Emotion, ...] = tuple(emotion for emotion in EMOTIONS if emotion != "contempt")  # all that a judge knows


class MatrixScores:
    """The verdicts of one kind of references, every figure resampled in the same way, so that systems are paired."""

    def __init__(self, verdicts: Sequence[Verdict], seed: int = 0):
        self.systems = list(dict.fromkeys(verdict.system for verdict in verdicts))
        self._of = {name: _Table([v for v in verdicts if v.system == name]) for name in self.systems}
        people = sorted({verdict.person for verdict in verdicts})
        clips = sorted({verdict.clip for verdict in verdicts})
        rng = np.random.default_rng(seed)
        person_counts, clip_counts = _resampled_counts(len(people), rng), _resampled_counts(len(clips), rng)
        self._weights = {
            name: person_counts[:, [people.index(verdict.person) for verdict in table.verdicts]]
            * clip_counts[:, [clips.index(verdict.clip) for verdict in table.verdicts]]
            for name, table in self._of.items()
        }
        self.num_people, self.num_clips = len(people), len(clips)
        self.num_videos = sum(len(table.verdicts) for table in self._of.values())

    def share(
        self, system: str, what: Callable[["_Table"], np.ndarray], among: Callable[["_Table"], np.ndarray]
    ) -> Share:
        """The mean of `what` over the videos of `among`, estimate first; NaN where a resample has none of them."""
        table, weights = self._of[system], self._weights[system]
        chosen = among(table)
        with np.errstate(invalid="ignore"):
            return weights[:, chosen] @ what(table)[chosen].astype(float) / weights[:, chosen].sum(1)

    def diagonal_hit(self, system: str) -> Share:
        """Share of videos in which the judge names the voice's emotion, where the portrait shows the same one."""
        return self.share(system, lambda table: table.hit, lambda table: ~table.off_diagonal)

    def off_diagonal_hit(self, system: str) -> Share:
        """The same where the portrait shows another emotion than the voice."""
        return self.share(system, lambda table: table.hit, lambda table: table.off_diagonal)

    def understood_hit(self, system: str) -> Share:
        """Off-diagonal hits among voices whose emotion the model heard right; errors of hearing do not count."""
        return self.share(system, lambda table: table.hit, lambda table: table.off_diagonal & table.understood)

    def leak(self, system: str) -> Share:
        """Share of videos in which the judge names the portrait's emotion though the voice has another.

        Portraits of contempt are left out: the judge does not know it.
        """
        return self.share(
            system, lambda table: table.leaked, lambda table: table.off_diagonal & table.reference_is_judged
        )

    def leak_by_confusion(self, system: str) -> Share:
        """The leak that the judge's own confusions would cause on a face that owes nothing to its portrait.

        For each video: how often the judge names the portrait's emotion for the same voice emotion on portraits that
        show neither of the two.
        """
        return self.share(
            system, lambda table: table.confused, lambda table: table.off_diagonal & table.reference_is_judged
        )

    def class_hit(self, system: str, emotion: Emotion) -> Share:
        """Off-diagonal hits of one target."""
        return self.share(
            system, lambda table: table.hit, lambda table: table.off_diagonal & (table.target == EMOTION_INDEX[emotion])
        )

    def hit_from(self, system: str, reference: Emotion, target: Emotion) -> float:
        """Hit rate of one cell of the matrix; NaN where it is empty."""
        table = self._of[system]
        cell = (table.reference == EMOTION_INDEX[reference]) & (table.target == EMOTION_INDEX[target])
        return _mean(table.hit[cell])

    def nearer_target(self, system: str) -> Share:
        """Off the diagonal: what is shown is nearer to the person's own apex of the target than of the reference."""
        return self.share(system, lambda table: table.to_target < table.to_reference, lambda table: table.off_diagonal)

    def distance(self, system: str, to_reference: bool = False) -> Share:
        """Off the diagonal, mean absolute distance to the person's apex of the target's (or reference's) emotion."""
        name = "to_reference" if to_reference else "to_target"
        return self.share(system, lambda table: getattr(table, name), lambda table: table.off_diagonal)

    def matrix(self, system: str) -> Float[np.ndarray, "emotion judged"]:
        """Hit rate of each cell: reference emotions × voice emotions; NaN where there was no voice."""
        return np.array([[self.hit_from(system, reference, target) for target in JUDGED] for reference in EMOTIONS])

    def confusion(self, system: str) -> Float[np.ndarray, "judged judged"]:
        """Rows: the voice's emotion; columns: the share of its videos in which the judge names each."""
        table = self._of[system]
        return confusion([EMOTIONS[index] for index in table.target], [verdict.says for verdict in table.verdicts])


def confusion(truth: Sequence[Emotion], said: Sequence[Emotion]) -> Float[np.ndarray, "judged judged"]:
    """Shares of what was said for each true emotion; rows of emotions that never occur are NaN."""
    return np.array(
        [
            [
                _mean(np.array([heard == column for true, heard in zip(truth, said, strict=True) if true == row]))
                for column in JUDGED
            ]
            for row in JUDGED
        ]
    )


class _Table:
    """The verdicts of one system in columns."""

    def __init__(self, verdicts: Sequence[Verdict]):
        self.verdicts = verdicts
        self.reference = np.array([EMOTION_INDEX[verdict.reference] for verdict in verdicts])
        self.target = np.array([EMOTION_INDEX[verdict.target] for verdict in verdicts])
        self.says = np.array([EMOTION_INDEX[verdict.says] for verdict in verdicts])
        self.to_target = np.array([verdict.to_target for verdict in verdicts])
        self.to_reference = np.array([verdict.to_reference for verdict in verdicts])
        self.hit: Bool[np.ndarray, "video"] = self.says == self.target
        self.leaked: Bool[np.ndarray, "video"] = self.says == self.reference
        self.understood = np.array([verdict.heard == verdict.target for verdict in verdicts])
        self.off_diagonal: Bool[np.ndarray, "video"] = self.reference != self.target
        self.reference_is_judged = self.reference != EMOTION_INDEX["contempt"]
        self.confused = np.array(
            [self._confusion(*pair) for pair in zip(self.reference.tolist(), self.target.tolist(), strict=True)]
        )

    def _confusion(self, reference: int, target: int) -> float:
        others = (self.target == target) & (self.reference != reference) & (self.reference != target)
        return _mean(self.says[others] == reference)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _resampled_counts(size: int, rng: np.random.Generator) -> Float[np.ndarray, "resample item"]:
    """How often each of `size` items is drawn with replacement; first row: each once."""
    drawn = rng.multinomial(size, np.full(size, 1 / size), NUM_RESAMPLES)
    return np.concatenate([np.ones((1, size)), drawn])


@dataclass(frozen=True)
class Target:
    """A requirement on the full model, with its measured value."""

    sentence: str
    value: Interval
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """True where the estimate lies within the bounds."""
        above = self.least is None or self.value.value >= self.least
        return above and (self.most is None or self.value.value <= self.most)

    @property
    def bound(self) -> str:
        """The bound as written in the report, in percent: ">= 95"."""
        return f">= {100 * self.least:.0f}" if self.least is not None else f"<= {100 * (self.most or 0):.0f}"


def targets(scores: MatrixScores) -> list[Target]:
    """The requirements on the full model; values and bounds are shares."""
    off, oracle = scores.off_diagonal_hit("full"), scores.off_diagonal_hit("label oracle")
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = off / oracle
        understood = scores.understood_hit("full") / scores.understood_hit("label oracle")
    wanted = [
        Target("off-diagonal hit, % of the label oracle's", Interval.of(relative), least=0.95),
        Target("the same where the voice is heard right, %", Interval.of(understood), least=0.95),
        Target("diagonal minus off-diagonal hit, points", Interval.of(scores.diagonal_hit("full") - off), most=0.03),
        Target("reference leak, %", Interval.of(scores.leak("full")), most=0.05),
        Target(
            "reference leak beyond the judge's confusion, points",
            Interval.of(scores.leak("full") - scores.leak_by_confusion("full")),
            most=0.05,
        ),
    ]
    for baseline in ("no EBM", "copy reference"):
        gain = Interval.of(off - scores.off_diagonal_hit(baseline))
        wanted.append(Target(f"off-diagonal hit above {baseline}, points", gain, least=0.10))
    return wanted
