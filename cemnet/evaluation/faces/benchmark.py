"""The benchmark on real faces: from clips of an actor in other emotions, predict the actor's action units in one.

Actors are held out in folds, units are standardised over all clips, and R² is 1 − Σ(error)²/Σ(unit)². With one
reference every ordered pair of different emotions counts once. Each target clip weighs the same with any number of
references.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ...training.performer.captured_people import CELL_EMOTION, NUM_CELLS, ActionUnitTable

ALL = 13  # stands for all clips of other emotions: 13, or 14 for a neutral target
MOST_SETS = 150  # of references for one target
References = Int[np.ndarray, "set reference"]


@dataclass(frozen=True)
class Question:
    """One target of one actor, asked with several sets of references."""

    actor: str
    faces: Float[np.ndarray, "cell unit"]  # all clips of the actor; only the references may be looked at
    references: References  # cells
    target: int


Predictor = Callable[[Question], Float[np.ndarray, "set unit"]]  # action units, 0 to 1
Fit = Callable[[ActionUnitTable], Predictor]  # from the training actors


@dataclass(frozen=True)
class Score:
    """Squared errors and squared units of each actor, by the number of references; both in standardised units."""

    error: Float[np.ndarray, "actor count"]
    total: Float[np.ndarray, "actor count"]

    @property
    def r2(self) -> Float[np.ndarray, "count"]:
        """Explained variance of all actors together."""
        return 1 - self.error.sum(0) / self.total.sum(0)


def actor_folds(actors: Sequence[str], num_folds: int = 5, seed: int | None = None) -> list[tuple[str, ...]]:
    """Neighbours together (01 to 04, 05 to 08, …), or with a seed a random split."""
    order = sorted(actors) if seed is None else np.random.default_rng(seed).permutation(sorted(actors)).tolist()
    return [tuple(part) for part in np.array_split(np.array(order), num_folds)]


def others_of(target: int) -> list[int]:
    """The cells of other emotions than the target's."""
    return [cell for cell in range(NUM_CELLS) if CELL_EMOTION[cell] != CELL_EMOTION[target]]


def reference_sets(target: int, count: int, rng: np.random.Generator) -> References:
    """Sets of `count` cells of other emotions: all of them, or MOST_SETS drawn ones. ALL means all cells at once."""
    others = others_of(target)
    if count >= ALL:
        return np.array([others])
    subsets = list(itertools.combinations(others, count))
    sets = np.array(subsets, dtype=int).reshape(len(subsets), count)
    if len(sets) > MOST_SETS:
        sets = sets[rng.choice(len(sets), MOST_SETS, replace=False)]
    return sets


def score(
    table: ActionUnitTable, folds: Sequence[Sequence[str]], fit: Fit, counts: Sequence[int], seed: int = 0
) -> Score:
    """Fits without each fold's actors and predicts theirs; the references are drawn alike for every `fit`."""
    mean, spread = table.scale
    rng = np.random.default_rng(seed)
    asked = [[reference_sets(target, count, rng) for target in range(NUM_CELLS)] for count in counts]
    error, total = np.zeros((2, len(table.actors), len(counts)))
    for fold in folds:
        predict = fit(table.without(fold))
        for row in [table.actors.index(actor) for actor in fold]:
            faces = table.values[row]
            for column, target in itertools.product(range(len(counts)), range(NUM_CELLS)):
                question = Question(table.actors[row], faces, asked[column][target], target)
                off = (predict(question) - faces[target]) / spread
                weight = len(others_of(target))
                error[row, column] += weight * (off**2).sum() / len(off)
                total[row, column] += weight * (((faces[target] - mean) / spread) ** 2).sum()
    return Score(error, total)
