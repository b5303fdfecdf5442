"""Lips and sound that go together score so, and lips that come late score late."""

import numpy as np
import pytest
import torch

from cemnet import pipeline
from cemnet.evaluation.motion.sync import Sync, heard_sounds, seen_aperture, sync, sync_table

LENGTH = 300


def talking(lag=0):
    """A made performance: aperture follows loudness, lips close 3 frames before each /p b m/, pauses are closed."""
    rng = np.random.default_rng(0)
    loudness = np.convolve(rng.random(LENGTH), np.hanning(7), mode="same")
    closed, silence = np.zeros(LENGTH), np.zeros(LENGTH)
    aperture = 0.5 + loudness - loudness.mean()
    for onset in range(30, 200, 25):
        closed[onset : onset + 3] = 0.9
        aperture[onset - 4 : onset - 1] = 0.0
    silence[220:280], aperture[225:277] = 1.0, 0.01
    return np.roll(aperture, lag), closed, silence, loudness


def test_closures_before_the_sound_are_found_there():
    found = sync(*talking())
    assert found.num_closures == 7
    assert -160 <= found.closing_ms <= -80 and found.closing_z < -1
    assert found.silent_share < 0.03


def test_late_lips_are_found_late():
    on_time, late = sync(*talking()), sync(*talking(4))
    assert late.closing_ms - on_time.closing_ms == pytest.approx(160)
    assert late.lag_ms - on_time.lag_ms == pytest.approx(160)


def test_a_video_without_bilabials_or_pauses_has_no_number_for_them():
    aperture, closed, silence, loudness = talking()
    found = sync(aperture, 0 * closed, 0 * silence, loudness)
    assert found.num_closures == 0 and np.isnan(found.closing_z) and np.isnan(found.silent_share)
    table = sync_table([("one", found), ("two", sync(*talking()))])
    assert [row[0] for row in table.rows] == ["one", "two", "mean"]
    assert float(table.rows[2][2]) == pytest.approx(float(table.rows[1][2]))  # of those that have one


@pytest.mark.slow
def test_the_bundled_film_is_watched_and_heard(samples):
    model = pipeline.load_model(device="cpu")
    film = samples / "film.mp4"
    aperture = seen_aperture(model.landmarker, film)
    found = sync(aperture, *heard_sounds(model, film))
    assert isinstance(found, Sync) and 0 < found.aperture < 1
    assert abs(len(aperture) / 25 - 3.7) < 3.5
    assert torch.tensor(found.loudness).isfinite()
