"""The opening between the lips in one frame against the portrait's own: where lips part, and where they hide teeth."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ..contours import OpeningContour
from ..pixel_box import PixelBox

ACROSS_MOUTH = np.linspace(0, 1, 24)  # where a mouth is compared with the portrait's, as shares of its width
# All in widths of the mouth. By eye, on the bundled portraits and on a laughing one.
DEPARTURE = 0.03  # lips that have moved so far show only what is behind them, and no portrait's pixels
# Lips that come near to each other hide the portrait's own teeth: wholly at a distance of minus the first (they
# overlap), and not at all from the second on. Otherwise a bright line of teeth would stay before lips meet.
NARROW = (0.005, 0.055)


@dataclass(frozen=True)
class MouthOpening:
    """The opening between the lips in one frame, over a box of pixels. Lengths in canvas units."""

    contour: OpeningContour  # where the lips have moved to
    source: OpeningContour  # the portrait's opening where the head carries it
    box: PixelBox

    @cached_property
    def heights(self) -> tuple[np.ndarray, np.ndarray]:
        """y of the upper and of the lower lip at the columns of the box' table."""
        return self.contour.heights(self.box.table_x)

    @cached_property
    def heights_across(self) -> tuple[Float[np.ndarray, "2 across"], Float[np.ndarray, "2 across"]]:
        """y of both lips at the columns ACROSS_MOUTH, here and in the portrait's own opening."""
        here, there = (
            np.stack(opening.heights(opening.left + ACROSS_MOUTH * opening.width))
            for opening in (self.contour, self.source)
        )
        return here, there

    @property
    def departure(self) -> float:
        """How far the lips are from the portrait's: 0 to 1, where they differ by DEPARTURE or more."""
        here, there = self.heights_across
        return min(float(np.abs(here - there).mean()) / (DEPARTURE * self.source.width), 1.0)

    def parted(self, shows_teeth: float) -> Float[np.ndarray, "height width"]:
        """Where the lips stand further apart than the portrait's closed lips do, 0 to 1.

        `shows_teeth` is 1 for a portrait with an open mouth, which is parted everywhere, and 0 for closed lips.
        """
        _, there = self.heights_across
        upper, lower = self.heights
        across = (self.box.table_x - self.contour.left) / self.contour.width
        gap = lower - upper - (1 - shows_teeth) * np.interp(across, ACROSS_MOUTH, there[1] - there[0])
        (parted,) = self.box.curves(np.clip(gap / (0.5 * DEPARTURE * self.source.width) + shows_teeth, 0, 1))
        return parted

    def covered(self, shows_teeth: float) -> Float[np.ndarray, "height width 1"]:
        """How much lips that have come nearer to each other than the portrait's hide of its own teeth, 0 to 1."""
        source, contour = self.source, self.contour
        across = source.left + (self.box.table_x - contour.left) * (source.width / contour.width)
        here, there = (lower - upper for upper, lower in (self.heights, source.heights(across)))
        thin, narrow = np.array(NARROW) * source.width
        seen = np.clip((here + thin) / (np.minimum(there, narrow) + thin), 0, 1)
        (hidden,) = self.box.curves(shows_teeth * (1 - seen * seen))
        return hidden[..., None]
