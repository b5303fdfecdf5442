"""Paired bootstrap over actors: is one way to predict faces better than another on other actors too?"""

import numpy as np

from ..report.intervals import Interval
from .benchmark import Score

NUM_RESAMPLES = 10_000


def r2_gain(ours: Score, theirs: Score, column: int, seed: int = 0) -> Interval:
    """The difference in R² with its 95 % interval; whole actors are drawn again, the same for both."""
    rng = np.random.default_rng(seed)
    num_actors = len(ours.error)
    drawn = rng.multinomial(num_actors, np.full(num_actors, 1 / num_actors), NUM_RESAMPLES)
    drawn = np.concatenate([np.ones((1, num_actors), drawn.dtype), drawn])
    gain = (drawn @ (theirs.error - ours.error)[:, column]) / (drawn @ ours.total[:, column])
    return Interval.of(gain)
