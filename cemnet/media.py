"""Pictures and sound come in, video goes out."""

import os
import uuid
import warnings
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
import torch
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from .errors import MediaError
from .types import MOTION_FPS, Audio

SHORTEST_SECONDS = 0.05
LONGEST_SECONDS = 3600.0
LARGEST_MEGAPIXELS = 64
MOST_FPS = 120.0
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov")
AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
AAC_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
BT709 = 1  # the number of primaries, transfer and matrix in ITU-T H.273


def to_uint8(picture: Float[Tensor | np.ndarray, "*batch height width channel"]) -> UInt8[np.ndarray, "*batch height width channel"]:  # fmt: skip  # noqa: E501
    """0–1 to 0–255, rounded; what lies outside is clipped and what is not a number is black."""
    values = picture.detach().cpu().numpy() if isinstance(picture, Tensor) else picture
    scaled = np.fmax(values, 0)  # fmax and fmin take the number where the other is none
    np.fmin(scaled, 1, out=scaled)
    scaled *= 255
    scaled += 0.5
    return scaled.astype(np.uint8)


def from_uint8(
    picture: UInt8[np.ndarray, "*batch height width channel"],
) -> Float[Tensor, "*batch height width channel"]:
    """0–255 to 0–1, float32."""
    return torch.from_numpy(picture.astype(np.float32) / 255)


def opaque_pixels(
    frame: Float[np.ndarray, "height width channel"] | UInt8[np.ndarray, "height width channel"],
) -> UInt8[np.ndarray, "height width 3"]:
    """A frame in 8 bits, on white where it is transparent."""
    if frame.shape[2] == 4:
        colours = frame.astype(np.float32) / 255 if frame.dtype == np.uint8 else frame
        frame = colours[..., :3] * colours[..., 3:] + (1 - colours[..., 3:])
    return frame if frame.dtype == np.uint8 else to_uint8(frame)


def read_image(path: Path | str) -> Float[Tensor, "height width channel"]:
    """A picture upright, 0 to 1, with 3 channels or, where it has transparency, 4; of an animation the first frame.

    MediaError where the file is missing, is no picture, is damaged, or has more than LARGEST_MEGAPIXELS.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked right below
            picture = Image.open(path)
        with picture:
            _refuse_huge(picture.size, path)
            return from_uint8(_upright_pixels(picture))
    except (FileNotFoundError, IsADirectoryError):
        raise MediaError(f"There is no picture at {path}. Check the path.") from None
    except Image.DecompressionBombError:
        raise _too_large(path) from None
    except UnidentifiedImageError:
        raise MediaError(f"{path} is not a picture that can be read. Use PNG, JPEG or WebP.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(
            f"The picture {path} is damaged or of an unsupported kind ({error}). Save it again."
        ) from error


def _too_large(path: Path) -> MediaError:
    return MediaError(f"The picture {path} has more than {LARGEST_MEGAPIXELS} megapixels. Scale it down.")


def _refuse_huge(size: tuple[int, int], path: Path) -> None:
    if size[0] * size[1] > LARGEST_MEGAPIXELS * 1e6:
        raise _too_large(path)


def _upright_pixels(picture: Image.Image) -> UInt8[np.ndarray, "height width channel"]:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith(("I", "F")):  # 16-bit, 32-bit and float greys, which Pillow would clip at 255
        grey = np.nan_to_num(np.asarray(upright, np.float64))
        span = 1.0 if grey.max() <= 1.0 else 255.0 if grey.max() <= 255.0 else 65535.0
        return np.repeat((grey / span * 255).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    transparent = upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info
    return np.array(upright.convert("RGBA" if transparent else "RGB"))


def read_audio(path: Path | str) -> Audio:
    """The first sound track of any sound or video file, at its own rate, with all its channels, in [-1, 1].

    Single damaged packets are left out, as players do. MediaError where the file is missing, has no sound, cannot be
    decoded, or is shorter than SHORTEST_SECONDS or longer than LONGEST_SECONDS. Silence is not an error.
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


def video_fps(path: Path | str) -> float:
    """The mean frame rate of a film; MediaError where the file is missing or has no pictures."""
    path = Path(path)
    if not path.is_file():
        raise MediaError(f"There is no video at {path}. Check the path.")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path} has no pictures. Give a video.")
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
    except (FFmpegError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path} cannot be read as a video ({error}). Export it again, for example as MP4.") from error
    return float(rate) if rate and 1 <= rate <= MOST_FPS else MOTION_FPS


def video_frames(path: Path | str, fps: float) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """A film's pictures at a steady rate, upright: at each time the last one that has begun.

    MediaError where it is damaged.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            period = 1 / float(stream.average_rate or fps)
            count, start, now, shown = 0, None, 0.0, None
            for frame in container.decode(stream):
                start = frame.time if start is None else start
                now = frame.time - start
                while shown is not None and count / fps < now - 1e-6:
                    yield shown
                    count += 1
                shown = _upright_frame(frame)
            while shown is not None and count / fps < now + period - 1e-6:
                yield shown
                count += 1
    except (FFmpegError, IndexError, TypeError) as error:
        raise MediaError(f"{path} cannot be read as a film ({error}).") from error


def _upright_frame(frame: av.VideoFrame) -> UInt8[np.ndarray, "height width 3"]:
    pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))) if frame.rotation else pixels


class VideoWriter:
    """Writes H.264 video with AAC sound as the frames come; the file appears under its name only when complete.

    Frames are `width` × `height`; odd sizes are padded to even ones by repeating the edge. The whole sound is written,
    whatever the number of frames. Transparent frames are laid on white. MediaError where the target cannot be written,
    exists (without `overwrite`), or a frame has another size.
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
    ):
        self.path = Path(path)
        self.frame_rate = Fraction(fps).limit_denominator(1001)
        self.width, self.height = width, height
        self.num_frames = 0
        self._check_target(overwrite)
        self._partial = self.path.with_name(f".{self.path.stem}.{uuid.uuid4().hex[:8]}{self.path.suffix}")
        try:
            self._container = av.open(str(self._partial), "w", format="mp4", options={"movflags": "+faststart"})
            self._container.metadata.update(metadata or {})
            self._video = self._add_video()
            self._sound = _SoundTrack(self._container, audio) if audio is not None else None
        except (FFmpegError, OSError) as error:
            self._partial.unlink(missing_ok=True)
            raise MediaError(f"{self.path} cannot be written ({error}). Choose another folder.") from error

    def _check_target(self, overwrite: bool) -> None:
        if self.path.suffix.lower() not in VIDEO_SUFFIXES:
            raise MediaError(f"The video {self.path} must end in {', '.join(VIDEO_SUFFIXES)}.")
        if self.path.is_dir() or (self.path.exists() and not overwrite):
            raise MediaError(f"{self.path} exists already. Allow overwriting or choose another name.")
        if not self.path.parent.is_dir() or not os.access(self.path.parent, os.W_OK):
            raise MediaError(f"The folder {self.path.parent} does not exist or is not writable. Choose another folder.")

    def _add_video(self) -> av.VideoStream:
        stream = self._container.add_stream(
            "libx264", rate=self.frame_rate, options={"preset": "veryfast", "crf": "17"}
        )
        stream.width, stream.height = self.width + self.width % 2, self.height + self.height % 2
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = ColorRange.MPEG
        return stream

    def write(
        self, frame: Float[np.ndarray, "height width channel"] | UInt8[np.ndarray, "height width channel"]
    ) -> None:
        """Appends one frame, 0 to 1, or 0 to 255 in 8 bits, which is copied at once."""
        if frame.shape[:2] != (self.height, self.width):
            size = f"{frame.shape[1]}×{frame.shape[0]}"
            raise MediaError(f"A frame of {size} does not fit into the video of {self.width}×{self.height}.")
        pixels = opaque_pixels(frame)
        if self.height % 2 or self.width % 2:
            pixels = np.pad(pixels, ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts = self.num_frames
        picture.time_base = 1 / self.frame_rate
        self.num_frames += 1
        try:
            self._container.mux(self._video.encode(picture))
            if self._sound is not None:
                self._sound.write_until(float(self.num_frames / self.frame_rate))
        except FFmpegError as error:
            raise MediaError(f"Writing {self.path} failed ({error}). Is the disk full?") from error

    def close(self) -> None:
        """Finishes the file and moves it to its name."""
        if self.num_frames == 0:
            self.discard()
            raise MediaError(f"No frame was written to {self.path}.")
        try:
            if self._sound is not None:
                self._sound.finish()
            self._container.mux(self._video.encode(None))
            self._container.close()
            self._partial.replace(self.path)
        except (FFmpegError, OSError) as error:
            self._partial.unlink(missing_ok=True)
            raise MediaError(f"Writing {self.path} failed ({error}). Is the disk full?") from error

    def discard(self) -> None:
        """Stops without leaving a file behind."""
        self._container.close()
        self._partial.unlink(missing_ok=True)

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if kind is None else self.discard()


class _SoundTrack:
    """The sound of a video, encoded just ahead of its frames."""

    def __init__(self, container: OutputContainer, audio: Audio):
        waveform = audio.waveform.detach().cpu().float().nan_to_num(0.0, 0.0, 0.0).clamp(-1, 1).numpy()
        if waveform.shape[0] not in AAC_LAYOUTS:
            waveform = waveform.mean(axis=0, keepdims=True)
        self.waveform = np.ascontiguousarray(waveform)
        self.layout = AAC_LAYOUTS[waveform.shape[0]]
        self.rate = audio.sample_rate
        self.container = container
        encoded_rate = self.rate if self.rate in AAC_RATES else 48_000
        self.stream = container.add_stream("aac", rate=encoded_rate, layout=self.layout)
        self.stream.bit_rate = 96_000 * waveform.shape[0]
        self.resampler = av.AudioResampler(format="fltp", layout=self.layout, rate=encoded_rate, frame_size=1024)
        self.position = 0

    def write_until(self, seconds: float) -> None:
        end = min(int(seconds * self.rate), self.waveform.shape[1])
        while self.position < end:
            part = self.waveform[:, self.position : min(self.position + 1024, end)]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout=self.layout)
            frame.sample_rate = self.rate
            frame.pts = self.position
            frame.time_base = Fraction(1, self.rate)
            self.position += part.shape[1]
            self._encode(frame)

    def finish(self) -> None:
        self.write_until(self.waveform.shape[1] / self.rate + 1)
        self._encode(None)
        self.container.mux(self.stream.encode(None))

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for ready in self.resampler.resample(frame):
            self.container.mux(self.stream.encode(ready))
