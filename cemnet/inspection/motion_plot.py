"""Plots a performance over time: emotions as bands, the main curves, the head, and the slots of the memory."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ..arkit import ARKIT_INDEX, EMOTIONS
from ..emotion.states import emotion_state
from ..types import Motion, Speech

BACKGROUND, PANEL, GRID, TEXT = "#1d1f24", "#262930", "#3a3e47", "#d5d8de"
EMOTION_COLOURS = dict(
    zip(EMOTIONS, ("#9aa0ab", "#f2c14e", "#5b8def", "#e4572e", "#9b6dd7", "#6a994e", "#f48fb1", "#a1785c"), strict=True)
)
CURVES = {
    "jaw opens": (("jawOpen",), "#e4e7ec"),
    "smile": (("mouthSmileLeft", "mouthSmileRight"), "#f2c14e"),
    "frown": (("mouthFrownLeft", "mouthFrownRight"), "#5b8def"),
    "brows down": (("browDownLeft", "browDownRight"), "#e4572e"),
    "inner brows up": (("browInnerUp",), "#9b6dd7"),
    "upper lip up": (("mouthUpperUpLeft", "mouthUpperUpRight"), "#6a994e"),
    "blink": (("eyeBlinkLeft", "eyeBlinkRight"), "#57c7c0"),
}
HEAD_COLOURS = {"head yaw": "#f48fb1", "head pitch": "#8bd3f7", "head roll": "#b8e986"}
NARROWEST_HEAD_RADIANS = 0.08  # the head's panel shows at least this much to both sides
OVERSAMPLING = 2
MOST_SLOTS = 32  # whose part in the displacement changes most
LABEL_SHARE = 0.14  # of the width, for names on the left
Box = tuple[int, int, int, int]  # left, top, right, bottom


def motion_preview(
    motion: Motion, speech: Speech | None = None, width: int = 1280, height: int = 720
) -> Float[Tensor, "height width 3"]:
    """A plot as a picture (0 to 1). Emotions need the speech, the map of slots a motion with a memory address."""
    wide, high = OVERSAMPLING * width, OVERSAMPLING * height
    picture = Image.new("RGB", (wide, high), BACKGROUND)
    panels: list[tuple[float, str]] = [(3.0, "curves"), (1.5, "head")]
    if speech is not None:
        panels.insert(0, (1.5, "emotion"))
    if motion.memory_address is not None:
        panels.append((2.0, "memories"))
    gap, axis = high // 45, high // 18
    usable = high - axis - gap * (len(panels) + 1)
    top = gap
    for share, name in panels:
        bottom = top + round(usable * share / sum(share for share, _ in panels))
        draw_panel(picture, name, (round(LABEL_SHARE * wide), top, wide - gap, bottom), motion, speech)
        top = bottom + gap
    draw_seconds(picture, (round(LABEL_SHARE * wide), top - gap, wide - gap, high), motion.duration_seconds)
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.asarray(small, np.float32) / 255)


def draw_panel(picture: Image.Image, name: str, box: Box, motion: Motion, speech: Speech | None) -> None:
    """Draws one panel, by its name, with labels on its left."""
    if name == "memories":
        assert motion.memory_address is not None
        draw_heat(picture, box, motion.memory_address)
        draw_names(picture, box, {"memories": TEXT})
        return
    ImageDraw.Draw(picture).rectangle(box, fill=PANEL)
    if name == "emotion":
        assert speech is not None
        draw_bands(picture, box, speech)
        draw_names(picture, box, {name: EMOTION_COLOURS[name] for name in reversed(EMOTIONS[1:])})
    elif name == "curves":
        drawn = {label: (mean_of(motion, names), colour) for label, (names, colour) in CURVES.items()}
        draw_curves(picture, box, list(drawn.values()))
        draw_names(picture, box, {label: colour for label, (_, colour) in drawn.items()})
    else:
        widest = max(NARROWEST_HEAD_RADIANS, float(motion.head.abs().max()))
        angles = 0.5 - motion.head / (2 * widest)
        draw_curves(picture, box, list(zip(angles.T, HEAD_COLOURS.values(), strict=True)))
        draw_names(picture, box, HEAD_COLOURS)


def mean_of(motion: Motion, names: Sequence[str]) -> Float[Tensor, "frame"]:
    """The mean of some blendshapes, given by their names."""
    return motion.expression[:, [ARKIT_INDEX[name] for name in names]].mean(dim=1)


def font_for(box: Box, num_lines: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font in which a number of lines fits beside a panel."""
    return ImageFont.load_default(max(8, min((box[3] - box[1]) / (1.15 * num_lines), (box[2] - box[0]) / 55)))


def draw_names(picture: Image.Image, box: Box, colours: dict[str, str]) -> None:
    """Writes names in their colours, one below the other, to the left of a panel."""
    left, top, _, bottom = box
    font, step = font_for(box, len(colours)), (bottom - top) / len(colours)
    for line, (name, colour) in enumerate(colours.items()):
        place = (left - left // 16, top + (line + 0.5) * step)
        ImageDraw.Draw(picture).text(place, name, fill=colour, font=font, anchor="rm")


def columns_of(values: Float[Tensor, "frame channel"], num_columns: int) -> Float[np.ndarray, "column channel"]:
    """The largest value among the frames of each column of pixels; frames repeat where there are fewer than columns."""
    edges = np.linspace(0, len(values), num_columns + 1)
    starts = np.minimum(edges[:-1].astype(int), len(values) - 1)
    return np.maximum.reduceat(values.numpy(), starts, axis=0) if len(values) >= num_columns else values.numpy()[starts]


def draw_curves(picture: Image.Image, box: Box, curves: Sequence[tuple[Float[Tensor, "frame"], str]]) -> None:
    """Draws curves with their colours as lines over time, 0 at the bottom and 1 at the top of the box."""
    left, top, right, bottom = box
    draw = ImageDraw.Draw(picture)
    for part in (0.25, 0.5, 0.75):
        level = bottom - part * (bottom - top)
        draw.line((left, level, right, level), fill=GRID, width=OVERSAMPLING)
    for values, colour in curves:
        x = np.linspace(left, right, len(values)) if len(values) > 1 else np.array([left, right])
        y = bottom - np.broadcast_to(values.clamp(0, 1).numpy(), x.shape) * (bottom - top)
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=colour, width=OVERSAMPLING + 1)


def draw_bands(picture: Image.Image, box: Box, speech: Speech) -> None:
    """Draws the shown emotions as stacked bands, each as high as its share; the rest is empty."""
    left, top, right, bottom = box
    shown = emotion_state(speech.emotion, speech.intensity.clamp(0, 1))
    columns = columns_of(shown, right - left)
    draw = ImageDraw.Draw(picture)
    for column, parts in enumerate(columns):
        level = float(bottom)
        for emotion, part in zip(EMOTIONS[1:], parts, strict=True):
            draw.line(
                (left + column, level, left + column, level - part * (bottom - top)), fill=EMOTION_COLOURS[emotion]
            )
            level -= float(part) * (bottom - top)


def draw_heat(picture: Image.Image, box: Box, address: Float[Tensor, "frame slot"]) -> None:
    """Draws a row for each slot whose part changes most, brighter where the slot takes a larger one; sorted by when."""
    left, top, right, bottom = box
    parts = columns_of(address, right - left).T
    leading = parts[np.argsort(-np.ptp(parts, axis=1), kind="stable")[:MOST_SLOTS]]
    heat = leading[np.argsort(leading.argmax(axis=1), kind="stable")]
    heat = (heat / np.maximum(heat.max(axis=1, keepdims=True), 1e-6))[..., None] ** 2
    low, high = np.array([38, 41, 48]), np.array([255, 214, 120])
    pixels = (low + heat * (high - low)).round().astype(np.uint8)
    picture.paste(Image.fromarray(pixels).resize((right - left, bottom - top), Image.Resampling.NEAREST), (left, top))


def draw_seconds(picture: Image.Image, box: Box, duration_seconds: float) -> None:
    """Draws the time axis in seconds, with about ten marks."""
    left, top, right, _ = box
    rough = max(duration_seconds, 1e-3) / 10
    decade = 10.0 ** np.floor(np.log10(rough))
    step = next(decade * factor for factor in (1, 2, 5, 10) if decade * factor >= rough - 1e-9)
    font, draw = font_for((left, 0, right, right), 1), ImageDraw.Draw(picture)
    for seconds in np.arange(0, duration_seconds + 1e-6, step):
        x = left + (right - left) * seconds / duration_seconds
        draw.line((x, top, x, top + 4 * OVERSAMPLING), fill=TEXT, width=OVERSAMPLING)
        anchor = "ra" if x > right - left // 4 else "ma"
        draw.text((x, top + 6 * OVERSAMPLING), f"{seconds:g} s", fill=TEXT, font=font, anchor=anchor)
