"""Made voices are what they are called: whispers have no pitch, songs hold notes, children are higher."""

import numpy as np
import pytest
from made_voices import vowel

from cemnet.evaluation.voice.odd_voices import (
    beside,
    childs,
    shouted_into_a_phone,
    sung,
    whispered,
    with_music,
)
from cemnet.speech.pitch import PITCH_FPS, PitchTrack, pitch_track
from cemnet.types import SAMPLE_RATE

SECONDS = 1.5
GLIDE = 150 * 2 ** (0.4 * np.linspace(-1, 1, int(SECONDS * SAMPLE_RATE)))  # hertz, ten semitones up


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return vowel(GLIDE).numpy()


def track_of(waveform: np.ndarray) -> PitchTrack:
    return pitch_track(waveform, int(len(waveform) / SAMPLE_RATE * PITCH_FPS))


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def loudness(waveform: np.ndarray) -> float:
    return float(np.sqrt(np.mean(waveform**2)))


@pytest.mark.slow
def test_a_whisper_has_the_level_and_not_the_pitch_of_the_voice(voice):
    whisper = whispered(voice, random())
    assert len(whisper) == len(voice)
    assert track_of(voice).voiced.mean() > 0.9
    assert track_of(whisper).voiced.mean() < 0.1
    assert 0.2 * loudness(voice) < loudness(whisper) < 1.5 * loudness(voice)


@pytest.mark.slow
def test_a_song_is_slower_and_holds_a_note_where_the_voice_glides(voice):
    song = sung(voice, random())
    assert len(song) > 1.5 * len(voice)
    spoken, held = track_of(voice), track_of(song)
    inner = slice(30, -30)
    assert np.ptp(spoken.octaves[spoken.voiced][inner]) > 0.4
    held_octaves = held.octaves[held.voiced][inner]
    assert held.voiced.mean() > 0.5
    assert np.ptp(np.quantile(held_octaves, [0.1, 0.9])) < 0.1


def test_a_child_is_higher_and_as_fast(voice):
    child = childs(voice, random())
    assert len(child) == pytest.approx(len(voice), rel=0.02)
    ratio = np.median(track_of(child).hertz) / np.median(track_of(voice).hertz)
    assert ratio == pytest.approx(1.3, rel=0.05)


def test_a_shout_into_a_telephone_is_clipped_and_in_its_band(voice):
    shout = shouted_into_a_phone(voice, random())
    spectrum = np.abs(np.fft.rfft(shout)) ** 2
    hertz = np.fft.rfftfreq(len(shout), 1 / SAMPLE_RATE)
    assert spectrum[(hertz < 200) | (hertz > 4500)].sum() < 0.05 * spectrum.sum()
    tone = 0.1 * np.sin(2 * np.pi * 800 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    clipped = np.abs(np.fft.rfft(shouted_into_a_phone(tone, random())))
    assert clipped[2400] > 0.1 * clipped[800]  # its third harmonic


@pytest.mark.parametrize(("mix", "level"), [(beside([vowel(np.full(9000, 220.0)).numpy()]), -6.0), (with_music, -10.0)])
def test_what_is_heard_beside_a_voice_has_its_level(voice, mix, level):
    added = mix(voice, random()) - voice
    assert len(added) == len(voice)
    assert 20 * np.log10(loudness(added) / loudness(voice)) == pytest.approx(level, abs=0.5)
