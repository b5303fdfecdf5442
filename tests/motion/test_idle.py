"""Two eyes look the same way, wander on, and do so by the amount that is asked for; the head does likewise."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, GAZE, NUM_EXPRESSIONS
from cemnet.motion.idle import add_life, blink_curve
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


@pytest.mark.parametrize("seed", range(5))
def test_blinks_are_human(seed):
    fps = 100.0
    lid = blink_curve(60 * 100, fps, np.random.default_rng(seed)) > 0.05
    edges = np.flatnonzero(np.diff(lid.astype(int)))
    starts, ends = edges[::2], edges[1::2]
    assert 8 <= len(starts) <= 25
    durations = (ends - starts[: len(ends)]) / fps
    assert durations.max() <= 0.4


def test_life_is_deterministic_by_seed_and_can_be_switched_off():
    still, head = torch.zeros(100, NUM_EXPRESSIONS), torch.zeros(100, 3)
    first, first_head = add_life(still, head, 25.0, seed=3)
    again, again_head = add_life(still, head, 25.0, seed=3)
    other, _ = add_life(still, head, 25.0, seed=4)
    torch.testing.assert_close(first, again)
    torch.testing.assert_close(first_head, again_head)
    assert (first - other).abs().max() > 0.05
    calm, calm_head = add_life(still, head, 25.0, seed=3, blinks=0, gaze=0, sway=0)
    assert calm.abs().max() == 0
    assert calm_head.abs().max() == 0


def test_a_blink_closes_an_eye_that_was_wide():
    wide = torch.zeros(250, NUM_EXPRESSIONS)
    wide[:, ARKIT_INDEX["eyeWideLeft"]] = 1.0
    alive, head = add_life(wide, torch.zeros(250, 3), 25.0, seed=0)
    closed = alive[:, ARKIT_INDEX["eyeBlinkLeft"]].argmax()
    assert alive[closed, ARKIT_INDEX["eyeBlinkLeft"]] > 0.8
    assert alive[closed, ARKIT_INDEX["eyeWideLeft"]] < 0.2
    assert head[0].abs().max() == 0  # the portrait's own pose comes first
