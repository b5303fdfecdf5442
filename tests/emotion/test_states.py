"""Emotions as numbers: neutral is the origin, and a name that does not exist is refused."""

import pytest
import torch

from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.emotion.states import SHOWN_EMOTIONS, emotion_state, one_hot_emotion
from cemnet.errors import CEMNetError


def test_neutral_and_weak_beliefs_show_nothing():
    neutral = torch.zeros(8)
    neutral[0] = 1.0
    assert emotion_state(neutral, torch.tensor(1.0)).abs().max() == 0
    assert emotion_state(torch.full((8,), 1 / 8), torch.tensor(0.5)).max() == pytest.approx(1 / 16)


def test_a_named_emotion_is_shown_alone_at_its_intensity():
    shown = emotion_state(one_hot_emotion("sad"), torch.tensor(0.6))
    expected = [0.6 if index == EMOTION_INDEX["sad"] else 0.0 for index in SHOWN_EMOTIONS]
    torch.testing.assert_close(shown, torch.tensor(expected))
    assert EMOTION_INDEX["neutral"] not in SHOWN_EMOTIONS


def test_an_unknown_emotion_is_refused_with_the_names_that_exist():
    with pytest.raises(CEMNetError, match="joyful") as refused:
        one_hot_emotion("joyful")
    assert all(emotion in str(refused.value) for emotion in EMOTIONS)
