"""The converted encoder is Whisper's, at any length."""

import json

import pytest
import torch
from safetensors import safe_open

from cemnet.checkpoint import RELEASED_WEIGHTS
from cemnet.errors import MissingModelError
from cemnet.speech.whisper_encoder import WEIGHTS_NAME, SpeechEncoder

REFERENCE = [
    [-1.0870, -0.7213, 0.2414, -1.3728],
    [0.6606, 0.6999, -0.8434, -1.5943],
    [-1.1638, 0.0010, -1.0830, -0.9191],
    [-1.0500, -0.0849, -0.9639, -1.0460],
]


@pytest.fixture(scope="module")
def encoder() -> SpeechEncoder:
    return SpeechEncoder.load()


@pytest.fixture(scope="module")
def murmur() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    seconds = torch.arange(70 * 16_000) / 16_000
    noise = torch.randn(seconds.shape, generator=generator)
    return 0.1 * (torch.sin(2 * torch.pi * 3 * seconds) * noise + torch.sin(2 * torch.pi * 150 * seconds))


def test_layers_are_those_of_ctranslate2(encoder):
    """The numbers come from ctranslate2 4.x, Whisper.encode on the same spectrogram, in float32."""
    frames = torch.arange(200)[None] / 20.0
    mel = torch.sin(frames + torch.arange(80)[:, None] / 7.0)
    with torch.no_grad():
        last = encoder(mel[None])[0, -1]
    expected = torch.tensor(REFERENCE)
    torch.testing.assert_close(last[::25, ::96], expected, atol=1e-3, rtol=0)


def test_there_is_a_token_for_every_20_ms(encoder):
    hidden = encoder.encode_long(torch.randn(16_000))
    assert hidden.shape == (5, 50, 384)
    assert encoder.encode_long(torch.randn(16_001)).shape[1] == 51


@pytest.mark.parametrize("num_samples", [1, 320, 800])
def test_the_shortest_sounds_are_encoded(encoder, num_samples):
    hidden = encoder.encode_long(torch.zeros(num_samples))
    assert hidden.shape == (5, -(-num_samples // 320), 384)
    assert hidden.isfinite().all()


@pytest.mark.slow
def test_long_speech_has_no_seams(encoder, murmur):
    hidden = encoder.encode_long(murmur)
    assert hidden.shape == (5, 3500, 384)
    change = (hidden[:, 1:] - hidden[:, :-1]).abs().mean(dim=(0, 2))
    seams = torch.tensor([1000, 1500, 2000, 2500])
    around = torch.stack([change[seam - 2 : seam + 2].max() for seam in seams])
    assert around.max() < 1.5 * change[100:900].max()


@pytest.mark.slow
def test_long_speech_agrees_with_a_single_chunk_of_it(encoder, murmur):
    whole, chunk = encoder.encode_long(murmur), encoder.encode_long(murmur[: 30 * 16_000])
    difference = (whole[:, 100:900] - chunk[:, 100:900]).abs().mean()
    assert difference < 0.02 * chunk[:, 100:900].abs().mean()


def test_the_weights_say_where_they_come_from_and_are_small():
    path = RELEASED_WEIGHTS / WEIGHTS_NAME
    assert path.stat().st_size < 20e6
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert metadata["license"].startswith("MIT")
    assert "Whisper" in metadata["data"]
    assert json.loads(metadata["config"]) == {"width": 384, "num_heads": 6, "num_blocks": 4}


def test_missing_weights_are_explained(tmp_path):
    with pytest.raises(MissingModelError, match="missing"):
        SpeechEncoder.load(tmp_path / "nothing.safetensors")
