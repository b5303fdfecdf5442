"""A closure counts by the moment in which the lips are nearest to each other."""

from dataclasses import replace

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.evaluation.motion.lips import clip_apertures
from cemnet.training.corpora.phonemes import PhonemeSpan
from cemnet.training.networks.feature_clips import generated_clips


@pytest.mark.parametrize("least", [0.0, 0.25])
def test_lips_that_touch_for_a_moment_are_as_closed_as_in_that_moment(least):
    spans = [PhonemeSpan("AA", 0, 1.0), PhonemeSpan("M", 1.0, 1.2), PhonemeSpan("AA", 1.2, 3.0)]
    expression = np.zeros((75, NUM_EXPRESSIONS), np.float32)
    expression[:, ARKIT_INDEX["jawOpen"]] = 0.8
    expression[27, ARKIT_INDEX["jawOpen"]] = 0.8 * least
    apertures = clip_apertures(replace(generated_clips(1, seed=0)[0], phonemes=spans), expression)
    np.testing.assert_allclose(apertures.closures, [least], atol=1e-6)
