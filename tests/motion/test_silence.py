"""Lips rest in pauses, in any emotion, and part in time for the next word."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices
from cemnet.motion.lip_aperture import visible_aperture
from cemnet.motion.silence import part_for_breath, rest_curve, rest_lips

FPS = 25.0
SPEAKING = torch.zeros(100)
SPEAKING[10:40], SPEAKING[60:95] = 1.0, 1.0


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
def test_lips_part_for_a_breath_in_the_quarter_second_before_a_phrase_and_are_ready_for_its_first_sound(drawn):
    face = torch.zeros(100, NUM_EXPRESSIONS)
    face[:, arkit_indices(drawn)] = 0.3
    rest = torch.ones(100)
    resting = rest_lips(face, rest)
    closed, parted = (visible_aperture(f.numpy()) for f in (resting, part_for_breath(resting, SPEAKING, FPS)))
    assert closed.max() < 0.01
    assert parted[57] > 0.015 and parted[7] > 0.015  # 120 ms before each phrase
    assert parted[[0, 2, 45, 52]].max() < 0.01 and parted[60:].max() < 0.012


def test_a_short_pause_is_no_place_for_a_breath():
    speaking = torch.zeros(100)
    speaking[10:40], speaking[46:90] = 1.0, 1.0
    still = torch.zeros(100, NUM_EXPRESSIONS)
    assert visible_aperture(part_for_breath(still, speaking, FPS).numpy())[12:].max() == 0
