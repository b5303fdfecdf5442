"""Writes a video frame by frame, with its sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace
from jaxtyping import Float, UInt8

from ..errors import MediaError
from ..output_file import OutputFile, check_output
from ..types import Audio
from .containers import exact_rate, media_name
from .pixels import opaque_pixels, rgba_pixels

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm")
TRANSPARENT_SUFFIXES = (".mov", ".webm")
AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
AAC_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
BT709 = 1  # the number of primaries, transfer and matrix in ITU-T H.273


@dataclass(frozen=True)
class VideoFormat:
    """Container, codecs and options of one kind of video file."""

    container: str
    video_codec: str
    pixels: str
    video_options: Mapping[str, str]
    sound_codec: str
    sound_rates: Sequence[int]
    container_options: Mapping[str, str]

    @property
    def transparent(self) -> bool:
        """Whether pictures keep their alpha."""
        return self.pixels.startswith("yuva")

    @classmethod
    def for_file(cls, path: Path, transparent: bool) -> "VideoFormat":
        """The format for a file's suffix; MediaError for a suffix that is unknown, or cannot be transparent."""
        suffix = path.suffix.lower()
        if suffix not in VIDEO_SUFFIXES:
            raise MediaError(f"The video {path} must end in {', '.join(VIDEO_SUFFIXES[:-1])} or {VIDEO_SUFFIXES[-1]}.")
        if transparent and suffix not in TRANSPARENT_SUFFIXES:
            raise MediaError(f"{path} cannot be transparent. Let it end in {' or '.join(TRANSPARENT_SUFFIXES)}.")
        faststart = {"movflags": "+faststart"}
        if suffix == ".webm":
            quality = {"crf": "18", "b": "0", "deadline": "realtime", "cpu-used": "5", "row-mt": "1"}
            pixels = "yuva420p" if transparent else "yuv420p"
            return cls("webm", "libvpx-vp9", pixels, quality, "libopus", OPUS_RATES, {})
        if transparent:
            prores = {"profile": "4444", "vendor": "apl0"}
            return cls("mov", "prores_ks", "yuva444p10le", prores, "aac", AAC_RATES, faststart)
        return cls("mp4", "libx264", "yuv420p", {"preset": "veryfast", "crf": "17"}, "aac", AAC_RATES, faststart)


def check_video(path: Path, overwrite: bool, transparent: bool = False) -> None:
    """Raises MediaError where a video cannot be written: see `check_output`; not every kind can be transparent."""
    VideoFormat.for_file(path, transparent)
    check_output(path, overwrite, VIDEO_SUFFIXES, "video")


class VideoWriter:
    """Context manager that writes a video with sound as the frames come; the file gets its name when it is complete.

    Codecs are H.264 and AAC, or VP9 and Opus in a .webm. Frames are `width` × `height` pixels; odd sizes are padded to
    even ones by repeating the edge. The whole sound is written, even where it lasts longer than the frames. Transparent
    frames are laid on white; a `transparent` file keeps their alpha, as ProRes 4444 in a .mov or as VP9 in a .webm.
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
    ):
        self.path = Path(path)
        self.format = VideoFormat.for_file(self.path, transparent)
        self.frame_rate = exact_rate(fps)
        self.width, self.height = width, height
        self.num_frames = 0
        check_video(self.path, overwrite, transparent)
        self._file = OutputFile(self.path, overwrite)
        try:
            self._container = av.open(
                media_name(self._file.partial), "w", format=self.format.container,
                options=dict(self.format.container_options),
            )  # fmt: skip
            self._container.metadata.update(metadata or {})
            self._video = self._add_video()
            self._sound = _SoundTrack(self._container, audio, self.format) if audio is not None else None
        except (FFmpegError, OSError) as error:
            self._file.discard()
            raise MediaError(f"{self.path} cannot be written ({error}). Choose another folder.") from error

    def _add_video(self) -> av.VideoStream:
        kind = self.format
        stream = self._container.add_stream(kind.video_codec, rate=self.frame_rate, options=dict(kind.video_options))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = self.width + self.width % 2, self.height + self.height % 2
        stream.pix_fmt = kind.pixels
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = ColorRange.MPEG
        return stream

    def write(
        self, frame: Float[np.ndarray, "height width channel"] | UInt8[np.ndarray, "height width channel"]
    ) -> None:
        """Appends a copy of one frame, 0 to 1 or in 8 bits; MediaError for another size or a full disk."""
        if frame.shape[:2] != (self.height, self.width):
            size = f"{frame.shape[1]}×{frame.shape[0]}"
            raise MediaError(f"A frame of {size} does not fit into the video of {self.width}×{self.height}.")
        pixels = rgba_pixels(frame) if self.format.transparent else opaque_pixels(frame)
        if self.height % 2 or self.width % 2:
            pixels = np.pad(pixels, ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(pixels, format="rgba" if self.format.transparent else "rgb24").reformat(
            format=self.format.pixels, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts = self.num_frames
        picture.time_base = 1 / self.frame_rate
        self.num_frames += 1
        try:
            self._container.mux(self._video.encode(picture))
            if self._sound is not None:
                self._sound.write_until(float(self.num_frames / self.frame_rate))
        except FFmpegError as error:
            raise self._file.failure(error) from error

    def close(self) -> None:
        """Finishes the file and gives it its name; MediaError without frames or where it cannot be written."""
        if self.num_frames == 0:
            self.discard()
            raise MediaError(f"No frame was written to {self.path}.")
        try:
            if self._sound is not None:
                self._sound.finish()
            self._container.mux(self._video.encode(None))
            self._container.close()
        except (FFmpegError, OSError) as error:
            self._file.discard()
            raise self._file.failure(error) from error
        self._file.finish()

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
