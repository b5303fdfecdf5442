"""torchaudio's models hear as the networks need it: a token for each 20 ms, every layer, at any length.

The models are small and untrained; where there is no torchaudio these tests are skipped.
"""

import pytest
import torch

from cemnet.errors import MissingModelError
from cemnet.speech.encoder import CHUNK_TOKENS
from cemnet.speech.torchaudio_encoder import PIPELINES, TorchaudioEncoder

torchaudio = pytest.importorskip("torchaudio", exc_type=Exception)  # pyright: ignore[reportArgumentType]

WIDTH, NUM_BLOCKS = 24, 2
CONVOLUTIONS = [(8, 10, 5), *[(8, 3, 2)] * 4, *[(8, 2, 2)] * 2]  # the strides of all of these models
SIZES = {
    "extractor_conv_layer_config": CONVOLUTIONS, "extractor_conv_bias": False, "encoder_embed_dim": WIDTH,
    "encoder_projection_dropout": 0.1, "encoder_pos_conv_kernel": 8, "encoder_pos_conv_groups": 2,
    "encoder_num_layers": NUM_BLOCKS, "encoder_num_heads": 2, "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 32, "encoder_ff_interm_dropout": 0.1, "encoder_dropout": 0.1,
    "encoder_layer_drop": 0.1, "aux_num_out": None,
}  # fmt: skip


def small_model(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    if kind == "wavlm-base":
        return torchaudio.models.wavlm_model(
            extractor_mode="group_norm", encoder_layer_norm_first=False, encoder_num_buckets=8,
            encoder_max_distance=16, **SIZES,
        )  # fmt: skip
    large = kind == "hubert-large"
    mode = "layer_norm" if large else "group_norm"
    return torchaudio.models.wav2vec2_model(extractor_mode=mode, encoder_layer_norm_first=large, **SIZES)


@pytest.fixture(params=["hubert-base", "hubert-large", "wav2vec2-base", "wavlm-base"])
def encoder(request) -> TorchaudioEncoder:
    return TorchaudioEncoder(
        small_model(request.param), request.param, normalised=request.param == "hubert-large"
    ).eval()


@pytest.mark.parametrize(("num_samples", "num_tokens"), [(1, 1), (320, 1), (321, 2), (16_000, 50)])
def test_there_is_a_token_for_every_20_ms_in_every_layer(encoder, num_samples, num_tokens):
    hidden = encoder.encode_long(torch.randn(num_samples))
    assert hidden.shape == (encoder.num_layers, num_tokens, encoder.width) == (NUM_BLOCKS + 1, num_tokens, WIDTH)
    assert hidden.isfinite().all() and not hidden.requires_grad


def test_layers_are_those_of_torchaudio(encoder):
    sound = torch.randn(16_000)
    heard = (sound - sound.mean()) / (sound.std(correction=0) + 1e-5) if encoder.normalised else sound
    padded = torch.nn.functional.pad(heard, (40, 40)).unsqueeze(0)
    with torch.no_grad():
        expected, _ = encoder.model.extract_features(padded)
    torch.testing.assert_close(encoder.encode_long(sound)[1:], torch.cat(expected))


def test_what_is_loud_does_not_matter_to_a_model_that_normalises():
    encoder = TorchaudioEncoder(small_model("hubert-large"), "hubert-large", normalised=True).eval()
    sound = torch.randn(8000)
    torch.testing.assert_close(encoder.encode_long(3 * sound + 1), encoder.encode_long(sound), atol=1e-3, rtol=1e-3)


def test_a_token_hears_the_moment_that_it_stands_for():
    encoder = TorchaudioEncoder(small_model("wav2vec2-base"), "wav2vec2-base").eval()
    silence, click = torch.zeros(16_000), torch.zeros(16_000)
    click[25 * 320 + 160] = 1.0  # amid token 25
    changed = (encoder.encode_long(click) - encoder.encode_long(silence))[0].abs().sum(-1)
    assert changed.argmax() == 25


def test_long_sound_comes_in_blocks_that_are_cross_faded():
    encoder = TorchaudioEncoder(small_model("wavlm-base"), "wavlm-base").eval()
    blocks = list(encoder.encode_blocks(torch.randn(16_000 * 40)))
    assert len(blocks) == 2 and sum(block.shape[1] for block in blocks) == 2000 > CHUNK_TOKENS


def test_every_pipeline_is_one_of_torchaudios():
    assert all(hasattr(torchaudio.pipelines, name) for name in PIPELINES.values())


def test_weights_that_cannot_be_fetched_are_one_sentence(monkeypatch):
    def offline(self):
        raise OSError("no route to host")

    monkeypatch.setattr(type(torchaudio.pipelines.HUBERT_BASE), "get_model", offline)
    with pytest.raises(MissingModelError, match=r"cannot fetch the speech encoder hubert-base \(no route to host\)"):
        TorchaudioEncoder.load("hubert-base")


def test_a_pipeline_that_normalises_is_unwrapped(monkeypatch):
    wrapped = torch.nn.Module()
    wrapped.model = small_model("hubert-large")
    monkeypatch.setattr(type(torchaudio.pipelines.HUBERT_LARGE), "get_model", lambda self: wrapped)
    encoder = TorchaudioEncoder.load("hubert-large")
    assert encoder.normalised and encoder.width == WIDTH and not encoder.training
