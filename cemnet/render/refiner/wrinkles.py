"""Creases of the skin: lines on the resting face, their relief, and the blendshapes that draw them.

Places are those of the face basis at rest, seen from the front: centimetres, x to the person's left, y up. Every line
exists on both sides. After the wrinkle patterns of FACS (Ekman and Friesen, 1978), drawn by hand on the mean face.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jaxtyping import Float

from ...arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from ...curves import smoothstep
from ..contours import curve_matrix
from ..displacement_field import NO_SECOND_MAP

CREASE_START = 0.12  # of a blendshape's range: skin moves this far before it folds
DENSE_STEP = 0.08  # centimetres between the points of a line
REACH = 9.0  # widths of a furrow around its line beyond which skin is level
MAP_STEP = 0.03  # centimetres between the points of a map of one crease


@dataclass(frozen=True)
class Crease:
    """One line of the person's left side, its furrow and the swelling of the skin beside it."""

    points: tuple[tuple[float, float], ...]
    width: float  # standard deviation of the furrow, centimetres
    depth: float  # of the furrow at full strength, centimetres
    drivers: dict[str, float]  # blendshapes without a side, and how much of the crease each draws
    swelling: tuple[float, float, float] = (0.0, 0.0, 0.0)  # toward x and y (a direction), and how high against depth


# fmt: off
CREASES = (
    # Forehead, the middle and the side of each line.
    Crease(((0.0, 6.75), (1.2, 6.85), (2.4, 7.05)), 0.11, 0.045, {"browInnerUp": 1.0}, (0, 1, 0.5)),
    Crease(((0.0, 7.4), (1.3, 7.5), (2.6, 7.65)), 0.12, 0.05, {"browInnerUp": 1.0}, (0, 1, 0.5)),
    Crease(((0.0, 8.05), (1.3, 8.12), (2.4, 8.2)), 0.11, 0.035, {"browInnerUp": 1.0}, (0, 1, 0.5)),
    Crease(((2.0, 7.05), (3.2, 7.2), (4.6, 6.95)), 0.11, 0.045, {"browOuterUp": 1.0}, (0, 1, 0.5)),
    Crease(((2.2, 7.65), (3.4, 7.75), (4.6, 7.55)), 0.12, 0.04, {"browOuterUp": 1.0}, (0, 1, 0.5)),
    # Between the brows, and across the root of the nose.
    Crease(((0.62, 4.75), (0.6, 5.4), (0.72, 6.15)), 0.11, 0.075, {"browDown": 0.9, "noseSneer": 0.15}, (1, 0, 0.7)),
    Crease(((0.0, 4.25), (0.45, 4.3), (0.85, 4.45)), 0.10, 0.05, {"browDown": 0.6, "noseSneer": 0.5}, (0, 1, 0.6)),
    # Beside the nose.
    Crease(((0.75, 3.3), (1.05, 2.75), (1.35, 2.3)), 0.08, 0.035, {"noseSneer": 1.0}, (1, 0, 0.4)),
    Crease(((0.6, 2.75), (0.95, 2.2), (1.3, 1.75)), 0.08, 0.03, {"noseSneer": 1.0}, (1, 0, 0.4)),
    # From the nose's wing around the mouth; the cheek swells beside it.
    Crease(((1.75, 0.35), (2.2, -0.55), (2.75, -1.6), (3.2, -2.7), (3.35, -3.7)), 0.13, 0.1,
           {"mouthSmile": 0.85, "noseSneer": 0.7, "mouthUpperUp": 0.45, "cheekSquint": 0.25, "mouthStretch": 0.2},
           (1, 0.5, 0.9)),
    Crease(((3.1, -2.85), (3.3, -3.35), (3.2, -3.95)), 0.12, 0.05, {"mouthDimple": 0.9, "mouthSmile": 0.35},
           (1, 0, 0.6)),
    Crease(((2.75, -3.75), (3.1, -4.4), (3.25, -5.2)), 0.12, 0.055, {"mouthFrown": 0.9, "mouthStretch": 0.3},
           (1, 0, 0.6)),
    # Around the eyes.
    Crease(((4.95, 3.75), (5.5, 4.1), (6.05, 4.5)), 0.08, 0.05, {"cheekSquint": 0.5, "eyeSquint": 0.3,
           "mouthSmile": 0.4}, (0, 1, 0.4)),
    Crease(((5.0, 3.45), (5.6, 3.5), (6.25, 3.6)), 0.08, 0.05, {"cheekSquint": 0.5, "eyeSquint": 0.3,
           "mouthSmile": 0.4}, (0, 1, 0.4)),
    Crease(((4.95, 3.15), (5.45, 2.9), (6.0, 2.7)), 0.08, 0.05, {"cheekSquint": 0.5, "eyeSquint": 0.3,
           "mouthSmile": 0.4}, (0, 1, 0.4)),
    Crease(((1.9, 2.65), (2.6, 2.2), (3.6, 2.1), (4.6, 2.55)), 0.11, 0.045,
           {"eyeSquint": 0.6, "cheekSquint": 0.6, "mouthSmile": 0.25}, (0, 1, 0.9)),
    # Below the lower lip.
    Crease(((0.0, -5.35), (0.7, -5.4), (1.35, -5.75)), 0.16, 0.07,
           {"mouthShrugLower": 0.9, "mouthFrown": 0.3, "mouthRollLower": 0.4, "mouthPress": 0.3}, (0, -1, 0.8)),
)
# fmt: on


def crease_strengths(expression: Float[np.ndarray, "*batch expression"]) -> Float[np.ndarray, "*batch side_crease"]:
    """The strength of each crease, 0 to 1; the person's left side comes first, then the right side."""
    pull = expression @ _DRIVERS.T
    return np.clip((pull - CREASE_START) / (1 - CREASE_START), 0, 1).astype(np.float32)


def crease_reliefs(places: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "side_crease *shape"]:
    """The height of skin, in centimetres, that each crease at full strength adds at places of the resting face."""
    flat = places.reshape(-1, 2)
    reliefs = [_relief(crease, flat * [side, 1]) for side in (1, -1) for crease in CREASES]
    return np.stack(reliefs).reshape(-1, *places.shape[:-1]).astype(np.float32)


@dataclass(frozen=True)
class CreaseMap:
    """One crease of the person's left side at full strength, as a picture of the resting face around it."""

    low: Float[np.ndarray, "2"]  # the place of the first point
    heights: Float[np.ndarray, "row column"]  # of points MAP_STEP apart, x along the columns and y along the rows

    @classmethod
    def of(cls, crease: Crease) -> "CreaseMap":
        """The map of one crease, in centimetres of height."""
        line, reach = _dense(crease), REACH * crease.width
        low, high = line.min(0) - reach, line.max(0) + reach
        x, y = (np.arange(first, last + MAP_STEP, MAP_STEP) for first, last in zip(low, high, strict=True))
        places = np.stack(np.meshgrid(x, y), -1)
        heights = _relief(crease, places.reshape(-1, 2)).reshape(places.shape[:2])
        return cls(low, heights.astype(np.float32))

    def seen_at(
        self, places: Float[np.ndarray, "height width 2"]
    ) -> tuple[tuple[slice, slice], Float[np.ndarray, "somerow somecolumn"]]:
        """The heights of this crease in a picture of the resting face, and the rows and columns that they fill.

        `places` says for each pixel where it lies on the resting face, in centimetres. Other pixels have no height.
        """
        high = self.low + MAP_STEP * (np.array(self.heights.shape[::-1]) - 1)
        left, top, width, height = cv2.boundingRect(cv2.inRange(places, self.low, high))
        area = slice(top, top + height), slice(left, left + width)
        where = ((places[area] - self.low) / MAP_STEP).astype(np.float32)
        if not where.size:
            return area, np.zeros((0, 0), np.float32)
        return area, cv2.remap(self.heights, where, NO_SECOND_MAP, cv2.INTER_CUBIC)


@cache
def crease_maps() -> tuple[CreaseMap, ...]:
    """Every crease of the person's left side: drawn once, because each portrait needs all of them."""
    return tuple(CreaseMap.of(crease) for crease in CREASES)


def _relief(crease: Crease, places: Float[np.ndarray, "place 2"]) -> Float[np.ndarray, "place"]:
    """A furrow that fades toward its ends, with a soft swelling on one side."""
    line = _dense(crease)
    share = np.linspace(0, 1, len(line))
    from_middle = crease.points[0][0] == 0  # such a line goes on over the other side
    strength = smoothstep(np.clip(4 * (1 - share), 0, 1) * (1 if from_middle else np.clip(4 * share, 0, 1)))
    across, up, height = crease.swelling
    aside = 2.5 * crease.width * np.array([across, up]) / max(float(np.hypot(across, up)), 1e-6)
    relief = np.zeros(len(places), np.float32)
    reach = REACH * crease.width
    near = ((places > line.min(0) - reach) & (places < line.max(0) + reach)).all(1)
    close = places[near].astype(np.float32)
    for offset, width, amount in ((0.0, 1.0, -crease.depth), (1.0, 2.2, height * crease.depth)):
        points = (line + offset * aside).astype(np.float32)
        squared = (close[:, :1] - points[:, 0]) ** 2 + (close[:, 1:] - points[:, 1]) ** 2
        relief[near] += amount * (np.exp(-squared / (2 * (width * crease.width) ** 2)) * strength).max(1)
    return relief * _own_side(places[:, 0]) if from_middle else relief


def _own_side(x: Float[np.ndarray, "place"]) -> Float[np.ndarray, "place"]:
    """Half at the middle, so that both sides of a line that crosses it add up."""
    return 1 / (1 + np.exp(-x / 0.15))


def _dense(crease: Crease) -> Float[np.ndarray, "point 2"]:
    """A smooth curve through a crease's points, evenly spaced."""
    curve = curve_matrix(len(crease.points)) @ np.array(crease.points, np.float32)
    length = np.linalg.norm(np.diff(curve, axis=0), axis=1).sum()
    count = max(int(length / DENSE_STEP), 4)
    at = np.linspace(0, len(curve) - 1, count)
    return np.stack([np.interp(at, np.arange(len(curve)), curve[:, axis]) for axis in (0, 1)], 1)


def _drivers() -> Float[np.ndarray, "side_crease expression"]:
    drivers = np.zeros((2 * len(CREASES), NUM_EXPRESSIONS), np.float32)
    for index, (side, crease) in enumerate([(side, crease) for side in ("Left", "Right") for crease in CREASES]):
        for name, share in crease.drivers.items():
            drivers[index, ARKIT_INDEX[name if name in ARKIT_INDEX else name + side]] = share
    return drivers


_DRIVERS = _drivers()
