"""Synthetic voices say when they say what."""

import pytest
from needed_programs import needs_espeak, needs_flite

from cemnet.training.corpora.phonemes import BILABIALS
from cemnet.training.corpora.text_to_speech import flite, open_espeak
from cemnet.types import SAMPLE_RATE


@needs_espeak
def test_espeak_says_when_it_speaks_each_phoneme():
    waveform, spans = open_espeak().speak("Mama papa.", "en-us+m3")
    spoken = [span.phoneme for span in spans]
    assert [phoneme for phoneme in spoken if phoneme in BILABIALS] == ["M", "M", "P", "P"]
    assert spans[-1].end_seconds <= waveform.shape[0] / SAMPLE_RATE + 1e-6
    envelope = waveform.abs()
    second_p = [span for span in spans if span.phoneme == "P"][1]
    vowel = spans[spans.index(second_p) + 1]
    loud = envelope[int(vowel.start_seconds * SAMPLE_RATE) : int(vowel.end_seconds * SAMPLE_RATE)].mean()
    shut = envelope[int(second_p.start_seconds * SAMPLE_RATE) :][: int(0.02 * SAMPLE_RATE)].mean()
    assert shut < 0.5 * loud


@needs_espeak
def test_an_unknown_voice_is_explained():
    with pytest.raises(ValueError, match="voice"):
        open_espeak().speak("Hello", "nonsense")


@needs_flite
def test_flite_says_when_it_speaks_each_phoneme():
    waveform, spans = flite("Mama papa.", "slt", stretch=1.2)
    assert [span.phoneme for span in spans if span.phoneme in BILABIALS] == ["M", "M", "P", "P"]
    assert spans[-1].end_seconds <= waveform.shape[0] / SAMPLE_RATE + 0.01
