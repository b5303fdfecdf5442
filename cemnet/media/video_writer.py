"""Writes a video frame by frame, with its sound."""

import logging
from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace
from jaxtyping import Float, UInt8

from ..errors import MediaError
from ..long_rows import give_back
from ..output_file import OutputFile, check_output
from ..types import Audio
from .animated_files import Palette, write_comment
from .containers import exact_rate, media_name
from .pixels import opaque_pixels, rgba_pixels
from .video_format import AAC_RATES, VIDEO_SUFFIXES, WIDE, VideoFormat
from .wide_range import BT2020, WidePicture, encoder_frame

__all__ = ["AAC_RATES", "VIDEO_SUFFIXES", "VideoFormat", "VideoWriter", "check_video"]
Frame = Float[np.ndarray, "height width channel"] | UInt8[np.ndarray, "height width channel"] | WidePicture
_log = logging.getLogger(__name__)
AAC_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
BT709 = 1  # the number of primaries, transfer and matrix in ITU-T H.273


def check_video(path: Path, overwrite: bool, transparent: bool = False) -> None:
    """Raises MediaError where a video cannot be written: see `check_output`; not every kind can be transparent."""
    VideoFormat.for_file(path, transparent)
    check_output(path, overwrite, VIDEO_SUFFIXES, "video")


class VideoWriter:
    """Context manager that writes a video with sound as the frames come; the file gets its name when it is complete.

    Codecs are H.264 and AAC, or VP9 and Opus in a .webm; a .gif and a .webp are animated pictures without sound. Frames
    are `width` × `height` pixels; where a codec needs it, odd sizes are padded to even ones by repeating the edge. The
    whole sound is written, even where it lasts longer than the frames. Transparent frames are laid on white; a
    `transparent` file keeps their alpha, as ProRes 4444 in a .mov, as VP9 in a .webm or .mkv, and of a .gif whether
    there is something at all. A warning tells what a file cannot carry: sound, or so many frames a second.
    With `wide_transfer` (PQ or HLG) frames are pictures in high dynamic range, and the codec is HEVC with 10 bits.
    MediaError where the file exists (unless `overwrite`) or cannot be written, or a frame has another size.
    """

    def __init__(
        self,
        path: Path | str,
        fps: float,
        width: int,
        height: int,
        audio: Audio | None = None,
        overwrite: bool = False,
        metadata: Mapping[str, str] | None = None,
        transparent: bool = False,
        wide_transfer: int | None = None,
    ):
        self.path = Path(path)
        self.format = VideoFormat.for_file(self.path, transparent)
        if wide_transfer is not None:
            self.format = WIDE[self.path.suffix.lower()]
        self.transfer = wide_transfer
        self.frame_rate = exact_rate(fps)
        self.every = ceil(self.frame_rate / self.format.most_fps)  # of so many frames one is written
        self.width, self.height = width, height
        self.num_frames = 0
        self.metadata = metadata or {}
        check_video(self.path, overwrite, transparent)
        self._file = OutputFile(self.path, overwrite)
        try:
            self._container = av.open(
                media_name(self._file.partial), "w", format=self.format.container,
                options=dict(self.format.container_options),
            )  # fmt: skip
            self._container.metadata.update(self.metadata)
            self._video = self._add_video()
            self._sound = None
            if audio is not None and self.format.sound_codec:
                self._sound = _SoundTrack(self._container, audio, self.format)
            self._palette = Palette(width, height, transparent) if self.format.pixels == "pal8" else None
        except (FFmpegError, OSError) as error:
            self._file.discard()
            raise MediaError(f"{self.path} cannot be written ({error}). Choose another folder.") from error
        self._tell_what_is_lost(audio)

    def _tell_what_is_lost(self, audio: Audio | None) -> None:
        suffix = self.path.suffix.lower()
        if audio is not None and self._sound is None:
            _log.warning(f"{self.path} has no sound: a {suffix} cannot have any. For sound write an .mp4 or .webm.")
        if self.every > 1:
            _log.warning(
                f"{self.path} has one of {self.every} frames: a {suffix} is played at {self.format.most_fps:g} a "
                "second at most."
            )

    def _add_video(self) -> av.VideoStream:
        kind = self.format
        rate = self.frame_rate / self.every
        stream = self._container.add_stream(kind.video_codec, rate=rate, options=dict(kind.video_options))
        assert isinstance(stream, av.VideoStream)
        odd = (self.width % 2, self.height % 2) if kind.halves_colours else (0, 0)
        stream.width, stream.height = self.width + odd[0], self.height + odd[1]
        stream.pix_fmt = kind.pixels
        if not kind.pixels.startswith("yuv"):
            return stream
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        if self.transfer is not None:
            context.colorspace = context.color_primaries = BT2020
            context.color_trc = self.transfer
        if kind.codec_tag:
            context.codec_tag = kind.codec_tag
        context.color_range = ColorRange.MPEG
        return stream

    def write(self, frame: Frame) -> None:
        """Appends a copy of one frame, 0 to 1 or in 8 bits; MediaError for another size or a full disk."""
        if frame.shape[:2] != (self.height, self.width):
            size = f"{frame.shape[1]}×{frame.shape[0]}"
            raise MediaError(f"A frame of {size} does not fit into the video of {self.width}×{self.height}.")
        picture = self._picture(frame) if self.num_frames % self.every == 0 else None
        if picture is not None:
            picture.pts = self.num_frames // self.every
            picture.time_base = self.every / self.frame_rate
        self.num_frames += 1
        try:
            if picture is not None:
                self._container.mux(self._video.encode(picture))
            if self._sound is not None:
                self._sound.write_until(float(self.num_frames / self.frame_rate))
        except FFmpegError as error:
            raise self._file.failure(error) from error

    def _picture(self, frame: Frame) -> av.VideoFrame:
        """A frame as the encoder takes it."""
        if isinstance(frame, WidePicture):
            return encoder_frame(frame)
        kind = self.format
        pixels = rgba_pixels(frame) if kind.transparent else opaque_pixels(frame)
        if kind.halves_colours and (self.height % 2 or self.width % 2):
            pixels = np.pad(pixels, ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(pixels, format="rgba" if kind.transparent else "rgb24")
        if self._palette is not None:
            return self._palette.reduced(picture.reformat(format="rgba"))
        if not kind.pixels.startswith("yuv"):
            return picture.reformat(format=kind.pixels)
        return picture.reformat(
            format=kind.pixels, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )  # fmt: skip

    def close(self) -> None:
        """Finishes the file and gives it its name; MediaError without frames or where it cannot be written.

        Nothing can be written afterwards: the encoders are gone, and their memory is given back to the system.
        """
        if self.num_frames == 0:
            self.discard()
            raise MediaError(f"No frame was written to {self.path}.")
        try:
            if self._sound is not None:
                self._sound.finish()
            self._container.mux(self._video.encode(None))
            self._container.close()
            if "comment" in self.metadata:
                write_comment(self._file.partial, self.metadata["comment"], self.width, self.height)
        except (FFmpegError, OSError) as error:
            self._file.discard()
            raise self._file.failure(error) from error
        self._file.finish()
        del self._video, self._sound, self._container
        give_back()

    def discard(self) -> None:
        """Stops and leaves no file behind."""
        try:
            self._container.close()
        finally:
            self._file.discard()

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if kind is None else self.discard()


class _SoundTrack:
    """The sound of a video, encoded just ahead of its frames."""

    def __init__(self, container: OutputContainer, audio: Audio, kind: VideoFormat):
        self.audio = audio
        self.num_channels, self.num_samples = audio.waveform.shape
        if self.num_channels not in AAC_LAYOUTS:
            self.num_channels = 1
        self.layout = AAC_LAYOUTS[self.num_channels]
        self.rate = audio.sample_rate
        self.container = container
        encoded_rate = self.rate if self.rate in kind.sound_rates else 48_000
        stream = container.add_stream(kind.sound_codec, rate=encoded_rate, layout=self.layout)
        assert isinstance(stream, av.AudioStream)
        self.stream = stream
        self.stream.bit_rate = 96_000 * self.num_channels
        self.resampler = av.AudioResampler(
            format=self.stream.codec_context.format or "fltp", layout=self.layout, rate=encoded_rate,
            frame_size=960 if kind.sound_codec == "libopus" else 1024,
        )  # fmt: skip
        self.position = 0

    def write_until(self, seconds: float) -> None:
        end = min(int(seconds * self.rate), self.num_samples)
        while self.position < end:
            part = self._samples(self.position, min(self.position + 1024, end))
            # Interleaved, as PyAV does not survive eight separate planes.
            frame = av.AudioFrame.from_ndarray(part.T.reshape(1, -1), format="flt", layout=self.layout)
            frame.sample_rate = self.rate
            frame.pts = self.position
            frame.time_base = Fraction(1, self.rate)
            self.position += part.shape[1]
            self._encode(frame)
        self.audio.let_go()

    def finish(self) -> None:
        self.write_until(self.num_samples / self.rate + 1)
        self._encode(None)
        self.container.mux(self.stream.encode(None))

    def _samples(self, start: int, stop: int) -> Float[np.ndarray, "channel sample"]:
        part = self.audio.waveform[:, start:stop].detach().cpu().float().nan_to_num(0.0, 0.0, 0.0).clamp(-1, 1).numpy()
        return part if len(part) == self.num_channels else part.mean(axis=0, keepdims=True)

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for ready in self.resampler.resample(frame):
            self.container.mux(self.stream.encode(ready))
