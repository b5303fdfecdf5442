"""Whisper's mel spectrogram of a mono voice, and the number of frames it fills."""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ..resampling import at_rate
from ..types import MOTION_FPS, SAMPLE_RATE, Audio

NUM_MELS = 80
MEL_WINDOW = 400
MEL_HOP = 160
MEL_BLOCK = 6000  # frames analysed at once: bounds the memory that long sound takes
SAMPLES_PER_TOKEN = 2 * MEL_HOP
HZ_PER_MEL, LINEAR_HZ, LOG_STEP = 200 / 3, 1000.0, np.log(6.4) / 27  # Slaney's mel scale


def mono_16k(audio: Audio) -> Float[Tensor, "sample"]:
    """One channel at SAMPLE_RATE, float32, ceil(samples · 16000 / rate) long; values that are not finite become 0.

    Channels are averaged, unless they cancel each other (one wired in reverse): then the loudest one is taken.
    """
    channels = audio.waveform.detach().to("cpu", torch.float32).nan_to_num(0.0, 0.0, 0.0)
    mono = channels.mean(dim=0)
    powers = channels.square().mean(dim=1)
    if mono.square().mean() < 0.05 * powers.mean():
        mono = channels[int(powers.argmax())]
    if audio.sample_rate == SAMPLE_RATE:
        return mono.clone()
    return at_rate(Audio(mono.unsqueeze(0), audio.sample_rate), SAMPLE_RATE).waveform[0]


def num_motion_frames(num_samples: int, fps: float = MOTION_FPS) -> int:
    """Number of frames that cover this many samples at SAMPLE_RATE; at least one."""
    return max(1, int(np.ceil(num_samples * fps / SAMPLE_RATE - 1e-6)))


def mel_band_edges() -> Float[np.ndarray, "edge"]:
    """NUM_MELS + 2 frequencies in Hz, equally far apart on Slaney's mel scale (Auditory Toolbox, 1998).

    A band reaches from one edge to the one after the next, and is strongest at the edge between. The scale is linear
    up to LINEAR_HZ, with HZ_PER_MEL to each mel, and logarithmic above.
    """
    linear_mels = LINEAR_HZ / HZ_PER_MEL
    highest = linear_mels + np.log(SAMPLE_RATE / 2 / LINEAR_HZ) / LOG_STEP
    mels = np.linspace(0, highest, NUM_MELS + 2)
    return np.where(mels < linear_mels, HZ_PER_MEL * mels, LINEAR_HZ * np.exp(LOG_STEP * (mels - linear_mels)))


@cache
def mel_filters() -> Float[Tensor, "mel bin"]:
    """Triangles over the bins of a spectrum, each of the same area, as librosa.filters.mel makes them by default."""
    edges, bins = mel_band_edges(), np.fft.rfftfreq(MEL_WINDOW, 1 / SAMPLE_RATE)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)).clip(0)
    return torch.from_numpy((triangles * 2 / (high - low)).astype(np.float32))


def log_mel(waveform: Float[Tensor, "sample"]) -> Float[Tensor, "mel frame"]:
    """Whisper's log-mel spectrogram (openai/whisper, audio.py) at 100 frames a second, without its padding to 30 s.

    The sound is padded to whole tokens, so the number of frames is even: 2 · ceil(samples / 320).
    """
    num_tokens = max(2, -(-waveform.shape[-1] // SAMPLES_PER_TOKEN))
    num_frames = 2 * num_tokens
    padding = num_tokens * SAMPLES_PER_TOKEN - waveform.shape[-1]
    padded = F.pad(F.pad(waveform.float(), (0, padding))[None], (MEL_WINDOW // 2, MEL_WINDOW // 2), mode="reflect")[0]
    window = torch.hann_window(MEL_WINDOW, device=padded.device)
    decades = padded.new_empty(NUM_MELS, num_frames)
    for first in range(0, num_frames, MEL_BLOCK):
        last = min(first + MEL_BLOCK, num_frames)
        heard = padded[first * MEL_HOP : (last - 1) * MEL_HOP + MEL_WINDOW]
        spectrum = torch.stft(heard, MEL_WINDOW, MEL_HOP, window=window, center=False, return_complex=True)
        with torch.autocast(padded.device.type, enabled=False):  # half precision has no room for powers
            mel = mel_filters().to(padded.device) @ spectrum.abs().square()
        decades[:, first:last] = mel.clamp(min=1e-10).log10()
    return decades.clamp_(min=float(decades.max()) - 8.0).add_(4.0).div_(4.0)
