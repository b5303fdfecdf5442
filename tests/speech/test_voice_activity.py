"""Words are told from pauses, without flicker, also in noise and over music."""

import numpy as np
import pytest
import torch
from paths import REPOSITORY

from cemnet.checkpoint import find_weights
from cemnet.emotion.audio_emotion import frames_from_tokens
from cemnet.media.sound import read_audio
from cemnet.network import NETWORK_WEIGHTS, EmotionNetwork
from cemnet.speech.mel import mono_16k, num_motion_frames
from cemnet.speech.voice_activity import SHORTEST_PAUSE_FRAMES, speaking
from cemnet.speech.whisper_encoder import SpeechEncoder
from cemnet.types import SAMPLE_RATE


def test_doubt_does_not_flicker():
    silence = torch.ones(60)
    silence[20:40] = 0.1
    silence[26:35] = 0.65  # a third of a word's sound is not enough to begin one, and enough to go on
    heard = speaking(silence)
    assert heard.diff().abs().sum() == 2 and heard[21:39].min() == 1
    silence[20:40] = 0.65
    assert speaking(silence).max() == 0


def test_clicks_are_no_words_and_gaps_in_words_no_pauses():
    silence = torch.ones(100)
    silence[10] = 0.0
    silence[40:60], silence[62:80] = 0.0, 0.0
    heard = speaking(silence)
    assert heard[:38].max() == 0
    assert heard[42:78].min() == 1
    silence[60 : 62 + SHORTEST_PAUSE_FRAMES + 2] = 1.0
    assert speaking(silence)[60:68].min() == 0


def music(num_samples, rng):
    """Chords of decaying tones with a beat."""
    seconds = np.arange(num_samples) / SAMPLE_RATE
    sound = np.zeros(num_samples)
    for start in np.arange(0, seconds[-1], 0.4):
        after = seconds - start
        fading = np.where(after >= 0, np.exp(-3 * after.clip(0)), 0.0)
        root = 110 * 2 ** (rng.integers(0, 24) / 12)
        for interval in (0, 4, 7, 12):
            tone = root * 2 ** (interval / 12)
            sound += fading * sum(np.sin(2 * np.pi * tone * part * after) / part for part in range(1, 6))
    return sound


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("background", ["none", "room", "music"])
def test_pauses_are_heard_in_noise_and_over_music(background):
    rng = np.random.default_rng(0)
    speech = mono_16k(read_audio(REPOSITORY / "samples" / "speech.wav")).numpy()
    quiet = np.zeros(SAMPLE_RATE + SAMPLE_RATE // 2, np.float32)
    sound = np.concatenate([quiet, speech, quiet])
    level = np.sqrt((speech**2).mean())
    spectrum = np.fft.rfft(rng.normal(size=len(sound)))
    room = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), len(sound))
    noise = {"none": 0 * room, "room": room, "music": music(len(sound), rng)}[background]
    sound = sound + 0.3 * level * noise / max(noise.std(), 1e-9)  # about 10 dB below the voice
    waveform = torch.from_numpy(sound).float()
    num_frames = num_motion_frames(len(waveform))
    hidden = frames_from_tokens(SpeechEncoder.load().encode_long(waveform), num_frames)
    content = EmotionNetwork.load(find_weights(NETWORK_WEIGHTS)).audio_emotion.content(hidden.unsqueeze(0))[0]
    heard = speaking(content[:, 0])
    assert heard[5:33].mean() < 0.1 and heard[-30:-5].mean() < 0.1
    assert heard[37:-37].mean() > 0.7
