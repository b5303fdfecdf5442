"""Heads are measured in degrees, filmed ones beside ours."""

import numpy as np
import pytest

from cemnet.evaluation.motion.heads import HeadTake, head_numbers, heads_figure, heads_tables, velocity_shares

SECONDS = np.arange(250) / 25


def nodding(degrees, tilt=0.0, hertz=1.0):
    head = np.zeros((250, 3))
    head[:, 1] = np.radians(degrees) * np.sin(SECONDS * 2 * np.pi * hertz)
    head[:, 2] = np.radians(tilt)
    return HeadTake(head, 0.5 - 0.3 * np.sin(SECONDS * 2 * np.pi * hertz))


def test_a_nod_of_known_size_is_measured():
    found = head_numbers([nodding(2.0, tilt=-3.0)])
    assert (found.yaw, found.roll) == (0, 0)
    assert found.pitch == pytest.approx(2 / np.sqrt(2), rel=0.01)
    assert found.fast == pytest.approx(2 * 2 * np.pi, rel=0.03)
    assert found.moving == pytest.approx(0.8, abs=0.05)  # 4 of at most 12.6 degrees a second
    assert found.chin < -0.99  # the chin rises as the lips open
    assert found.tilt == pytest.approx(3.0) and abs(found.mean_pitch) < 0.01


def test_how_fast_nods_are_is_told():
    assert velocity_shares([nodding(1.0, hertz=3.0)])[2] > 0.95  # from 2 to 4 Hz
    assert velocity_shares([nodding(1.0, hertz=0.5)])[0] > 0.95


def test_emotions_without_a_film_have_none_beside_them():
    filmed, ours = {"sad": [nodding(1.0)]}, {"sad": [nodding(2.0)], "happy": [nodding(2.0)]}
    table, bands = heads_tables(filmed, ours)
    assert table.rows[0][2] == "0.7 / 1.4" and table.rows[1][2] == "– / 1.4"
    assert bands.rows[1][1].startswith("– / ")
    assert heads_figure(filmed, ours).image.width > 500
