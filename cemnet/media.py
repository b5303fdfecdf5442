"""Pictures, films and sound come in."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import librosa
import numpy as np
import torch
from av.container import InputContainer
from av.error import FFmpegError
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from .errors import MediaError
from .types import MOTION_FPS, Audio

SHORTEST_SECONDS = 0.05
LONGEST_SECONDS = 3600.0
LARGEST_MEGAPIXELS = 64
MOST_FPS = 120.0
LARGEST_UPSCALE = 4.0


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


def rgba_pixels(
    frame: Float[np.ndarray, "height width channel"] | UInt8[np.ndarray, "height width channel"],
) -> UInt8[np.ndarray, "height width 4"]:
    """A frame in 8 bits with its transparency; one without any is opaque."""
    pixels = frame if frame.dtype == np.uint8 else to_uint8(frame)
    return pixels if pixels.shape[2] == 4 else np.pad(pixels, ((0, 0), (0, 0), (0, 1)), constant_values=255)


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


def video_frames(
    path: Path | str, fps: float, size: tuple[int, int] | None = None
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """A film's pictures at a steady rate, upright: at each time the last one that has begun.

    `size` is the width and height to which they are brought by Lanczos' filter. MediaError where the film is damaged.
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
                shown = _upright_frame(frame, size)
            while shown is not None and count / fps < now + period - 1e-6:
                yield shown
                count += 1
    except (FFmpegError, IndexError, TypeError) as error:
        raise MediaError(f"{path} cannot be read as a film ({error}).") from error


def _upright_frame(frame: av.VideoFrame, size: tuple[int, int] | None) -> UInt8[np.ndarray, "height width 3"]:
    pixels = frame.to_ndarray(format="rgb24")
    if frame.rotation:
        pixels = np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
    if size is not None and pixels.shape[1::-1] != size:
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4)
    return pixels


def enlarged_size(width: int, height: int, factor: float) -> tuple[int, int]:
    """Width and height so many times as large; MediaError for a factor outside 1 to LARGEST_UPSCALE."""
    if not 1.0 <= factor <= LARGEST_UPSCALE:
        raise MediaError(f"A picture can be enlarged 1 to {LARGEST_UPSCALE:g} times, not {factor:g} times.")
    return round(width * factor), round(height * factor)


def upscaled(
    picture: Float[Tensor, "height width channel"], factor: float
) -> Float[Tensor, "newheight newwidth channel"]:
    """A picture (0 to 1) enlarged by Lanczos' filter; MediaError for a factor outside 1 to LARGEST_UPSCALE."""
    if factor == 1.0:
        return picture
    size = enlarged_size(picture.shape[1], picture.shape[0], factor)
    enlarged = cv2.resize(picture.numpy(), size, interpolation=cv2.INTER_LANCZOS4)
    return torch.from_numpy(enlarged.clip(0, 1))


def mixed_sound(parts: Sequence[Audio]) -> Audio:
    """Several voices at once, as long as the longest, at the highest of their rates; quieter where they would clip."""
    if len(parts) == 1:
        return parts[0]
    rate = max(part.sample_rate for part in parts)
    voices = [
        librosa.resample(part.waveform.mean(0).numpy(), orig_sr=part.sample_rate, target_sr=rate, res_type="soxr_hq")
        for part in parts
    ]
    mixed = np.zeros(max(len(voice) for voice in voices), np.float32)
    for voice in voices:
        mixed[: len(voice)] += voice
    return Audio(torch.from_numpy(mixed / max(float(np.abs(mixed).max()), 1.0))[None], rate)
