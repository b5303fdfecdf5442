"""Two eyes look the same way, wander on, and do so by the amount that is asked for; the head does likewise.

How often a face blinks and glances follows its emotion, and a clip that loops ends where it began.
"""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, BLINK, EMOTIONS, GAZE, NUM_EXPRESSIONS
from cemnet.motion.idle import FIRST_BLINK_SECONDS, add_life, blink_curve, gaze_curve, part_curves
from cemnet.motion.idle_statistics import captured_statistics
from cemnet.motion.live_link import eye_rotations

FPS = 25.0
STILL, LEVEL = torch.zeros(250, NUM_EXPRESSIONS), torch.zeros(250, 3)


@pytest.mark.parametrize("seed", range(3))
def test_both_eyes_wander_the_same_way_sideways_and_in_height(seed):
    alive, _ = add_life(STILL, LEVEL, FPS, seed, blinks=0, face=0)
    left_yaw, left_pitch, _, right_yaw, right_pitch, _ = eye_rotations(alive.numpy()).T
    np.testing.assert_allclose(left_yaw, right_yaw, atol=1e-6)
    np.testing.assert_allclose(left_pitch, right_pitch, atol=1e-6)
    assert np.ptp(left_yaw) > 0.01 and np.ptp(left_pitch) > 0.01  # radians


def test_eyes_and_head_never_stand_still():
    alive, head = add_life(STILL, LEVEL, FPS, seed=1, blinks=0)
    for curves in (alive[:, GAZE], head):
        assert curves.unflatten(0, (10, 25)).std(dim=1).sum(dim=1).min() > 1e-3  # in each of ten seconds


@pytest.mark.parametrize("amount", [0.0, 0.5, 2.0])
def test_the_gaze_wanders_as_far_as_asked(amount):
    usual, asked = (add_life(STILL, LEVEL, FPS, seed=2, blinks=0, gaze=gaze, face=0)[0] for gaze in (1.0, amount))
    torch.testing.assert_close(asked, amount * usual)


@pytest.mark.parametrize("amount", [0.0, 0.5, 2.0])
def test_the_head_moves_as_far_as_asked_with_the_voice_and_without(amount):
    for head in (LEVEL, 0.1 * torch.randn(250, 3, generator=torch.Generator().manual_seed(0))):
        usual, asked = (add_life(STILL, head, FPS, seed=2, sway=sway)[1] for sway in (1.0, amount))
        torch.testing.assert_close(asked, amount * usual)


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0])
def test_lids_close_in_a_blink_as_far_as_asked(amount):
    alive, _ = add_life(STILL, LEVEL, 100.0, seed=0, blinks=amount, gaze=0, face=0)
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
    calm, calm_head = add_life(still, head, 25.0, seed=3, blinks=0, gaze=0, sway=0, face=0)
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


def shown(emotion, num_frames):
    state = torch.zeros(num_frames, len(EMOTIONS) - 1)
    if emotion != "neutral":
        state[:, [name for name in EMOTIONS if name != "neutral"].index(emotion)] = 1.0
    return state


def test_fear_darts_and_anger_holds_the_gaze():
    def moved(emotion):
        rng = np.random.default_rng(0)
        return np.abs(np.diff(gaze_curve(1500, FPS, rng, shown(emotion, 1500)), axis=0)).sum()

    assert moved("fear") > 2 * moved("angry")


def test_sadness_blinks_more_than_fear():
    def blinks(emotion):
        lids = [blink_curve(1500, FPS, np.random.default_rng(seed), shown(emotion, 1500)) for seed in range(4)]
        return sum(int((np.diff((lid > 0.3).astype(int)) == 1).sum()) for lid in lids)

    assert blinks("sad") > 1.4 * blinks("fear")


@pytest.mark.parametrize("fps", [12.0, 25.0, 60.0])
def test_a_blink_is_seen_at_any_rate_and_none_is_under_way_at_the_end(fps):
    for seed in range(40):
        lid = blink_curve(round(10 * fps), fps, np.random.default_rng(seed))
        assert lid.max() > 0.5 and lid[-1] == 0
        assert lid[: int(FIRST_BLINK_SECONDS * fps)].max() == 0


def test_brows_move_as_far_as_was_captured_and_both_sides_alike():
    moved = part_curves(3000, FPS, np.random.default_rng(0), shown("sad", 3000))
    left, right = (moved[:, ARKIT_INDEX[f"browDown{side}"]] for side in ("Left", "Right"))
    captured = captured_statistics()["sad"].parts["browDown"].slow
    assert 0.4 * captured < left.std() < 1.2 * captured
    assert np.corrcoef(left, right)[0, 1] > 0.9


def test_a_snarl_taken_for_a_smile_is_no_part_of_anger():
    moved = part_curves(500, FPS, np.random.default_rng(0), shown("angry", 500))
    assert np.abs(moved[:, ARKIT_INDEX["mouthSmileLeft"]]).max() == 0


def test_a_clip_that_loops_ends_where_it_began():
    alive, head = add_life(STILL + 0.2, LEVEL, FPS, seed=4, shown=shown("fear", 250), loops=True)
    steps = alive[:, GAZE].diff(dim=0).abs().amax(), head.diff(dim=0).abs().amax()
    assert (alive[0, GAZE] - alive[-1, GAZE]).abs().max() <= steps[0]
    assert (head[0] - head[-1]).abs().max() <= 1.01 * steps[1]
    assert (alive[[0, -1]][:, BLINK] < 0.3).all()
    assert head[0].abs().max() == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_gaze_comes_back_to_where_it_began(seed):
    gaze = np.degrees(gaze_curve(250, FPS, np.random.default_rng(seed), shown("fear", 250)))
    assert np.abs(gaze[0] - gaze[-1]).max() < 0.4 < 2 < np.ptp(gaze, axis=0).max()


def test_the_end_of_a_performance_is_calm():
    """Eyes open and ahead, and the head near where the portrait holds it."""
    for seed in range(4):
        alive, head = add_life(STILL, LEVEL + 0.1, FPS, seed)
        assert alive[-1, BLINK].max() < 0.1
        assert head[-1].abs().max() < 0.05


def test_brows_and_chin_rise_before_a_phrase():
    speaking = torch.zeros(100)
    speaking[40:80] = 1.0
    alive, head = add_life(torch.zeros(100, NUM_EXPRESSIONS), torch.zeros(100, 3), FPS, 0, speaking=speaking)
    without, level = add_life(torch.zeros(100, NUM_EXPRESSIONS), torch.zeros(100, 3), FPS, 0)
    assert (alive - without)[39, ARKIT_INDEX["browInnerUp"]] > 0.02
    assert (head - level)[39, 1] < -0.005


def test_a_sad_head_sways_less_than_a_frightened_one():
    heads = {
        emotion: add_life(STILL, LEVEL, FPS, 0, shown=shown(emotion, 250))[1][:, 0].std() for emotion in ("sad", "fear")
    }
    assert heads["sad"] < 0.7 * heads["fear"]
