"""Reads sound from any audio or video file, and mixes it."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import torch
from av.container import InputContainer
from av.error import FFmpegError

from ..errors import MediaError
from ..resampling import at_rate
from ..types import Audio

SHORTEST_SECONDS = 0.05
LONGEST_SECONDS = 3600.0


def read_audio(path: Path | str) -> Audio:
    """The first sound track of an audio or video file, at its own rate, with all channels, in [-1, 1].

    Damaged packets are left out, as players do; NaN becomes silence; sound louder than 1 is scaled down as a whole.
    MediaError where the file is missing, has no sound, cannot be decoded, or is shorter than SHORTEST_SECONDS or longer
    than LONGEST_SECONDS. Silence is no error.
    """
    path = Path(path)
    if not path.is_file():
        raise MediaError(f"There is no sound file at {path}. Check the path.")
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise MediaError(f"{path} has no sound track. Give a sound file, or a video that has sound.")
            chunks, rate = _decode_audio(container, path)
    except (FFmpegError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path} cannot be read as sound ({error}). Export it again, for example as WAV.") from error
    waveform = np.nan_to_num(np.concatenate(chunks, axis=1), nan=0.0, posinf=0.0, neginf=0.0)
    if waveform.shape[1] < SHORTEST_SECONDS * rate:
        raise MediaError(f"{path} lasts less than {SHORTEST_SECONDS} seconds. Give a longer recording.")
    peak = float(np.abs(waveform).max())
    return Audio(torch.from_numpy(waveform / max(peak, 1.0)), rate)


def _decode_audio(container: InputContainer, path: Path) -> tuple[list[np.ndarray], int]:
    chunks, rate, num_samples, num_damaged, resampler = [], 0, 0, 0, None
    for packet in container.demux(container.streams.audio[0]):
        try:
            frames = packet.decode()
        except FFmpegError:
            num_damaged += 1
            continue
        for frame in frames:
            if resampler is None:
                rate = frame.sample_rate
                resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=rate)
            chunks += [part.to_ndarray() for part in resampler.resample(frame)]
            num_samples += frame.samples
        if rate and num_samples > LONGEST_SECONDS * rate:
            raise MediaError(f"{path} lasts longer than {LONGEST_SECONDS / 60:.0f} minutes. Cut it into parts.")
    if not chunks or num_damaged > len(chunks):
        raise MediaError(f"{path} holds no sound that can be decoded. Export it again, for example as WAV.")
    return chunks, rate


def mixed_sound(parts: Sequence[Audio]) -> Audio:
    """The sum of several sounds in mono, at the highest of their rates, as long as the longest, scaled to at most 1.

    A single sound is returned as it is.
    """
    if len(parts) == 1:
        return parts[0]
    rate = max(part.sample_rate for part in parts)
    monos = (Audio(part.waveform.mean(0, keepdim=True), part.sample_rate) for part in parts)
    voices = [at_rate(mono, rate).waveform[0].numpy() for mono in monos]
    mixed = np.zeros(max(len(voice) for voice in voices), np.float32)
    for voice in voices:
        mixed[: len(voice)] += voice
    return Audio(torch.from_numpy(mixed / max(float(np.abs(mixed).max()), 1.0))[None], rate)
