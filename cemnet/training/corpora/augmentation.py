"""Degraded copies of recordings, for training and for tests of robustness: noise, band limits, mp3, level, pace."""

import io

import av
import librosa
import numpy as np
from jaxtyping import Float
from scipy.signal import butter, sosfilt

from ...types import SAMPLE_RATE

Waveform = Float[np.ndarray, "sample"]


def add_noise(waveform: Waveform, signal_to_noise_db: float, rng: np.random.Generator, slope: float = 0.5) -> Waveform:
    """Adds noise at a ratio to the louder half of the speech; its amplitude spectrum falls with frequency^-slope."""
    spectrum = np.fft.rfft(rng.normal(size=len(waveform)))
    noise = np.fft.irfft(spectrum / np.arange(1, len(spectrum) + 1) ** slope, len(waveform))
    speech_level = np.sqrt(np.mean(np.sort(waveform**2)[len(waveform) // 2 :]) + 1e-12)
    gain = speech_level * 10 ** (-signal_to_noise_db / 20) / (noise.std() + 1e-12)
    return (waveform + gain * noise).astype(np.float32)


def limit_band(waveform: Waveform, low_hz: float, high_hz: float) -> Waveform:
    """Band-pass filter (Butterworth, order 4), as of a telephone (300 to 3400 Hz) or a cheap microphone."""
    sections = butter(4, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfilt(sections, waveform), np.float32)


def through_mp3(waveform: Waveform, kilobits: int) -> Waveform:
    """The waveform after an mp3 encoder and decoder; length and alignment are kept."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = kilobits * 1000
        frame = av.AudioFrame.from_ndarray(waveform[None].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        decoded = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
    if decoded.dtype == np.int16:
        decoded = decoded / 32768
    fitted = np.zeros(len(waveform), np.float32)
    fitted[: len(decoded)] = decoded[: len(waveform)]
    return fitted


def another_pace(waveform: Waveform, rng: np.random.Generator) -> Float[np.ndarray, "paced"]:
    """Played 12 % slower to 14 % faster; pitch and formants move along, as if another person spoke."""
    rate = rng.uniform(0.88, 1.14)
    slower = librosa.resample(waveform, orig_sr=round(SAMPLE_RATE * rate), target_sr=SAMPLE_RATE, res_type="soxr_mq")
    return np.ascontiguousarray(slower, np.float32)


def degrade(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """A random degradation of the same speech and of its level; length and timing stay."""
    kind = rng.choice(["noise", "band", "mp3", "both"])
    if kind in ("noise", "both"):
        waveform = add_noise(waveform, rng.uniform(6, 25), rng, rng.uniform(0, 1.2))
    if kind in ("band", "both"):
        highest = rng.choice([rng.uniform(3000, 3800), rng.uniform(3000, 6500)])  # telephones, cheap microphones
        waveform = limit_band(waveform, rng.uniform(80, 350), highest)
    if kind == "mp3":
        waveform = through_mp3(waveform, int(rng.choice([32, 48, 64])))
    return (waveform * rng.uniform(0.4, 1.6)).clip(-1, 1).astype(np.float32)
