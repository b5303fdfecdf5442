"""Intervals hold how much people differ, and how much clips do, each by itself."""

import numpy as np
import pytest

from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.evaluation.matrix.run import Verdict
from cemnet.evaluation.matrix.scores import Interval, MatrixScores


def verdict(says: str, person: str, clip: str) -> Verdict:
    seen = np.eye(len(EMOTIONS))[EMOTION_INDEX[says]]
    return Verdict("full", "rendered heads", person, "happy", "sad", clip, "sad", seen, 0.1, 0.2)


@pytest.mark.parametrize("differ", ["people", "clips"])
def test_what_differs_widens_the_interval(differ):
    verdicts = []
    for number in range(12):
        person, clip = (str(number), "one") if differ == "people" else ("anna", str(number))
        verdicts.append(verdict(("sad", "angry")[number % 2], person, clip))
    interval = Interval.of(MatrixScores(verdicts).off_diagonal_hit("full"))
    assert interval.value == 0.5
    assert 0.1 < interval.low < 0.4 and 0.6 < interval.high < 0.9
