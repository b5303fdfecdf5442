"""Lips are shut while a p, b or m sounds: not before and not after it."""

import numpy as np
import pytest

from cemnet.motion.lip_aperture import visible_aperture
from cemnet.training.corpora.phonemes import PhonemeSpan
from cemnet.training.performer.emotion_prototypes import Person
from cemnet.training.performer.performer import perform


@pytest.mark.parametrize("phoneme", ["B", "M", "P"])
@pytest.mark.parametrize("start", [0.8, 0.92])
def test_the_middle_of_a_closure_is_the_middle_of_its_sound(phoneme, start):
    end = start + 0.16
    spans = [PhonemeSpan("AA", 0.0, start), PhonemeSpan(phoneme, start, end), PhonemeSpan("AA", end, 2.0)]
    prosody = np.tile(np.array([-0.1, 0.5, 0.0, 1.0]), (50, 1))
    acted = perform(spans, prosody, Person.average(), "neutral", 0.0, np.random.default_rng(0))
    times = (np.arange(50) + 0.5) / 25
    for shut in (visible_aperture(acted.expression) < 0.05, acted.closed):
        assert shut.any()
        assert times[shut].mean() == pytest.approx((start + end) / 2, abs=0.04)  # a frame
