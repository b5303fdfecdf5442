"""Conversion between pictures as ComfyUI has them (float, 0 to 1) and as files have them (8 bits, 0 to 255)."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor


def to_uint8(picture: Float[Tensor | np.ndarray, "*batch height width channel"]) -> UInt8[np.ndarray, "*batch height width channel"]:  # fmt: skip  # noqa: E501
    """0 to 1 becomes 0 to 255, rounded; values outside are clipped, NaN becomes 0."""
    values = picture.detach().cpu().numpy() if isinstance(picture, Tensor) else picture
    scaled = np.fmax(values, 0)  # fmax and fmin take the number where the other is none
    np.fmin(scaled, 1, out=scaled)
    scaled *= 255
    scaled += 0.5
    return scaled.astype(np.uint8)


def from_uint8(
    picture: UInt8[np.ndarray, "*batch height width channel"],
) -> Float[Tensor, "*batch height width channel"]:
    """0 to 255 becomes 0 to 1, float32."""
    return torch.from_numpy(picture.astype(np.float32) / 255)


def opaque_pixels(
    frame: Float[np.ndarray, "height width channel"] | UInt8[np.ndarray, "height width channel"],
) -> UInt8[np.ndarray, "height width 3"]:
    """A frame (0 to 1, or 8 bits) in 8 bits, laid on white where it is transparent."""
    if frame.shape[2] == 4:
        colours = frame.astype(np.float32) / 255 if frame.dtype == np.uint8 else frame
        frame = colours[..., :3] * colours[..., 3:] + (1 - colours[..., 3:])
    return frame if frame.dtype == np.uint8 else to_uint8(frame)


def rgba_pixels(
    frame: Float[np.ndarray, "height width channel"] | UInt8[np.ndarray, "height width channel"],
) -> UInt8[np.ndarray, "height width 4"]:
    """A frame (0 to 1, or 8 bits) in 8 bits with its alpha; alpha is 255 where the frame has none."""
    pixels = frame if frame.dtype == np.uint8 else to_uint8(frame)
    return pixels if pixels.shape[2] == 4 else np.pad(pixels, ((0, 0), (0, 0), (0, 1)), constant_values=255)
