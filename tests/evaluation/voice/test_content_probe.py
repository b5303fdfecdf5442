"""A probe of content finds an emotion that is there, on speakers that it did not see, and none where none is."""

import numpy as np
import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.evaluation.voice import content_probe
from cemnet.evaluation.voice.content_probe import (
    VOICED,
    WHOLE,
    content_features,
    content_table,
    pooled_content,
    probe_accuracy,
)
from cemnet.training.networks.feature_clips import FeatureClip, Recording, generated_clips

SPEAKERS = ["a", "b", "c", "d"] * 20
FOLDS = [["a"], ["b"], ["c"], ["d"]]
LABELS = np.repeat(np.arange(4), 20)


def test_a_label_that_is_in_the_features_is_read_and_one_that_is_not_is_guessed():
    noise = np.random.default_rng(0).normal(size=(80, 6))
    told = noise + 4 * np.eye(6)[LABELS]
    assert probe_accuracy(told, LABELS, SPEAKERS, FOLDS) > 0.9
    assert probe_accuracy(noise, LABELS, SPEAKERS, FOLDS) < 0.5


def test_what_is_true_of_single_speakers_alone_is_not_read():
    """Each speaker says each label in a way of their own: only a probe that saw the speaker could know."""
    own = np.array([SPEAKERS.index(speaker) for speaker in SPEAKERS])
    features = np.eye(16)[4 * own + LABELS]
    assert probe_accuracy(features, LABELS, SPEAKERS, FOLDS) < 0.5


def test_rounding_errors_are_not_features():
    content = torch.randn(50, 3)
    assert (pooled_content(content) == pooled_content(content + 1e-7)).all()
    assert pooled_content(content).shape == (6,)


def clips() -> list[FeatureClip]:
    """Clips whose sound as a whole tells their emotion."""
    heard = []
    for clip in generated_clips(16, seed=0):
        generator = torch.Generator().manual_seed(len(heard))
        colour = torch.randn(1, 1, 384, generator=torch.Generator().manual_seed(len(heard) % 8))
        voice = torch.zeros(60, 168)
        voice[20:40, 3] = 1.0
        hidden = torch.randn(5, 60, 384, generator=generator) + 3 * colour
        heard.append(FeatureClip(clip, (Recording(hidden.half(), voice),)))
    return heard


@pytest.fixture
def encoder() -> AudioEmotionEncoder:
    torch.manual_seed(0)
    config = AudioEmotionConfig(content_dim=8, hidden_dim=8, embedding_dim=16, sound_temperature=0.05)
    return AudioEmotionEncoder(config).eval()  # an untrained encoder's sounds differ little


@pytest.mark.slow
@pytest.mark.parametrize("features", [WHOLE, VOICED])
def test_content_that_follows_the_sound_of_a_whole_clip_is_found_out(encoder, monkeypatch, features):
    monkeypatch.setattr(content_probe, "INVERSE_PENALTY", 10.0)
    # Each emotion is spoken by one speaker alone: here a fold leaves out clips and not speakers.
    labels, speakers, folds = np.arange(16) % 8, ["x"] * 8 + ["y"] * 8, [["x"], ["y"]]
    assert probe_accuracy(content_features(encoder, clips())[features], labels, speakers, folds) > 0.9
    monkeypatch.setattr(encoder, "content", lambda hidden: torch.full((1, 60, 41), 1 / 41))
    assert probe_accuracy(content_features(encoder, clips())[features], labels, speakers, folds) < 0.3


def test_the_table_has_every_probe_and_what_guessing_gives(encoder):
    table = content_table(encoder, clips(), "babble", [["babbler_0", "babbler_1"], ["babbler_2", "babbler_3"]])
    assert [row[0] for row in table.rows] == [WHOLE, VOICED, "commonest label"]
    assert float(table.rows[-1][1]) == pytest.approx(100 / 8)
