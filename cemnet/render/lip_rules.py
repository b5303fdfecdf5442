"""Rules for the lips' landmarks, on top of the fitted head: lips that shut meet, and a raised upper lip spares the gum.

Both rules return vertical displacements in canvas units (y points down) for the nine columns of lip landmarks; all four
rows of a lip move together.
"""

import statistics
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..face.landmark_indices import LOWER_LIP_ROWS, UPPER_LIP_ROWS

UPPER_ROWS, LOWER_ROWS = np.array(UPPER_LIP_ROWS), np.array(LOWER_LIP_ROWS)

# Lips that shut. By eye, on the bundled portraits and on a laughing one. Gaps and overlaps in canvas units.
GAP_NOISE = 0.5  # a gap this small is noise of the landmarks
ALMOST_SHUT = 0.4  # share of the portrait's gap below which parted lips begin to overlap
PARTED_GAP = 4.0  # a portrait's gap from which on lips that shut overlap by the whole of OVERLAP
OVERLAP = 2.0
FIELD_SHORTFALL = 0.13  # times (gap / PARTED_GAP)²: by so much smooth fields fall short of a closing
UPPER_LIP_SHARE = 0.35  # of a correction of the gap; the lower lip takes the rest

# An upper lip that rises, in canvas units. By eye, on the bundled portraits: the effects of muscles do not add up.
FREE_RISE = 6.0  # so far it rises as the fitted head says
MOST_FURTHER_RISE = 6.0  # it comes ever closer to this further rise, and never reaches it
LEAST_ROOM = 1.0  # the further rise that is left to a lip which a portrait shows raised already


def lip_gap(points: Float[np.ndarray, "landmark 2"]) -> Float[np.ndarray, "9"]:
    """Vertical distance of the inner lips in nine columns, in the units of the points; negative where they overlap."""
    return points[LOWER_ROWS[0], 1] - points[UPPER_ROWS[0], 1]


@dataclass(frozen=True)
class LipRules:
    """The lips of one portrait, and how its expressions move them. All lengths in canvas units."""

    gap: Float[np.ndarray, "9"]  # between the detected lips
    fitted_gap: Float[np.ndarray, "9"]  # between the fitted lips, less the gap at rest
    rest_gap: Float[np.ndarray, "9"]  # between the lips of the same person at rest
    upper_rise: Float[np.ndarray, "9"]  # of the fitted upper lip above its rest

    @classmethod
    def build(
        cls,
        detected: Float[np.ndarray, "landmark 2"],
        fitted: Float[np.ndarray, "landmark 2"],
        rest: Float[np.ndarray, "landmark 2"],
    ) -> "LipRules":
        """From the landmarks as detected, as fitted, and as fitted to the same person without an expression."""
        rest_gap = lip_gap(rest)
        rise = (rest - fitted)[UPPER_ROWS[0], 1]
        return cls(lip_gap(detected).clip(0), lip_gap(fitted) - rest_gap, rest_gap, rise)

    def closing(self, fitted: Float[np.ndarray, "landmark 2"]) -> tuple[Float[np.ndarray, "9"], Float[np.ndarray, "9"]]:
        """Displacements of the upper and the lower lip with which lips meet when the expression closes them.

        `fitted` are the landmarks of the fitted head with the expression. The portrait's own gap shrinks in proportion
        to the fitted one, however open the mouth is. Landmarks of an open mouth lie on the inner edge of the lips, and
        teeth show right behind it: lips that shut overlap a little, to hide them.
        """
        gap = lip_gap(fitted) - self.rest_gap
        share = np.clip((gap.clip(0) + GAP_NOISE) / (self.fitted_gap.clip(0) + GAP_NOISE), 0, 1)
        wider = np.maximum(gap - self.fitted_gap.clip(0), 0)
        change = self.gap * share + wider - self.gap
        shutting = np.clip(1 - share / ALMOST_SHUT, 0, 1)
        parted = self.gap / PARTED_GAP
        overlap = shutting * (OVERLAP * parted.clip(0, 1) + FIELD_SHORTFALL * parted**2)
        excess = change - (gap - self.fitted_gap)
        return overlap / 2 - UPPER_LIP_SHARE * excess, (1 - UPPER_LIP_SHARE) * excess - overlap / 2

    def holding(
        self, moved: Float[np.ndarray, "landmark 2"], by_head: Float[np.ndarray, "landmark 2"]
    ) -> Float[np.ndarray, "9"]:
        """Displacement of the upper lip, downwards, that keeps a strong rise from baring the gum.

        `moved` and `by_head` are displacements of the landmarks by everything and by the head alone. The result never
        pushes the upper lip past the lower one.
        """
        rise = self.upper_rise + (by_head - moved)[UPPER_ROWS[0], 1]
        height = statistics.median(rise.tolist())
        start = max(FREE_RISE, statistics.median(self.upper_rise.tolist()))
        if height <= start:
            return np.zeros_like(rise)
        room = max(FREE_RISE + MOST_FURTHER_RISE - start, LEAST_ROOM)
        excess = rise * (1 - (start + room * np.tanh((height - start) / room)) / height)
        return np.minimum(excess, np.maximum(self.gap + lip_gap(moved), 0))
