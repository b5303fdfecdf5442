"""Speech on top of emotion: lips that close stay closed."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS, OPENING
from cemnet.motion.articulation import articulate, meet_lips
from cemnet.motion.lip_aperture import lip_parting


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


@pytest.mark.parametrize("name", ["noseSneerLeft", "mouthShrugUpper", "jawOpen"])
def test_closed_lips_meet_whatever_an_emotion_lifts(name):
    lifted = torch.zeros(1, NUM_EXPRESSIONS)
    lifted[:, ARKIT_INDEX[name]] = 1.0
    open_lips, shut = (meet_lips(lifted, torch.tensor([level])) for level in (0.0, 1.0))
    assert lip_parting(open_lips.numpy()) > 0.05
    assert abs(lip_parting(shut.numpy())) < 1e-5
