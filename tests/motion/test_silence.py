"""Lips rest in pauses, in any emotion, and part in time for the next word."""

import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices
from cemnet.motion.lip_aperture import visible_aperture
from cemnet.motion.silence import rest_curve, rest_lips

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
