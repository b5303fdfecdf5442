"""A film is heard by its own recording, and by a branch that never heard its actor."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made_faces import made_table

from cemnet.config import AudioEmotionConfig
from cemnet.emotion.audio_emotion import AudioEmotionEncoder
from cemnet.errors import CEMNetError
from cemnet.evaluation.faces.heard_films import film_voice, heard_by_branches, heard_statistics
from cemnet.evaluation.voice import speaker_folds
from cemnet.training.networks.feature_clips import FeatureClips, load_feature_clips
from cemnet.training.networks.settings import DataSettings
from cemnet.training.networks.voice_statistics import recording_statistics
from cemnet.training.performer.captured_people import NUM_CELLS


@pytest.fixture(scope="module")
def table():
    return made_table(2)


@pytest.fixture(scope="module")
def clips(tmp_path_factory, table):
    """Thirty generated voices in the names of two actors' films, and two of another corpus."""
    settings = DataSettings(generated_clips=32, voice_augmentations=0)
    made = load_feature_clips(settings, tmp_path_factory.mktemp("features"), torch.device("cpu"), 0).clips
    films = [(actor, cell) for actor in table.actors for cell in range(NUM_CELLS)]
    spoken = [
        replace(each, clip=replace(each.clip, source="ravdess", speaker=actor, name=film_voice(actor, cell)))
        for each, (actor, cell) in zip(made, films, strict=False)
    ]
    return FeatureClips((*reversed(spoken), *made[30:]), "", "")


def test_a_recording_has_the_name_of_its_film(table):
    assert film_voice("07", 0) == "03-01-01-01-01-01-07"
    assert film_voice("07", 14) == "03-01-08-02-01-01-07"


@pytest.mark.slow
def test_each_film_is_heard_by_its_own_recording(clips, table):
    voices = heard_statistics(clips, table)
    clip = next(each for each in clips.clips if each.clip.name == film_voice("02", 6))
    assert voices.of_film[1, 6] == pytest.approx(recording_statistics(clip.recordings[0]).double().numpy())
    row = [each.clip.name for each in clips.clips].index(clip.clip.name)
    assert (voices.actor[row], voices.cell[row]) == ("02", 6)


@pytest.mark.slow
def test_a_missing_voice_is_named(clips, table):
    kept = tuple(each for each in clips.clips if each.clip.name != film_voice("01", 3))
    with pytest.raises(CEMNetError, match=film_voice("01", 3)):
        heard_statistics(replace(clips, clips=kept), table)


@pytest.mark.slow
def test_no_branch_hears_the_actors_of_its_fold_and_all_hear_other_corpora(clips, table, monkeypatch):
    trained = []

    def branch(voices, config, num_steps, seed):
        trained.append(set(voices.rows_of))
        return AudioEmotionEncoder(config).eval()

    monkeypatch.setattr(speaker_folds, "train_emotion_branch", branch)
    heard = heard_by_branches(clips, table, [("01",), ("02",)], AudioEmotionConfig(hidden_dim=16), num_steps=1)
    for (actor,), names in zip(heard, trained, strict=True):
        assert not [name for name in names if name.endswith(f"-{actor}")]
        assert len(names) == NUM_CELLS + 2
    first, second = heard["01",], heard["02",]
    assert not np.allclose(first.embeddings.of_film, second.embeddings.of_film)
    assert first.manners.of_film == pytest.approx(first.embeddings.of_film[..., -first.manners.of_film.shape[-1] :])
    assert first.emotions.shape == (2, NUM_CELLS, 8)
    assert first.emotions.sum(-1) == pytest.approx(np.ones((2, NUM_CELLS)))
    assert not np.allclose(first.emotions, second.emotions)
    assert first.emotions_beside_normal.sum(-1) == pytest.approx(np.ones((2, NUM_CELLS)))
    assert not np.allclose(first.emotions, first.emotions_beside_normal)
