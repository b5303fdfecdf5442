"""Whisper's mel spectrogram of a mono voice, and the number of frames it fills."""

from functools import lru_cache

import librosa
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ..types import MOTION_FPS, SAMPLE_RATE, Audio

NUM_MELS = 80
MEL_WINDOW = 400
MEL_HOP = 160
SAMPLES_PER_TOKEN = 2 * MEL_HOP


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
    resampled = librosa.resample(mono.numpy(), orig_sr=audio.sample_rate, target_sr=SAMPLE_RATE, res_type="soxr_hq")
    return torch.from_numpy(np.ascontiguousarray(resampled, np.float32))


def num_motion_frames(num_samples: int, fps: float = MOTION_FPS) -> int:
    """Number of frames that cover this many samples at SAMPLE_RATE; at least one."""
    return max(1, int(np.ceil(num_samples * fps / SAMPLE_RATE - 1e-6)))


@lru_cache(maxsize=1)
def _mel_filters() -> Float[Tensor, "mel bin"]:
    return torch.from_numpy(librosa.filters.mel(sr=SAMPLE_RATE, n_fft=MEL_WINDOW, n_mels=NUM_MELS))


def log_mel(waveform: Float[Tensor, "sample"]) -> Float[Tensor, "mel frame"]:
    """Whisper's log-mel spectrogram (openai/whisper, audio.py) at 100 frames a second, without its padding to 30 s.

    The sound is padded to whole tokens, so the number of frames is even: 2 · ceil(samples / 320).
    """
    num_tokens = max(2, -(-waveform.shape[-1] // SAMPLES_PER_TOKEN))
    padded = F.pad(waveform.float(), (0, num_tokens * SAMPLES_PER_TOKEN - waveform.shape[-1]))
    window = torch.hann_window(MEL_WINDOW, device=padded.device)
    spectrum = torch.stft(padded, MEL_WINDOW, MEL_HOP, window=window, return_complex=True)[:, :-1]
    with torch.autocast(padded.device.type, enabled=False):  # half precision has no room for powers
        mel = _mel_filters().to(padded.device) @ spectrum.abs().square()
    decades = mel.clamp(min=1e-10).log10()
    decades = decades.maximum(decades.max() - 8.0)
    return (decades + 4.0) / 4.0
