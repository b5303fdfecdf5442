"""Whisper's mel spectrogram of a mono voice, and the number of frames it fills."""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..long_rows import LongRows
from ..resampling import resampled_blocks
from ..types import MOTION_FPS, SAMPLE_RATE, Audio

NUM_MELS = 80
MEL_WINDOW = 400
MEL_HOP = 160
MEL_BLOCK = 6000  # frames analysed at once: bounds the memory that long sound takes
SAMPLES_AT_ONCE = 1 << 20
SAMPLES_PER_TOKEN = 2 * MEL_HOP
HZ_PER_MEL, LINEAR_HZ, LOG_STEP = 200 / 3, 1000.0, np.log(6.4) / 27  # Slaney's mel scale
LOUDEST = 1e6  # of a sample; the squares of wilder ones are no numbers any more


def mono_16k(audio: Audio) -> Float[Tensor, "sample"]:
    """The samples of `mono_voice`."""
    return mono_voice(audio).waveform[0]


def mono_voice(audio: Audio) -> Audio:
    """One channel at SAMPLE_RATE, float32, ceil(samples · 16000 / rate) long; values that are not finite become 0.

    Channels are averaged, unless they cancel each other (one wired in reverse): then the loudest one is taken. A long
    voice lies on the disk (see `Audio.let_go`).
    """
    loudest = _loudest_of_cancelling(audio)
    monos = (block.mean(dim=0) if loudest is None else block[loudest] for block in _blocks(audio))
    voice = LongRows(1)
    for block in resampled_blocks((mono.numpy() for mono in monos), audio.sample_rate, SAMPLE_RATE):
        voice.append(block[:, None])
    rows, pages = voice.finished()
    return Audio(torch.from_numpy(rows.T), SAMPLE_RATE, pages)


def _blocks(audio: Audio) -> Iterator[Float[Tensor, "channel _"]]:
    for start in range(0, audio.waveform.shape[1], SAMPLES_AT_ONCE):
        block = audio.waveform[:, start : start + SAMPLES_AT_ONCE].detach()
        yield block.to("cpu", torch.float32).nan_to_num(0.0, 0.0, 0.0).clamp(-LOUDEST, LOUDEST)
        audio.let_go()


def _loudest_of_cancelling(audio: Audio) -> int | None:
    """The loudest channel where the channels cancel each other, else None."""
    if audio.waveform.shape[0] == 1:
        return None
    together, powers = 0.0, torch.zeros(audio.waveform.shape[0], dtype=torch.float64)
    for block in _blocks(audio):
        together += float(block.mean(dim=0).square().sum(dtype=torch.float64))
        powers += block.square().sum(dim=1, dtype=torch.float64)
    return int(powers.argmax()) if together < 0.05 * float(powers.mean()) else None


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
    """All of a `LogMel`: 32 kB for each second."""
    mel = LogMel(waveform)
    return mel.part(0, mel.num_frames)


class LogMel:
    """Whisper's log-mel spectrogram (openai/whisper, audio.py) at 100 frames a second, without its padding to 30 s.

    The sound is padded to whole tokens, so the number of frames is even: 2 · ceil(samples / 320). Whoever goes through
    it in time has no more of it in memory than a few blocks. `each_block` is called when a block has been heard.
    """

    def __init__(self, waveform: Float[Tensor, "sample"], each_block: Callable[[], object] = lambda: None):
        self.waveform, self.each_block = waveform.detach(), each_block
        self.num_samples = max(2, -(-waveform.shape[0] // SAMPLES_PER_TOKEN)) * SAMPLES_PER_TOKEN  # with the padding
        self.num_frames = self.num_samples // MEL_HOP
        self._window = torch.hann_window(MEL_WINDOW, device=waveform.device)
        self._recent: dict[int, Float[Tensor, "mel block"]] = {}
        self._loudest = max(float(self._block(index).max()) for index in range(-(-self.num_frames // MEL_BLOCK)))

    def part(self, first: int, last: int) -> Float[Tensor, "mel part"]:
        """The frames from `first` to before `last`."""
        blocks = [
            self._block(index)[:, max(first - index * MEL_BLOCK, 0) : last - index * MEL_BLOCK]
            for index in range(first // MEL_BLOCK, -(-last // MEL_BLOCK))
        ]
        return torch.cat(blocks, dim=1).clamp_(min=self._loudest - 8.0).add_(4.0).div_(4.0)

    def _block(self, index: int) -> Float[Tensor, "mel block"]:
        """Powers in decades of one block of frames; the last two blocks are kept, as parts overlap."""
        if index not in self._recent:
            first, last = index * MEL_BLOCK, min((index + 1) * MEL_BLOCK, self.num_frames)
            heard = self._heard(first * MEL_HOP - MEL_WINDOW // 2, (last - 1) * MEL_HOP + MEL_WINDOW // 2)
            spectrum = torch.stft(heard, MEL_WINDOW, MEL_HOP, window=self._window, center=False, return_complex=True)
            with torch.autocast(heard.device.type, enabled=False):  # half precision has no room for powers
                mel = mel_filters().to(heard.device) @ spectrum.abs().square()
            self._recent = dict([*self._recent.items()][-1:]) | {index: mel.clamp(min=1e-10).log10()}
            self.each_block()
        return self._recent[index]

    def _heard(self, start: int, stop: int) -> Float[Tensor, "_"]:
        """Samples of the padded sound, which is mirrored beyond both of its ends."""
        if start >= 0 and stop <= len(self.waveform):
            return self.waveform[start:stop].float()
        places = torch.arange(start, stop, device=self.waveform.device).abs()
        places = torch.minimum(places, 2 * (self.num_samples - 1) - places)
        padded = torch.zeros(len(places), device=self.waveform.device)
        inside = places < len(self.waveform)
        padded[inside] = self.waveform[places[inside]].float()
        return padded
