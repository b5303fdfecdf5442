"""Voices as rows of statistics: whole recordings and parts, drawn with their labels."""

import numpy as np
import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder, voiced_weights
from cemnet.speech.manner import manner
from cemnet.training.networks.feature_clips import Recording, load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.voice_statistics import (
    PARTS,
    VoiceTable,
    part_manners,
    random_part,
    recording_statistics,
)

pytestmark = pytest.mark.slow  # voices are heard before the first test


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    settings = DataSettings(generated_clips=6, voice_augmentations=1)
    return load_feature_clips(settings, tmp_path_factory.mktemp("features"), torch.device("cpu"), seed=0)


@pytest.fixture(scope="module")
def voices(clips):
    return VoiceTable.of(clips.clips, seed=0)


def test_every_recording_is_there_as_a_whole_and_in_parts(clips, voices):
    rows = 2 * (1 + PARTS)
    assert len(voices.statistics) == len(voices.style) == 6 * rows
    for number, clip in enumerate(clips.clips):
        own = voices.rows_of[clip.full_name]
        assert own == range(number * rows, (number + 1) * rows)
        assert set(voices.style[own].tolist()) == {clip.style}
        torch.testing.assert_close(voices.statistics[own[0]], recording_statistics(clip.recordings[0]))


def test_a_part_of_the_table_has_the_rows_of_its_clips_alone(clips, voices):
    some = voices.only(clips.clips[1::2])
    assert len(some.style) == len(voices.style) // 2
    for clip in clips.clips[1::2]:
        torch.testing.assert_close(
            some.statistics[some.rows_of[clip.full_name]], voices.statistics[voices.rows_of[clip.full_name]]
        )


def test_judged_voices_come_with_their_labels_and_are_handed_to_others_with_their_normal_voice(voices, monkeypatch):
    monkeypatch.setattr(VoiceTable, "handed", lambda self, rows, rng: torch.full((len(rows), 1), 7.0))
    monkeypatch.setattr(VoiceTable, "normal", lambda self, row, rng: torch.full_like(self.statistics[0], 3).float())
    drawn = voices.judged(20, np.random.default_rng(0))
    rows = torch.from_numpy(np.random.default_rng(0).integers(len(voices.style), size=20))
    torch.testing.assert_close(drawn["judged_statistics"], voices.statistics[rows].float() + 7)
    assert (drawn["judged_style"] == voices.style[rows]).all()
    torch.testing.assert_close(drawn["judged_manner"], voices.manner[rows])
    assert (drawn["judged_normal"] == 10).all()


def test_a_row_is_handed_along_the_way_between_its_speaker_and_another(voices):
    rows = torch.arange(len(voices.style))
    handed = voices.handed(rows, np.random.default_rng(5))
    means, others = voices.speaker_means, []
    assert len(means) > 1
    for row, moved in zip(rows.tolist(), handed, strict=True):
        own = means[voices.speaker[row]]
        fits = {name: (moved @ (mean - own)) / (mean - own).square().sum() for name, mean in means.items()}
        missed = {name: (way * (means[name] - own) - moved).norm() for name, way in fits.items() if way.isfinite()}
        name = min(missed, key=lambda name: float(missed[name]), default=voices.speaker[row])
        if moved.norm() == 0:  # to itself
            continue
        assert missed[name] < 1e-3 * moved.norm()
        assert 0.5 <= fits[name] <= 1.5
        others.append(name)
    assert len(set(others)) == len(means)


def test_the_mean_of_a_speaker_counts_every_style_once(voices):
    for name, mean in voices.speaker_means.items():
        own = torch.tensor([speaker == name for speaker in voices.speaker])
        styles = [
            voices.statistics[own & (voices.style == style)].float().mean(0) for style in voices.style[own].unique()
        ]
        torch.testing.assert_close(mean, torch.stack(styles).mean(0))


def test_the_manner_of_a_clip_is_told_against_its_speaker(clips, voices):
    rows = [voices.rows_of[clip.full_name] for clip in clips.clips]
    for speaker in {clip.clip.speaker for clip in clips.clips}:
        own = [(clip, row) for clip, row in zip(clips.clips, rows, strict=True) if clip.clip.speaker == speaker]
        habit = torch.stack([manner(clip.recordings[0].voice) for clip, _ in own]).mean(0)  # each in another style
        for clip, row in own:
            torch.testing.assert_close(voices.manner[row[0]], manner(clip.recordings[0].voice) - habit)


def test_a_degraded_recording_has_the_manner_of_the_clean_one(clips, voices):
    for clip in clips.clips:
        row = voices.rows_of[clip.full_name]
        clean, degraded = voices.manner[row[0]], voices.manner[row[1 + PARTS]]
        torch.testing.assert_close(clean, degraded)


def test_a_part_has_a_manner_of_its_own_from_the_same_share_of_the_clean_recording(clips):
    clip = clips.clips[0]
    clean = clip.recordings[0]
    slower = Recording(clean.hidden.repeat_interleave(2, dim=1), clean.voice.repeat_interleave(2, dim=0))
    length = len(clean.voice)
    half = part_manners(clip, slower, [slice(0, length), slice(length, 2 * length)])
    torch.testing.assert_close(half[0], manner(clean.voice[: round(length / 2)]))
    assert (half[0] - half[1]).abs().max() > 0.05


def test_a_normal_voice_is_of_other_neutral_clips_of_the_speaker(clips, voices):
    """The one neutral clip has no other beside it: its own normal voice is not known."""
    rng = np.random.default_rng(0)
    neutral = next(clip for clip in clips.clips if clip.emotion == "neutral")
    own = voices.rows_of[neutral.full_name]
    assert voices.normal(own[0], rng, share=1.0).isnan().all()
    friends = [clip for clip in clips.clips if clip.clip.speaker == neutral.clip.speaker and clip is not neutral]
    strangers = [clip for clip in clips.clips if clip.clip.speaker != neutral.clip.speaker]
    assert friends and strangers
    for friend in friends:
        row = voices.rows_of[friend.full_name][2]
        assert voices.normal(row, rng, share=0.0).isnan().all()
        clean = voices.normal(row, rng, share=1.0, clean=True)
        torch.testing.assert_close(clean, voices.statistics[own[0]].float())
        drawn = voices.normal(row, rng, share=1.0)
        assert (voices.statistics[list(own)].float() == drawn).all(dim=1).any()
    for stranger in strangers:
        assert voices.normal(voices.rows_of[stranger.full_name][0], rng, share=1.0).isnan().all()


def test_standardised_statistics_are_centred(voices):
    encoder = AudioEmotionEncoder(AudioEmotionConfig(hidden_dim=8, embedding_dim=16)).standardised(*voices.scale)
    standard = (voices.statistics.float() - encoder.statistics_mean) / encoder.statistics_scale
    assert standard.mean(0).abs().max() < 1e-2


def test_parts_hold_voice_and_weigh_it():
    voice = torch.zeros(200, 168)
    voice[150:170, 3] = 1.0
    for seed in range(20):
        part = random_part(voice, np.random.default_rng(seed))
        assert 30 <= part.stop - part.start <= 100
        weights = voiced_weights(voice, part)
        assert weights.sum() == pytest.approx(1, abs=1e-5)
        assert weights[: part.start].sum() == weights[part.stop :].sum() == 0
    assert voiced_weights(voice, slice(None))[150:170].sum() > 0.9
