"""Speech encoders are found by name; one that is not there is one sentence that says how to get it."""

import sys

import pytest

from cemnet.errors import CEMNetError, MissingModelError
from cemnet.speech.encoders import PIPELINES, SPEECH_ENCODERS, check_encoder_name, load_speech_encoder


def test_the_released_encoder_is_the_usual_one():
    encoder = load_speech_encoder()
    assert (encoder.name, encoder.width, encoder.num_layers, encoder.rate) == ("whisper-tiny.en", 384, 5, 50)


def test_every_name_is_accepted_and_others_are_corrected():
    for name in SPEECH_ENCODERS:
        check_encoder_name(name)
    with pytest.raises(CEMNetError, match=r"no speech encoder 'wisper-base'. Did you mean whisper-base\?"):
        load_speech_encoder("wisper-base")
    with pytest.raises(CEMNetError, match="There are: whisper-tiny, "):
        check_encoder_name("")


def test_an_encoder_whose_weights_are_not_there_says_how_to_make_them(tmp_path):
    with pytest.raises(
        MissingModelError, match=r"speech_encoder_whisper-small\.safetensors.*train/convert_whisper\.py"
    ):
        load_speech_encoder("whisper-small", [tmp_path])


def test_absent_torchaudio_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    with pytest.raises(
        MissingModelError, match=r"hubert-base needs torchaudio, which is not installed.*cemnet\[speech\]"
    ):
        load_speech_encoder("hubert-base")


def test_torchaudio_that_was_built_for_another_torch_is_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "torchaudio").mkdir()
    (tmp_path / "torchaudio" / "__init__.py").write_text("raise OSError('undefined symbol: aoti\\nmore of it')\n")
    for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        MissingModelError, match=r"wavlm-base needs torchaudio, which cannot be loaded \(undefined symbol"
    ):
        load_speech_encoder("wavlm-base")
    assert {"hubert-base", "wav2vec2-base", "wavlm-base"} <= set(PIPELINES)
