"""Lips rest in pauses, in any emotion, and part in time for the next word."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices
from cemnet.motion.lip_aperture import visible_aperture
from cemnet.motion.silence import part_before_words, rest_curve, rest_lips

FPS = 25.0
SPEAKING = torch.zeros(100)
SPEAKING[10:40], SPEAKING[60:95] = 1.0, 1.0
OPEN = torch.zeros(100)  # the share of /p b m/


def test_lips_rest_200_ms_after_a_word_and_part_before_the_next():
    rest = rest_curve(SPEAKING, FPS)
    assert rest[0] == 1 and rest[45:56].min() == 1  # from 200 ms after the word on
    assert rest[59] < 0.3 and rest[[10, 25, 39, 60]].max() == 0
    assert rest.diff().abs().max() < 0.6


def test_lips_meet_in_the_last_frame_even_in_a_word():
    rest = rest_curve(torch.ones(50), FPS)
    assert rest[-1] == 1 and rest[:45].max() == 0


def test_a_sneer_rests_with_closed_lips_and_keeps_its_nose():
    face = torch.zeros(100, NUM_EXPRESSIONS)
    face[:, arkit_indices("noseSneer", "mouthUpperUp", "mouthLowerDown")] = 0.8
    face[:, ARKIT_INDEX["jawOpen"]] = 0.4
    resting = rest_lips(face, rest_curve(SPEAKING, FPS))
    apertures = visible_aperture(resting.numpy())
    assert apertures[45:56].max() < 0.01 < 0.3 < apertures[25]
    torch.testing.assert_close(resting[25], face[25])
    assert (resting[:, arkit_indices("noseSneer")] == face[:, arkit_indices("noseSneer")]).all()


@pytest.mark.parametrize("drawn", ["mouthShrugLower", "mouthPress", "mouthUpperUp"])
def test_lips_part_for_a_breath_before_a_phrase_and_are_ready_for_its_first_sound(drawn):
    face = torch.zeros(100, NUM_EXPRESSIONS)
    face[:, arkit_indices(drawn)] = 0.3
    resting = rest_lips(face, torch.ones(100))
    closed, parted = (visible_aperture(f.numpy()) for f in (resting, part_before_words(resting, SPEAKING, OPEN, FPS)))
    assert closed.max() < 0.006
    assert parted[57] > 0.008 and parted[7] > 0.008  # 120 ms before each phrase
    assert parted[[0, 2, 45, 52]].max() < 0.006 and parted[60:].max() < 0.006


def test_lips_part_earlier_for_a_word_that_begins_with_an_open_mouth_and_never_close_before_it():
    face = torch.zeros(100, NUM_EXPRESSIONS)
    face[62:95, ARKIT_INDEX["jawOpen"]] = 0.3
    aperture = visible_aperture(part_before_words(face, SPEAKING, OPEN, FPS).numpy())
    assert (np.diff(aperture[50:64]) >= -1e-6).all()
    assert aperture[52] == 0 < aperture[58] < 0.1 * aperture[63]
    assert 0.15 < aperture[60] / aperture[63] < 0.3 < aperture[61] / aperture[63] < 0.5


def test_lips_stay_closed_for_a_word_that_begins_with_a_closure():
    face, closed = torch.zeros(100, NUM_EXPRESSIONS), torch.zeros(100)
    face[62:95, ARKIT_INDEX["jawOpen"]] = 0.3
    closed[59:62] = 0.9
    aperture = visible_aperture(part_before_words(face, SPEAKING, closed, FPS).numpy())
    assert aperture[60:62].max() < 0.004
    torch.testing.assert_close(part_before_words(face, SPEAKING, closed, FPS)[62:], face[62:])


def test_a_short_pause_is_no_place_for_a_breath():
    speaking = torch.zeros(100)
    speaking[10:40], speaking[46:90] = 1.0, 1.0
    still = torch.zeros(100, NUM_EXPRESSIONS)
    assert visible_aperture(part_before_words(still, speaking, OPEN, FPS).numpy())[12:].max() == 0
