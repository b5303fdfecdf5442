"""Prepared clips come back as they were saved, and files that are none are refused."""

import pytest
import torch

from cemnet.errors import MediaError
from cemnet.training.corpora.clips import Clip, list_clips, load_clip, save_clip
from cemnet.training.corpora.phonemes import PhonemeSpan


def clip(name: str = "a", speaker: str = "1", source: str = "test", **changes) -> Clip:
    labels = {
        "sentence": "s", "language": "en-us", "emotion": "happy", "original_emotion": "happy", "intensity": 0.7,
        "license": "CC0",
    } | changes  # fmt: skip
    spans = [PhonemeSpan("SIL", 0.0, 0.25), PhonemeSpan("M", 0.25, 0.5)]
    waveform = torch.sin(torch.arange(8_000) / 10.0) * 0.5
    return Clip(name=name, source=source, speaker=speaker, waveform=waveform, phonemes=spans, **labels)


def test_a_clip_comes_back_as_it_was_saved(tmp_path):
    curves = {"expression": torch.rand(13, 52), "head": torch.randn(13, 3) * 0.1}
    saved = Clip(**{**clip("x/y").__dict__, **curves})
    read = load_clip(save_clip(tmp_path, saved))
    for name in ("name", "source", "speaker", "sentence", "language", "emotion", "original_emotion", "license"):
        assert getattr(read, name) == getattr(saved, name)
    assert read.intensity == 0.7
    assert [span.phoneme for span in read.phonemes] == ["SIL", "M"]
    assert read.phonemes[1].end_seconds == 0.5
    torch.testing.assert_close(read.waveform, saved.waveform, atol=1e-4, rtol=0)
    torch.testing.assert_close(read.expression, saved.expression, atol=1e-3, rtol=0)
    torch.testing.assert_close(read.head, saved.head, atol=1e-3, rtol=0)


def test_a_clip_without_phonemes_or_curves_is_fine(tmp_path):
    silent = Clip(**{**clip().__dict__, "phonemes": []})
    read = load_clip(save_clip(tmp_path, silent))
    assert list(read.phonemes) == [] and read.expression is None


def test_clips_are_listed_by_name(tmp_path):
    save_clip(tmp_path, clip("b", emotion="sad"))
    save_clip(tmp_path, clip("a", emotion=None, original_emotion="boredom"))
    assert [path.stem for path in list_clips(tmp_path)] == ["a", "b"]


def test_what_is_no_clip_is_explained(tmp_path):
    with pytest.raises(MediaError, match=r"prepare\.py"):
        list_clips(tmp_path)
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(MediaError, match="cannot be read"):
        load_clip(tmp_path / "broken.safetensors")
