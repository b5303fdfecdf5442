"""The portrait's speech and emotion go, and what rests in its face yields to another emotion."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.emotion.states import NUM_SHOWN_EMOTIONS
from cemnet.motion.neutralise import RESTING_SMILE_LIMIT, RESTING_YIELDS, face_at_rest, resting_share


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
