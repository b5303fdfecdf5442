"""Speech on top of emotion: lips are protected, the reference's speech goes, eyes and head live."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS, OPENING
from cemnet.config import MotionConfig
from cemnet.emotion.states import NUM_SHOWN_EMOTIONS
from cemnet.motion.articulation import articulate, meet_lips
from cemnet.motion.decoder import MotionDecoder
from cemnet.motion.idle import add_life, blink_curve
from cemnet.motion.lip_aperture import lip_parting
from cemnet.motion.neutralise import RESTING_SMILE_LIMIT, RESTING_YIELDS, face_at_rest, resting_share


def test_closed_lips_stay_closed_in_any_emotion():
    emotional, articulation = torch.rand(3, 9, NUM_EXPRESSIONS), torch.rand(3, 9, NUM_EXPRESSIONS)
    expression = articulate(emotional, articulation, torch.ones(3, 9))
    assert expression[..., OPENING].max() == 0
    smile = ARKIT_INDEX["mouthSmileLeft"]
    torch.testing.assert_close(expression[..., smile], (emotional + articulation)[..., smile].clamp(0, 1))


def test_a_blendshape_that_was_cut_can_still_learn_to_rise():
    articulation = torch.full((1, 1, NUM_EXPRESSIONS), -0.5, requires_grad=True)
    expression = articulate(torch.zeros(1, 1, NUM_EXPRESSIONS), articulation, torch.zeros(1, 1))
    assert expression.max() == 0
    expression.sum().backward()
    assert articulation.grad is not None
    assert (articulation.grad > 0).all()


def test_an_open_laughing_jaw_is_released_and_a_resting_brow_kept():
    expression = torch.zeros(1, NUM_EXPRESSIONS)
    expression[0, ARKIT_INDEX["jawOpen"]] = 0.6
    expression[0, ARKIT_INDEX["browDownLeft"]] = 0.1
    expression[0, ARKIT_INDEX["mouthSmileLeft"]] = 0.9
    expression[0, ARKIT_INDEX["eyeLookInLeft"]] = 0.7
    shown = torch.zeros(1, NUM_EXPRESSIONS)
    shown[0, ARKIT_INDEX["mouthSmileLeft"]] = 0.5
    shown[0, ARKIT_INDEX["eyeLookInLeft"]] = 0.2
    rest = face_at_rest(expression, shown)[0]
    assert rest[ARKIT_INDEX["jawOpen"]] == 0
    assert rest[ARKIT_INDEX["browDownLeft"]] == pytest.approx(0.1)
    assert rest[ARKIT_INDEX["mouthSmileLeft"]] == pytest.approx(RESTING_SMILE_LIMIT)
    assert rest[ARKIT_INDEX["eyeLookInLeft"]] == pytest.approx(0.5)


def test_a_resting_frown_yields_to_a_coming_emotion_and_not_to_the_reference_s_own():
    reference, target = torch.zeros(1, NUM_SHOWN_EMOTIONS), torch.zeros(1, 3, NUM_SHOWN_EMOTIONS)
    reference[0, 2], target[0, 0, 2], target[0, 1, 0] = 0.8, 0.8, 1.0  # the same, another, neutral
    stays = resting_share(reference, target)[0]
    brow, gaze = ARKIT_INDEX["browDownLeft"], ARKIT_INDEX["eyeLookInLeft"]
    torch.testing.assert_close(stays[:, brow], torch.tensor([1.0, 1 - RESTING_YIELDS, 1.0]))
    assert (stays[:, gaze] == 1).all()


def test_the_decoder_answers_in_arkit_range_for_every_frame():
    decoder = MotionDecoder(16, MotionConfig(hidden_dim=32, num_blocks=2)).eval()
    expression, closure, head = decoder(
        torch.randn(2, 30, 16), torch.randn(2, 30, 4), torch.rand(2, 30, 7), torch.rand(2, 30, NUM_EXPRESSIONS)
    )
    assert expression.shape == (2, 30, NUM_EXPRESSIONS)
    assert expression.min() >= 0
    assert expression.max() <= 1
    assert ((closure > 0) & (closure < 1)).all()
    assert head.abs().max() <= 0.2


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


@pytest.mark.parametrize("name", ["noseSneerLeft", "mouthShrugUpper", "jawOpen"])
def test_closed_lips_meet_whatever_an_emotion_lifts(name):
    lifted = torch.zeros(1, NUM_EXPRESSIONS)
    lifted[:, ARKIT_INDEX[name]] = 1.0
    open_lips, shut = (meet_lips(lifted, torch.tensor([level])) for level in (0.0, 1.0))
    assert lip_parting(open_lips.numpy()) > 0.05
    assert abs(lip_parting(shut.numpy())) < 1e-5
