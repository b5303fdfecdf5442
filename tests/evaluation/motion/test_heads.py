"""Heads are measured in degrees, filmed ones beside ours."""

import numpy as np
import pytest

from cemnet.evaluation.motion.heads import head_numbers, heads_table


def nodding(degrees):
    head = np.zeros((250, 3))
    head[:, 1] = np.radians(degrees) * np.sin(np.arange(250) / 25 * 2 * np.pi)
    return head


def test_a_nod_of_known_size_is_measured():
    yaw, pitch, roll, speed, mean, end = head_numbers([nodding(2.0)])
    assert (yaw, roll) == (0, 0)
    assert pitch == pytest.approx(2 / np.sqrt(2), rel=0.01)
    assert speed == pytest.approx(2 * 2 * np.pi, rel=0.03)
    assert abs(mean) < 0.01 and end > 1


def test_emotions_without_a_film_have_none_beside_them():
    table = heads_table({"sad": [nodding(1.0)]}, {"sad": [nodding(2.0)], "happy": [nodding(2.0)]})
    assert table.rows[0][2] == "0.7 / 1.4" and table.rows[1][2] == "– / 1.4"
