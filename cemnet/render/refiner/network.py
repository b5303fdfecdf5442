"""The refiner: a small network that adds what a warp cannot show, such as creases, light in the mouth and shadows.

It is a U-net (Ronneberger et al., 2015) on a coarse grid with four by four pixels to a cell (Shi et al., Real-Time
Super-Resolution by Sub-Pixel Convolution, 2016), where plain convolutions are cheapest. Its input is the face in an
upright crop of one size for every portrait (see inputs.py). Its output is a bounded change of the crop's colours, which
is scaled to the frame and added, so that the frame keeps its own detail.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ...arkit import NUM_EXPRESSIONS
from ...checkpoint import load_network
from ...threads import one_thread
from ..mouth.colours import LUMINANCE
from .crop import CELL, CROP_CORNERS
from .inputs import NUM_DETAILS, NUM_LAYOUT, RefinerInputs

REFINER_WEIGHTS = "refiner.safetensors"
LARGEST_CHANGE = 0.5  # of a colour, 0 to 1


@dataclass(frozen=True)
class RefinerConfig:
    """The size of the network; the default is that of the released weights."""

    widths: tuple[int, int, int] = (16, 48, 96)  # channels on the grid, at a half and at a quarter of it


class Refiner(nn.Module):
    """A small U-net from details, layout and expressions to a change of colour."""

    def __init__(self, config: RefinerConfig) -> None:
        super().__init__()
        self.config = config
        wide, half, quarter = config.widths
        self.enter = convolution(NUM_DETAILS * CELL**2 + NUM_LAYOUT, wide)
        self.grid_in = convolution(wide, wide)
        self.down_half, self.half_in = convolution(wide, half, stride=2), convolution(half, half)
        self.down_quarter, self.quarter_in = convolution(half, quarter, stride=2), convolution(quarter, quarter)
        self.style = nn.Linear(2 * NUM_EXPRESSIONS, 2 * quarter)
        self.quarter_out = convolution(quarter, quarter)
        self.up_half, self.half_out = convolution(quarter, half), convolution(half, half)
        self.up_grid, self.grid_out = convolution(half, wide), convolution(wide, wide)
        self.leave = convolution(wide, 3 * CELL**2)
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.zeros_(self.leave.bias)

    def forward(
        self,
        details: Float[Tensor, "batch detail height width"],
        layout: Float[Tensor, "batch layout row column"],
        expressions: Float[Tensor, "batch two_expressions"],
    ) -> Float[Tensor, "batch 3 height width"]:
        """The change of the crop's colours, -LARGEST_CHANGE to LARGEST_CHANGE."""
        grid = F.relu_(self.grid_in(F.relu_(self.enter(in_cells(details, layout)))))
        half = F.relu_(self.half_in(F.relu_(self.down_half(grid))))
        quarter = F.relu_(self.quarter_in(F.relu_(self.down_quarter(half))))
        scale, shift = self.style(expressions)[..., None, None].chunk(2, dim=1)
        quarter = F.relu_(self.quarter_out(quarter * (1 + scale) + shift)) + quarter
        half = F.relu_(self.half_out(half + twice(F.relu_(self.up_half(quarter)))))
        grid = F.relu_(self.grid_out(grid + twice(F.relu_(self.up_grid(half)))))
        change = LARGEST_CHANGE * in_pixels(F.softsign(self.leave(grid)))
        return lit_skin(change.float(), details[:, :3], details[:, 4:])

    @one_thread()
    @torch.inference_mode()
    def paint(self, inputs: RefinerInputs, moving: Float[np.ndarray, "cropheight cropwidth channel"]) -> None:
        """Adds the change to the moving part of the picture, in place."""
        expressions = torch.from_numpy(inputs.expressions)[None]
        change = self(as_tensor(inputs.details), as_tensor(inputs.layout), expressions)[0].numpy()
        if inputs.colourfulness < 1:  # light in a mouth is as colourful as the picture
            grey = np.tensordot(LUMINANCE, change, 1)
            change = grey + np.float32(inputs.colourfulness) * (change - grey)
        add_change(cv2.merge(list(inputs.share[..., 0] * change)), inputs.to_frame, moving)

    @classmethod
    def load(cls, path: Path) -> "Refiner":
        """Trained weights in float32, ready to run; MissingModelError when they cannot be read."""
        refiner = load_network(path, lambda config: cls(RefinerConfig(tuple(config["widths"]))))
        return refiner.requires_grad_(False).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def to_dict(self) -> dict[str, Any]:
        """The config as it is stored with the weights."""
        return asdict(self.config)


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """Three by three, with zeros around."""
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1)


def twice(features: Float[Tensor, "batch feature row column"]) -> Float[Tensor, "batch feature tworow twocolumn"]:
    """Features on a grid of twice as many rows and columns, by linear interpolation."""
    return F.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


def in_cells(
    details: Float[Tensor, "batch detail height width"], layout: Float[Tensor, "batch layout row column"]
) -> Float[Tensor, "batch detail_and_layout row column"]:
    """The network's input on its grid: F.pixel_unshuffle of the details, and the layout.

    For tensors whose channels lie last in memory, as they do at run time, this is twice as fast as F.pixel_unshuffle.
    """
    batch, channels, height, width = details.shape
    rows, columns = height // CELL, width // CELL
    lines = details.permute(0, 2, 3, 1).reshape(batch, rows, CELL, columns, CELL * channels)
    pixels = lines.transpose(2, 3).reshape(batch, rows, columns, CELL**2, channels)
    unshuffled = pixels.transpose(3, 4).reshape(batch, rows, columns, channels * CELL**2)
    return torch.cat([unshuffled, layout.permute(0, 2, 3, 1)], dim=3).permute(0, 3, 1, 2)


def in_pixels(cells: Float[Tensor, "batch colour_of_pixel row column"]) -> Float[Tensor, "batch 3 height width"]:
    """F.pixel_shuffle, with one plane for each colour in memory: `lit_skin` is faster on such tensors."""
    batch, _, rows, columns = cells.shape
    pixels = cells.permute(0, 2, 3, 1).reshape(batch, rows, columns, 3, CELL, CELL)
    return pixels.permute(0, 3, 1, 4, 2, 5).reshape(batch, 3, CELL * rows, CELL * columns)


def lit_skin(
    change: Float[Tensor, "batch 3 height width"],
    colours: Float[Tensor, "batch 3 height width"],
    openings: Float[Tensor, "batch 1 height width"],
) -> Float[Tensor, "batch 3 height width"]:
    """The change, limited on skin to lighter or darker: a share of its brightness, equal in all channels.

    So shadows on skin stay warm, as light wanders under it, and grey pictures stay grey. Inside mouth and eyes any
    colour may change.
    """
    red, green, blue = LUMINANCE.tolist()
    light = red * change[:, :1] + green * change[:, 1:2] + blue * change[:, 2:]
    inside = three_by_three_mean((2 * openings.contiguous()).clamp(max=1))
    seen = colours.contiguous().clamp(0, 1)  # one plane a colour, as the change is: thrice as fast as mixed layouts
    grey = (seen[:, :1] + seen[:, 1:2] + seen[:, 2:]) / 3
    return torch.lerp(light * grey, change, inside)


def three_by_three_mean(values: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """The mean over three by three pixels, with zeros around; takes a fifth of the time of F.avg_pool2d."""
    around = F.pad(values, (1, 1, 1, 1))
    across = around[..., :-2] + around[..., 1:-1] + around[..., 2:]
    return (across[..., :-2, :] + across[..., 1:-1, :] + across[..., 2:, :]) / 9


def as_tensor(values: Float[np.ndarray, "height width channel"]) -> Float[Tensor, "1 channel height width"]:
    """The array as a batch of one. Memory is shared, so the channels lie last, as convolutions are fastest."""
    return torch.from_numpy(values).permute(2, 0, 1).unsqueeze(0)


def add_change(
    change: Float[np.ndarray, "height width 3"],
    to_frame: Float[np.ndarray, "2 3"],
    moving: Float[np.ndarray, "cropheight cropwidth channel"],
) -> None:
    """Adds a change of the crop to the moving part of the picture, in place; an alpha channel stays."""
    height, width = moving.shape[:2]
    reached = CROP_CORNERS @ to_frame.T
    left, top = np.floor(reached.min(0)).astype(int).clip(0, [width, height])
    right, bottom = np.ceil(reached.max(0)).astype(int).clip(0, [width, height])
    if right <= left or bottom <= top:
        return
    to_box = to_frame.copy()
    to_box[:, 2] -= np.array([left, top])
    added = cv2.warpAffine(change, to_box, (int(right - left), int(bottom - top)))
    part = moving[top:bottom, left:right]
    if part.shape[2] < 3:
        part[..., :1] += added.mean(2, keepdims=True)
    else:
        part[..., :3] += added
    np.clip(part, 0, 1, out=part)
