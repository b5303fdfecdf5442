"""The portrait's speech and emotion go, and what rests in its face yields as far as it is told to."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.motion.neutralise import RESTING_SMILE_LIMIT, carried_face, unexplained


def test_an_open_laughing_jaw_is_released_and_a_resting_brow_kept():
    expression = torch.zeros(1, NUM_EXPRESSIONS)
    expression[0, ARKIT_INDEX["jawOpen"]] = 0.6
    expression[0, ARKIT_INDEX["browDownLeft"]] = 0.1
    expression[0, ARKIT_INDEX["mouthSmileLeft"]] = 0.9
    expression[0, ARKIT_INDEX["eyeLookInLeft"]] = 0.7
    shown = torch.zeros(1, NUM_EXPRESSIONS)
    shown[0, ARKIT_INDEX["mouthSmileLeft"]] = 0.5
    shown[0, ARKIT_INDEX["eyeLookInLeft"]] = 0.2
    rest = unexplained(expression, shown)[0]
    assert rest[ARKIT_INDEX["jawOpen"]] == 0
    assert rest[ARKIT_INDEX["browDownLeft"]] == pytest.approx(0.1)
    assert rest[ARKIT_INDEX["mouthSmileLeft"]] == pytest.approx(RESTING_SMILE_LIMIT)
    assert rest[ARKIT_INDEX["eyeLookInLeft"]] == pytest.approx(0.5)


def test_what_the_portrait_shows_beside_its_emotion_stays_as_far_as_it_is_kept_and_its_gaze_stays_always():
    expression, expected, wanted = (torch.zeros(1, NUM_EXPRESSIONS) for _ in range(3))
    brow, gaze, smile = (ARKIT_INDEX[name] for name in ("browDownLeft", "eyeLookInLeft", "mouthSmileLeft"))
    expression[0, [brow, gaze]] = torch.tensor([0.1, 0.7])
    expected[0, smile] = expression[0, smile] = 0.8
    wanted[0, brow] = 0.5
    kept = torch.tensor([1.0, 0.25]).view(1, 2, 1).expand(-1, -1, NUM_EXPRESSIONS)
    face = carried_face(expression, expected, wanted.unsqueeze(1).expand(-1, 2, -1), kept)[0]
    torch.testing.assert_close(face[:, brow], torch.tensor([0.6, 0.525]))
    torch.testing.assert_close(face[:, gaze], torch.tensor([0.7, 0.7]))
    assert face[:, smile].abs().max() == 0
