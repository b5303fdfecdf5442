"""Rules for the landmarks of eyelids and irises, on top of the fitted head.

Lids keep the portrait's own almond: they open and close in proportion to it, and a full blink shuts them. Irises go
where the eyes look, and stay between the lids. The rules return displacements in canvas units (y points down).
"""

import statistics
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..face.landmark_indices import LIDS, Lids

# How far lids open, as shares of the portrait's own opening. By eye, on the bundled portraits.
MOST_WIDENING = 0.42  # of an eye that stares
MOST_RELAXING = 0.14  # of an eye whose squint leaves, without a stare
FULL_STARE = 0.6  # the value of eyeWide that lets an eye widen by all of MOST_WIDENING

# How the two lids share a change of the opening. By eye, on the bundled portraits.
LOWER_LID_CLOSING = 0.5  # the most that the lower lid takes of a closing
LOWER_LID_WIDENING = 0.25  # what it takes of a widening

# A basis that moves lids too little must not make them shut at the slightest motion: the fitted change of a full blink
# counts as at least this share of the portrait's opening, plus a length in canvas units.
LEAST_SHUTTING, LEAST_SHUTTING_LENGTH = 0.3, 1e-3
SMALLEST_OPENING = 1e-3  # canvas units; keeps divisions finite for an eye that is shut in the portrait

# How close an iris' centre comes to the lids, as shares of the eye's height. By eye, on the bundled portraits.
IRIS_BELOW_UPPER_LID, IRIS_ABOVE_LOWER_LID = 0.2, 0.22
LEAST_IRIS_ROOM = 0.5  # canvas units that an iris may always move up and down


def lid_gap(points: Float[np.ndarray, "landmark 2"]) -> Float[np.ndarray, "2 7"]:
    """Vertical distance of the lids of the right and the left eye in seven columns, in the units of the points."""
    return np.stack([points[list(lids.lower), 1] - points[list(lids.upper), 1] for lids in LIDS])


def corner_motion(moved: Float[np.ndarray, "landmark 2"], lids: Lids) -> Float[np.ndarray, "7 2"]:
    """The displacement of an eye's two corners, spread linearly over the seven columns between them."""
    share = np.linspace(0, 1, len(lids.upper) + 2)[1:-1, None]
    first, last = moved[lids.corners[0]], moved[lids.corners[1]]
    return first + share * (last - first)


def lid_lifts(moved: Float[np.ndarray, "landmark 2"], lids: Lids) -> tuple[float, float]:
    """How far the upper lid rises and how far the lower lid sinks, relative to the corners (medians of the columns)."""
    between = corner_motion(moved, lids)[1:-1, 1]
    upper, lower = moved[list(lids.upper[1:-1]), 1], moved[list(lids.lower[1:-1]), 1]
    return statistics.median((between - upper).tolist()), statistics.median((lower - between).tolist())


@dataclass(frozen=True)
class EyelidRules:
    """One eye of a portrait, and how its expressions move lids and iris. All lengths in canvas units."""

    lids: Lids
    gap: Float[np.ndarray, "7"]  # between the detected lids
    shutting: float  # the change of the fitted opening, negative, that counts as a full blink
    room_above: float  # how far the iris' centre may rise
    room_below: float  # how far it may sink

    @classmethod
    def build(
        cls, lids: Lids, detected: Float[np.ndarray, "landmark 2"], blink: Float[np.ndarray, "landmark 2"]
    ) -> "EyelidRules":
        """From the detected landmarks and the displacements with which a full blink moves the fitted head."""
        upper, lower, iris = (detected[list(rows), 1] for rows in (lids.upper, lids.lower, lids.iris[:1]))
        gap = (lower - upper).clip(0)
        shutting = min(sum(lid_lifts(blink, lids)), -LEAST_SHUTTING * float(gap.mean()) - LEAST_SHUTTING_LENGTH)
        top, bottom, centre = upper.min(), lower.max(), float(iris[0])
        above = centre - top - IRIS_BELOW_UPPER_LID * (bottom - top)
        below = bottom - IRIS_ABOVE_LOWER_LID * (bottom - top) - centre
        return cls(lids, gap, shutting, float(max(above, LEAST_IRIS_ROOM)), float(max(below, LEAST_IRIS_ROOM)))

    def lid_displacements(
        self, moved: Float[np.ndarray, "landmark 2"], stare: float | np.floating, blink: float | np.floating
    ) -> tuple[Float[np.ndarray, "7 2"], Float[np.ndarray, "7 2"]]:
        """Displacements of the upper and the lower lid.

        `moved` are displacements by the fitted head alone. `stare` (0 to 1) lets the eye widen, `blink` (0 to 1) shuts
        it, whatever else moves it.
        """
        rise, sink = lid_lifts(moved, self.lids)
        height = max(float(self.gap.mean()), SMALLEST_OPENING)
        change = self.opening_change(rise + sink, height, stare, blink)
        lower_share = LOWER_LID_WIDENING
        if change < 0:
            lower_share = float(np.clip(sink / min(rise + sink, -1e-6), 0, LOWER_LID_CLOSING))
        profile = self.gap / height
        upper = corner_motion(moved, self.lids).astype(moved.dtype)
        lower = upper.copy()
        upper[:, 1] -= (1 - lower_share) * change * profile
        lower[:, 1] += lower_share * change * profile
        return upper, lower

    def opening_change(
        self, fitted: float, height: float, stare: float | np.floating, blink: float | np.floating
    ) -> float | np.floating:
        """The change of an opening of a height, for a change of the fitted one: −height shuts the eye."""
        widest = MOST_RELAXING + stare * (MOST_WIDENING - MOST_RELAXING)
        change = min(fitted, widest * height)
        change += blink**3 * (min(self.shutting, change) - change)
        return -height * min(change / self.shutting, 1.0) if change < 0 else change

    def limited_turn(self, turn: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
        """A turn of the iris, softly limited so that most of it stays between the portrait's lids."""
        room = self.room_below if turn[1] > 0 else self.room_above
        return np.array([turn[0], room * np.tanh(turn[1] / room)])
