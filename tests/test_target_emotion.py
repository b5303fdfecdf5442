"""How strongly an emotion is to be shown: as the voice has it, as it was asked for, and as the voice swells."""

import pytest
import torch

from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.pipeline import target_emotion
from cemnet.types import Audio, Speech


@pytest.fixture
def speech() -> Speech:
    """Two seconds of a rather angry voice that swells from silence to its apex."""
    emotion = torch.zeros(50, len(EMOTIONS))
    emotion[:, EMOTION_INDEX["angry"]], emotion[:, EMOTION_INDEX["sad"]] = 0.75, 0.25
    return Speech(
        audio=Audio(torch.zeros(1, 32_000), 16_000), content=torch.zeros(50, 4), prosody=torch.zeros(50, 4),
        emotion_embedding=torch.zeros(50, 8), heard=emotion, emotion=emotion, intensity=torch.full((50,), 0.6),
        course=torch.linspace(0, 1, 50),
    )  # fmt: skip


@pytest.mark.parametrize("emotion", ["auto", "happy"])
@pytest.mark.parametrize("intensity", [0.0, 0.5, 2.0])
def test_the_asked_intensity_multiplies_what_is_shown(speech, emotion, intensity):
    usual, asked = (target_emotion(speech, emotion, amount) for amount in (1.0, intensity))
    assert usual.max() > 0.4
    torch.testing.assert_close(asked, intensity * usual)


@pytest.mark.parametrize(("emotion", "apex"), [("auto", 0.6), ("happy", 1.0)])
def test_what_is_shown_swells_with_the_voice(speech, emotion, apex):
    torch.testing.assert_close(target_emotion(speech, emotion, 1.0).sum(1), apex * speech.course)


def test_the_voices_emotions_are_shown_in_their_shares(speech):
    shown = target_emotion(speech, "auto", 1.0)[-1]
    assert shown[EMOTION_INDEX["angry"] - 1] == pytest.approx(3 * shown[EMOTION_INDEX["sad"] - 1])
