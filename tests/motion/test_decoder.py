"""Speech on top of emotion: lips are protected, and the reference's speech goes."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS, OPENING
from cemnet.config import MotionConfig
from cemnet.emotion.states import NUM_SHOWN_EMOTIONS
from cemnet.motion.articulation import articulate, meet_lips
from cemnet.motion.decoder import MotionDecoder
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


@pytest.mark.parametrize("name", ["noseSneerLeft", "mouthShrugUpper", "jawOpen"])
def test_closed_lips_meet_whatever_an_emotion_lifts(name):
    lifted = torch.zeros(1, NUM_EXPRESSIONS)
    lifted[:, ARKIT_INDEX[name]] = 1.0
    open_lips, shut = (meet_lips(lifted, torch.tensor([level])) for level in (0.0, 1.0))
    assert lip_parting(open_lips.numpy()) > 0.05
    assert abs(lip_parting(shut.numpy())) < 1e-5
