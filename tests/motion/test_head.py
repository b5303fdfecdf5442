"""Heads beat with mouth and words, by emotion, and are still where nothing is said."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.motion.head import at_the_ends, speaking_head, sway_curve

FPS = 25.0
LEVEL = torch.zeros(500, 3)
WORDS = torch.zeros(500)
WORDS[100:400] = 1.0


def shown(emotion, num_frames=500):
    state = torch.zeros(num_frames, len(EMOTIONS) - 1)
    if emotion != "neutral":
        state[:, [name for name in EMOTIONS if name != "neutral"].index(emotion)] = 1.0
    return state


def mouth(hertz=2.0):
    """A mouth that opens and closes while words are spoken."""
    face = torch.zeros(500, NUM_EXPRESSIONS)
    seconds = torch.arange(500) / FPS
    face[:, ARKIT_INDEX["jawOpen"]] = WORDS * 0.25 * (1 + torch.sin(2 * torch.pi * hertz * seconds))
    return face


def beating(emotion="neutral", seed=0, head=LEVEL, face=None):
    chance = np.random.default_rng(seed)
    return np.degrees(speaking_head(head, mouth() if face is None else face, WORDS, FPS, chance, shown(emotion)))


def speed(degrees):
    return np.linalg.norm(np.diff(degrees, axis=0), axis=1) * FPS


def test_a_head_beats_in_words_and_is_still_in_pauses():
    head = beating()
    assert np.median(speed(head)[110:390]) > 2.5
    assert speed(head)[:85].max() < 0.1 and speed(head)[415:].max() < 0.1


def test_the_chin_rises_as_the_mouth_opens():
    jaw = mouth()[110:390, ARKIT_INDEX["jawOpen"]].numpy()
    found = [np.corrcoef(beating(seed=seed)[110:390, 1], jaw)[0, 1] for seed in range(4)]
    assert max(found) < -0.3


def test_happy_and_frightened_heads_move_faster_than_neutral_and_disgusted_ones():
    pace = {e: np.mean([np.median(speed(beating(e, seed))[110:390]) for seed in range(4)]) for e in EMOTIONS}
    assert min(pace["happy"], pace["fear"]) > 1.5 * pace["neutral"]
    assert pace["neutral"] < pace["disgust"] < pace["angry"] < pace["happy"]
    assert 3 < pace["neutral"] < 7 and pace["happy"] < 14  # degrees a second, as filmed


def test_what_trembles_in_the_voices_own_motion_is_left_out_and_its_posture_stays():
    tremble = 0.02 * torch.randn(500, 3, generator=torch.Generator().manual_seed(0)) + 0.05
    still = torch.zeros(500, NUM_EXPRESSIONS)
    head = beating(head=tremble, face=still)
    np.testing.assert_allclose(head[20:80].mean(axis=0), np.degrees(0.05), atol=0.3)
    assert np.median(speed(head)[20:80]) < 3 < 0.1 * np.median(speed(np.degrees(tremble.numpy())))


@pytest.mark.parametrize("seed", range(4))
def test_contempt_tilts_the_head_to_a_side_and_other_emotions_do_not(seed):
    assert 2 < abs(np.median(beating("contempt", seed)[:, 2])) < 3
    assert abs(np.median(beating("fear", seed)[:, 2])) < 0.3


def test_a_sway_is_as_large_as_its_emotion_and_ends_where_it_began():
    sizes = {}
    for emotion in ("neutral", "sad", "fear"):
        sway = np.degrees(sway_curve(500, FPS, np.random.default_rng(0), shown(emotion)))
        assert speed(sway[[0, -1]])[0] <= 1.01 * speed(sway).max()
        sizes[emotion] = sway[:, 0].std()
    assert sizes["neutral"] < sizes["sad"] < 0.7 * sizes["fear"]


def test_a_head_starts_in_the_portraits_pose_and_settles():
    ends = at_the_ends(500, FPS)
    assert ends[0] == 0 and ends[-1] == pytest.approx(0.25) and ends[100:470].min() > 0.99
