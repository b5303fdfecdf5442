"""Pauses are told from words whatever sounds beside the voice."""

import numpy as np
import pytest

from cemnet.evaluation.motion.pauses import BACKGROUNDS


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_a_background_keeps_the_length_and_lies_under_the_voice(name):
    rng = np.random.default_rng(0)
    voice = np.sin(np.arange(16_000) / 9).astype(np.float32) * 0.4
    heard = BACKGROUNDS[name](voice, rng)
    added = heard - voice
    assert heard.shape == voice.shape
    assert (added == 0).all() if name == "nothing" else 0 < np.sqrt((added**2).mean()) < np.sqrt((voice**2).mean())
