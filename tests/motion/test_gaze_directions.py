"""Two eyes look the same way, wander on, and do so by the amount that is asked for; the head does likewise."""

import numpy as np
import pytest
import torch

from cemnet.arkit import GAZE, NUM_EXPRESSIONS
from cemnet.motion.idle import add_life
from cemnet.motion.live_link import eye_rotations

FPS = 25.0
STILL, LEVEL = torch.zeros(250, NUM_EXPRESSIONS), torch.zeros(250, 3)


@pytest.mark.parametrize("seed", range(3))
def test_both_eyes_wander_the_same_way_sideways_and_in_height(seed):
    alive, _ = add_life(STILL, LEVEL, FPS, seed, blinks=0)
    left_yaw, left_pitch, _, right_yaw, right_pitch, _ = eye_rotations(alive.numpy()).T
    np.testing.assert_allclose(left_yaw, right_yaw, atol=1e-6)
    np.testing.assert_allclose(left_pitch, right_pitch, atol=1e-6)
    assert np.ptp(left_yaw) > 0.02 and np.ptp(left_pitch) > 0.02  # radians


def test_eyes_and_head_never_stand_still():
    alive, head = add_life(STILL, LEVEL, FPS, seed=1, blinks=0)
    for curves in (alive[:, GAZE], head):
        assert curves.unflatten(0, (10, 25)).std(dim=1).sum(dim=1).min() > 1e-3  # in each of ten seconds


@pytest.mark.parametrize("amount", [0.0, 0.5, 2.0])
def test_the_gaze_wanders_as_far_as_asked(amount):
    usual, asked = (add_life(STILL, LEVEL, FPS, seed=2, blinks=0, gaze=gaze)[0] for gaze in (1.0, amount))
    torch.testing.assert_close(asked, amount * usual)


@pytest.mark.parametrize("amount", [0.0, 0.5, 2.0])
def test_the_head_moves_as_far_as_asked_with_the_voice_and_without(amount):
    for head in (LEVEL, 0.1 * torch.randn(250, 3, generator=torch.Generator().manual_seed(0))):
        usual, asked = (add_life(STILL, head, FPS, seed=2, sway=sway)[1] for sway in (1.0, amount))
        torch.testing.assert_close(asked, amount * usual)


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0])
def test_lids_close_in_a_blink_as_far_as_asked(amount):
    alive, _ = add_life(STILL, LEVEL, 100.0, seed=0, blinks=amount, gaze=0)
    assert alive.max() == pytest.approx(amount, abs=0.02)
