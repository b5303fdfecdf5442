"""Pairs of clips, performed for cross-reconstruction: what a pair asks for is shown, by the person of its reference."""

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from cemnet.arkit import BROWS_AND_EYES, EMOTIONS, arkit_indices
from cemnet.speech.mel import num_motion_frames
from cemnet.training.networks import cross_pairs
from cemnet.training.networks.cross_pairs import CrossPairs
from cemnet.training.networks.feature_clips import UNLABELLED
from cemnet.training.performer.manner_displays import MEAN_MANNER
from cemnet.training.performer.performer import perform

NUM_PAIRS = 60
SHOWN = [*BROWS_AND_EYES, *arkit_indices("mouthSmile", "mouthFrown", "noseSneer")]


@pytest.fixture(scope="module")
def crossed(trained_clips, trained_voices):
    """Pairs of words and emotion from two clips."""
    pairs = CrossPairs(trained_clips, trained_voices, 2.0, NUM_PAIRS, same_share=0.0)
    torch.manual_seed(0)
    return default_collate([pairs[index] for index in range(NUM_PAIRS)])


def test_pairs_come_from_the_same_clip_or_from_two(batch, trained_clips):
    assert batch["same_clip"].any()
    assert not batch["same_clip"].all()
    assert batch["expression"].shape == (16, 40, 52)
    assert (batch["judged_style"] != UNLABELLED).all()
    for clip in trained_clips.clips:
        assert len(clip.recordings[0].prosody) == num_motion_frames(len(clip.clip.waveform))


def test_a_performance_shows_the_emotion_that_its_pair_asks_for(crossed):
    shown = crossed["expression"][..., SHOWN].mean(1)
    towards = torch.cosine_similarity(shown.unsqueeze(1), crossed["apex_displacement"][..., SHOWN], dim=-1)
    wanted = crossed["target_emotion"].argmax(1)
    clear = (wanted > 0) & (crossed["target_intensity"] > 0.6)
    assert clear.sum() > 20
    assert (towards.argmax(1) + 1 == wanted)[clear].float().mean() > 0.6


def test_the_emotion_clip_gives_the_manner_and_a_named_emotion_has_its_mean_manner(trained_clips, trained_voices):
    torch.manual_seed(0)
    pairs = CrossPairs(trained_clips, trained_voices, 2.0, NUM_PAIRS, same_share=0.0, asked_share=0.5)
    drawn = default_collate([pairs[index] for index in range(NUM_PAIRS)])
    assert 10 < drawn["asked"].sum() < NUM_PAIRS - 10
    for index, asked in enumerate(drawn["asked"]):
        heard = (trained_voices.statistics.float() - drawn["voice_statistics"][index]).abs().sum(1).argmin()
        emotion = EMOTIONS[int(drawn["target_emotion"][index].argmax())]
        expected = torch.tensor(MEAN_MANNER[emotion]) if asked else trained_voices.manner[heard]
        torch.testing.assert_close(drawn["target_manner"][index], expected)


def test_a_pair_is_performed_in_its_manner(trained_clips, trained_voices, monkeypatch):
    performed = []

    def act(phonemes, prosody, person, emotion, intensity, rng, manner):
        performed.append((emotion, torch.from_numpy(manner)))
        return perform(phonemes, prosody, person, emotion, intensity, rng, manner)

    monkeypatch.setattr(cross_pairs, "perform", act)
    pairs = CrossPairs(trained_clips, trained_voices, 2.0, 10)
    for index in range(10):
        pair = pairs[index]
        emotion, manner = performed[-1]
        assert emotion == EMOTIONS[int(pair["target_emotion"].argmax())]
        torch.testing.assert_close(manner, pair["target_manner"])


def test_the_reference_is_the_person_who_performs(crossed):
    """A person's own apexes explain the reference face better than another person's."""
    state, apexes = crossed["reference_state"][:, 0], crossed["apex_displacement"]
    emotional = state.amax(1) > 0.3
    assert len(EMOTIONS) - 1 == state.shape[1] and emotional.sum() > 20

    def unexplained(apex):
        error = crossed["reference_expression"][:, 0] - torch.einsum("be,bex->bx", state, apex)
        return float(error[emotional][:, SHOWN].abs().mean())

    others = np.mean([unexplained(apexes.roll(step, 0)) for step in range(1, 6)])
    assert unexplained(apexes) < 0.9 * others


def test_one_to_four_portraits_of_the_person_count_and_the_first_always_does(crossed):
    seen = crossed["reference_seen"]
    assert (seen[:, 0] == 1).all()
    assert set(seen.sum(1).tolist()) == {1.0, 2.0, 3.0, 4.0}
    twice = crossed["reference_expression"][seen.sum(1) > 1]
    assert (twice[:, 0] - twice[:, 1]).abs().amax(1).min() > 0.01  # other pictures, not copies
