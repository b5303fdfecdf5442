"""What is heard belongs to the moment in which it is said, and is believed no more than the calibration allows."""

from dataclasses import replace

import pytest
import torch

from cemnet.config import VOICE_DIM, AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder

NUM_FRAMES = 200


@pytest.fixture
def encoder() -> AudioEmotionEncoder:
    torch.manual_seed(0)
    return AudioEmotionEncoder(AudioEmotionConfig()).eval()


@pytest.fixture
def voice() -> torch.Tensor:
    voice = torch.zeros(1, NUM_FRAMES, VOICE_DIM)
    voice[..., 3] = 1.0
    return voice


@torch.no_grad()
def frame_of_change(encoder: AudioEmotionEncoder, hidden: torch.Tensor, voice: torch.Tensor) -> float:
    """When what is heard is half-way between its beginning and its end."""
    embedding = encoder(hidden, voice).embedding[0]
    first, last = embedding[0], embedding[-1]
    share = (embedding - first) @ (last - first) / (last - first).square().sum()
    after = int((share > 0.5).nonzero()[0])
    return after - float((share[after] - 0.5) / (share[after] - share[after - 1]))


def test_a_voice_is_heard_to_change_when_it_does(encoder, voice):
    one, other = (torch.randn(1, 5, 1, 384).expand(-1, -1, NUM_FRAMES // 2, -1) for _ in range(2))
    # The half-way point of what is heard need not be that of the sound; there and back it errs to either side.
    there, back = torch.cat([one, other], dim=2), torch.cat([other, one], dim=2)
    changes = [frame_of_change(encoder, hidden, voice) for hidden in (there, back)]
    assert sum(changes) / 2 == pytest.approx(NUM_FRAMES / 2 - 0.5, abs=1.0)


def test_thrice_the_temperature_is_a_third_as_sure_of_one_emotion_against_another(encoder, voice):
    doubtful = AudioEmotionEncoder(replace(encoder.config, temperature=3 * encoder.config.temperature)).eval()
    doubtful.load_state_dict(encoder.state_dict())
    hidden, one_window = torch.randn(1, 5, 10, 384), voice[:, :10]
    # Each of these emotions is voiced in a single style; neutral is in several.
    sure, unsure = (heard(hidden, one_window).probabilities[0, :, 1:].log() for heard in (encoder, doubtful))
    torch.testing.assert_close(sure - sure[:, :1], 3 * (unsure - unsure[:, :1]), atol=1e-4, rtol=0)
