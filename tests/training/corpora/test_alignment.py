"""Phonemes of known words are found where they sound."""

import numpy as np
import pytest
import torch
from needed_programs import needs_espeak

from cemnet.training.corpora.phonemes import BILABIALS
from cemnet.training.corpora.text_to_speech import open_espeak

pytest.importorskip("pocketsphinx", reason="aligning phonemes needs pocketsphinx, an extra of training")
pytest.importorskip("hama", reason="recognising phonemes needs hama, an extra of training")
from cemnet.training.corpora.alignment import find_phonemes


@pytest.mark.slow
@needs_espeak
def test_known_words_are_aligned_in_english_and_german():

    espeak = open_espeak()
    for language, text in (("en-us", "Maybe Bob will bring the maps."), ("de", "Der Lappen liegt auf dem Eisschrank.")):
        spoken, truth = espeak.speak(text, f"{language}+m3", 140)
        waveform = torch.nn.functional.pad(spoken, (8_000, 8_000))
        found = [
            span.start_seconds - 0.5 for span in find_phonemes(waveform, text, language) if span.phoneme in BILABIALS
        ]
        expected = [span.start_seconds for span in truth if span.phoneme in BILABIALS]
        assert len(found) == len(expected)
        assert np.median(np.abs(np.subtract(found, expected))) < 0.04
