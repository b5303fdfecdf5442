"""Formant synthesis says its phonemes, and its loudness follows the emotion."""

import numpy as np
import pytest

from cemnet.training.corpora.formant_synthesis import synthesise_formants


def test_synthetic_speech_has_phonemes_for_all_of_its_time():
    waveform, phonemes = synthesise_formants("angry", 3.0, np.random.default_rng(0))
    assert len(waveform) == 48_000
    assert phonemes[0].start_seconds == 0
    assert phonemes[-1].end_seconds == pytest.approx(3.0)
    assert any(span.phoneme in ("B", "M") for span in phonemes) or len(phonemes) > 6


def test_an_angry_voice_is_louder_than_a_sad_one():
    level = {e: synthesise_formants(e, 3.0, np.random.default_rng(1))[0].std() for e in ("angry", "sad")}
    assert level["angry"] > 1.5 * level["sad"]
