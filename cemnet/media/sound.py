"""Reads sound from any audio or video file in step with its pictures, and mixes it."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import av
import numpy as np
import torch
from av.container import InputContainer
from av.error import FFmpegError
from jaxtyping import Float

from ..errors import MediaError
from ..long_rows import LongRows, let_go
from ..resampling import at_rate
from ..types import Audio
from .containers import beginning, media_name, picture_track, sound_track

SHORTEST_SECONDS = 0.05
LONGEST_SECONDS = 3600.0
MOST_CHANNELS = 64  # that FFmpeg's resampler takes
AT_ONCE = 1 << 20  # samples
ROUNDED_SECONDS = 0.02  # how far the times of frames without a gap may be off: files round them, some to a millisecond


def read_audio(path: Path | str, track: int | None = None) -> Audio:
    """A sound track of an audio or video file, at its own rate, with all channels, in [-1, 1].

    It is the track with a number, counted from 0, else the file's default one. The sound of a film begins with the
    film: silence stands where the track begins later than the pictures, and where it has a gap. Where rate or channels
    change on the way, the sound goes on as it began. Damaged packets are left out, as players do; NaN becomes silence;
    sound louder than 1 is scaled down as a whole. A long one lies on the disk (see `Audio.let_go`).

    MediaError where the file is missing, has no sound or no such track, cannot be decoded, has more than MOST_CHANNELS,
    or is shorter than SHORTEST_SECONDS or longer than LONGEST_SECONDS. Silence is no error.
    """
    path = Path(path)
    if not path.is_file():
        raise MediaError(f"There is no sound file at {path}. Check the path.")
    try:
        with av.open(media_name(path)) as container:
            stream = sound_track(container, path, track)
            pictures = picture_track(container)
            timed = _decode_audio(container, stream, path, None if pictures is None else beginning(pictures, stream))
            audio = timed.audio()
    except (FFmpegError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path} cannot be read as sound ({error}). Export it again, for example as WAV.") from error
    if audio.duration_seconds < SHORTEST_SECONDS:
        raise MediaError(f"{path} lasts less than {SHORTEST_SECONDS} seconds. Give a longer recording.")
    return audio


def _decode_audio(container: InputContainer, stream: av.AudioStream, path: Path, start: float | None) -> "TimedSound":
    """The decoded sound; `start` is the second of the file's clock at which it begins, None for its own."""
    timed, num_decoded, num_damaged = TimedSound(start), 0, 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except FFmpegError:
            num_damaged += 1
            continue
        for frame in frames:
            if frame.layout.nb_channels > MOST_CHANNELS:
                raise MediaError(f"{path} has {frame.layout.nb_channels} channels. Mix it down to {MOST_CHANNELS}.")
            timed.add(frame)
            num_decoded += 1
        if timed.rate and timed.num_samples > LONGEST_SECONDS * timed.rate:
            raise MediaError(f"{path} lasts longer than {LONGEST_SECONDS / 60:.0f} minutes. Cut it into parts.")
    if num_decoded == 0 or num_damaged > num_decoded:
        raise MediaError(f"{path} holds no sound that can be decoded. Export it again, for example as WAV.")
    return timed


class TimedSound:
    """Joins decoded sound by its times, all with the rate and the number of channels of the first frame.

    `start` is the second of the frames' clock at which the sound begins: what lies before is cut, and silence fills up
    to a first frame that comes later; None begins with the first frame. Silence fills gaps, too. A clock that jumps
    back, as in joined files, or further than LONGEST_SECONDS, begins anew.
    """

    def __init__(self, start: float | None):
        self.start, self.rate, self.num_samples = start, 0, 0
        self.peak = 0.0
        self._rows = LongRows(0)
        self._resampler: av.AudioResampler | None = None
        self._kind: tuple[str, str, int] | None = None
        self._num_channels = 0

    def add(self, frame: av.AudioFrame) -> None:
        """Appends a frame at its time."""
        seconds, kind = frame.time, (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind is None:
            self.rate, self._num_channels = frame.sample_rate, frame.layout.nb_channels
            self._rows = LongRows(self._num_channels)
        if kind != self._kind:
            self._append(self._rest())
            # Interleaved, as PyAV does not survive eight and more separate planes.
            self._resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=self.rate)
            self._kind = kind
        assert self._resampler is not None
        frame.pts = None  # so that the resampler fills no gaps of its own
        self._append([self._as_begun(part) for part in self._resampler.resample(frame)], self._jump(seconds))

    def audio(self) -> Audio:
        """Everything that was added, within [-1, 1]."""
        self._append(self._rest())
        rows, pages = self._rows.finished()
        for start in range(0, len(rows) if self.peak > 1 else 0, AT_ONCE):
            rows[start : start + AT_ONCE] /= self.peak
            let_go(pages)
        waveform = rows.T if pages is not None else np.ascontiguousarray(rows.T)
        return Audio(torch.from_numpy(waveform), self.rate, pages)

    def _jump(self, seconds: float | None) -> int:
        """Samples of silence before a frame at a second of the clock; below zero those to leave out at the start."""
        if seconds is None:
            return 0
        if self.start is None:
            self.start = seconds
        jump = round((seconds - self.start) * self.rate) - self.num_samples
        if self.num_samples == 0:
            return min(jump, round(LONGEST_SECONDS * self.rate))
        if abs(jump) < ROUNDED_SECONDS * self.rate:
            return 0
        if 0 < jump < LONGEST_SECONDS * self.rate:
            return jump
        self.start = seconds - self.num_samples / self.rate
        return 0

    def _append(self, parts: list[Float[np.ndarray, "channel sample"]], jump: int = 0) -> None:
        silence = (min(AT_ONCE, jump - start) for start in range(0, jump, AT_ONCE))
        for part in chain((np.zeros((self._num_channels, length), np.float32) for length in silence), parts):
            kept = part[:, max(-jump, 0) :]
            jump = min(jump + part.shape[1], 0) if jump < 0 else 0
            kept = np.nan_to_num(kept, nan=0.0, posinf=0.0, neginf=0.0)
            self.peak = max(self.peak, float(np.abs(kept).max(initial=0.0)))
            self._rows.append(kept.T)
            self.num_samples += kept.shape[1]

    def _rest(self) -> list[Float[np.ndarray, "channel sample"]]:
        """What the resampler still holds."""
        return [] if self._resampler is None else [self._as_begun(part) for part in self._resampler.resample(None)]

    def _as_begun(self, frame: av.AudioFrame) -> Float[np.ndarray, "channel sample"]:
        """Interleaved samples as channels, as many as the sound began with: others are mixed into each of them."""
        channels = frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T
        if len(channels) != self._num_channels:
            channels = np.repeat(channels.mean(axis=0, keepdims=True), self._num_channels, axis=0)
        return np.ascontiguousarray(channels, np.float32)


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
