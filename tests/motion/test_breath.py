"""A speaker breathes in before a phrase and spends the breath on it; shoulders never rise above the portrait's."""

import numpy as np
import pytest
import torch

from cemnet.motion.breath import chest_curve, inhaling, quiet_breath

FPS = 25.0


def spoken(*phrases, num_frames=300):
    speaking = torch.zeros(num_frames)
    for start, end in phrases:
        speaking[start:end] = 1.0
    return speaking


def test_a_breath_is_taken_before_a_phrase_alone():
    breath = inhaling(spoken((40, 60), (63, 80), num_frames=100), FPS)
    assert breath[:25].max() == 0 and breath[39] > 0.9
    assert breath[62] < 0.05  # a short pause is no place to breathe


def test_shoulders_rise_in_the_last_half_second_before_a_phrase_and_sink_while_it_lasts():
    chest = chest_curve(300, FPS, 0, spoken((100, 180)))
    assert chest[101] - chest[87] > 0.4
    assert chest[104:175].diff().max() < 0
    assert chest[175] < chest[104] - 0.6


@pytest.mark.parametrize("speaking", [None, spoken((0, 60)), spoken((100, 180), (220, 299))])
@pytest.mark.parametrize("seed", range(3))
def test_shoulders_stay_between_the_portraits_and_a_full_breath_below_and_never_jump(seed, speaking):
    chest = chest_curve(300, FPS, seed, speaking)
    assert -1 <= chest.min() < -0.3 and chest.max() <= 1e-6
    assert chest.diff().abs().max() < 0.2
    if speaking is not None:
        assert chest[0] == 0  # the portrait is seen first


@pytest.mark.parametrize("fps", [12.0, 25.0, 60.0])
def test_breathing_without_words_ends_where_it_began(fps):
    chest = chest_curve(round(8 * fps), fps, 1)
    assert (chest[0] - chest[-1]).abs() <= 1.01 * chest.diff().abs().max()
    assert (chest.diff().sign().diff() != 0).sum() in (3, 4)  # two breaths: in and out twice


def test_a_breath_in_is_shorter_than_one_out():
    rising = np.diff(quiet_breath(400, FPS, 0.3)) > 0
    assert 0.3 < rising.mean() < 0.45


@pytest.mark.parametrize("speaking", [[0.0] * 5, [0.0, 0.0, 0.0, 0.0, 0.2], [0.4, 0.5, 0.2], [1.0]])
def test_clips_that_hold_no_phrase_breathe_too(speaking):
    chest = chest_curve(len(speaking), 10.0, seed=0, speaking=torch.tensor(speaking))
    assert chest.shape == (len(speaking),) and chest.isfinite().all() and chest[0] == 0
