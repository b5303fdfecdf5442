"""Speakers that are held out are never learned from."""

import pytest
import torch

from cemnet.errors import MediaError
from cemnet.training.networks.feature_clips import (
    Recording,
    load_feature_clips,
    read_recordings,
    write_recordings,
)
from cemnet.training.networks.settings import DataSettings

pytestmark = pytest.mark.slow


def test_no_held_out_speaker_is_trained_on(tmp_path):
    settings = DataSettings(generated_clips=8, voice_augmentations=0, validation_speakers=("babble/babbler_0",))
    kept = load_feature_clips(settings, tmp_path, torch.device("cpu"), seed=0)
    assert {clip.clip.speaker for clip in kept.clips} == {"babbler_1", "babbler_2", "babbler_3"}
    held_out = load_feature_clips(settings, tmp_path, torch.device("cpu"), seed=0, held_out=True)
    assert {clip.clip.speaker for clip in held_out.clips} == {"babbler_0"}


def test_speakers_whom_no_clip_has_are_missed(tmp_path):
    settings = DataSettings(generated_clips=2, voice_augmentations=0, validation_speakers=("ravdess/17",))
    with pytest.raises(MediaError, match=r"No labelled clip is of a validation speaker \(ravdess/17\)"):
        load_feature_clips(settings, tmp_path, torch.device("cpu"), seed=0, held_out=True)


def test_a_run_without_clips_is_refused(tmp_path):
    with pytest.raises(MediaError, match=r"no clips to learn from. Name folders of them as data\.clips"):
        load_feature_clips(DataSettings(), tmp_path, torch.device("cpu"), seed=0)


def test_features_are_read_again_or_made_again_where_they_were_cut_off(tmp_path, capsys):
    path = tmp_path / "a.pt"
    assert read_recordings(path) is None
    recordings = [Recording(torch.rand(5, 4, 3).half(), torch.rand(4, 2)) for _ in range(2)]
    write_recordings(path, recordings)
    assert [each.name for each in tmp_path.iterdir()] == ["a.pt"]
    read = read_recordings(path)
    assert read is not None
    first, second = read
    assert torch.equal(first.hidden, recordings[0].hidden) and torch.equal(second.voice, recordings[1].voice)
    path.write_bytes(path.read_bytes()[:500])
    assert read_recordings(path) is None
    assert "cannot be read" in capsys.readouterr().err
