"""One eye of a portrait, and the same eye posed for one frame: lids, skin around them, gaze."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ...curves import smoothstep
from ...face.landmark_indices import Lids
from ..contours import OpeningContour, SimilarityTransform, smooth_curve
from ..pixel_box import PixelBox
from ..skin_light import FrameLight
from ..warp import FaceWarp
from .eyeball import HiddenEye

# The skin that stretches with the lids. By eye, on the bundled portraits.
BROW_REACH = 0.85  # the share of the skin between lid and brow
LEAST_BROW_HEIGHT = 0.12  # of the eye's width: skin below a brow is at least so high
CHEEK_REACH = 0.45  # of the eye's width: how far down the skin below the eye stretches

# The boxes of pixels that an eye needs, in widths of the eye. By eye, on the bundled portraits.
HEAD_REACH = 1.0  # how far the head may carry an eye
BOX_MARGIN = 0.2  # around the skin that stretches

CORNER_REACH = 0.04  # of the eye's width: how far the opening reaches beyond the landmarks of its corners; by eye
# A lid counts as closing between these shares of the eye's height. By eye: one that closes less keeps its lashes and
# creases, one that closes more loses them.
CLOSING = (0.1, 0.5)
SMALLEST_HEIGHT = 1e-3  # canvas units; keeps divisions finite for an eye that is shut in the portrait


@dataclass(frozen=True)
class SkinMotion:
    """The pixels of a portrait, and how one frame moves its skin above the mouth."""

    crop: Float[np.ndarray, "cropheight cropwidth channel"]  # the part of the picture that may move
    warp: FaceWarp
    forward: Float[np.ndarray, "row column 2"]  # the field: where the skin at each node goes
    backward: Float[np.ndarray, "row column 2"]  # the flow: where each node's skin comes from
    light: FrameLight | None = None  # None where skin keeps the light that it has in the portrait


@dataclass(frozen=True)
class Eye:
    """One eye of a portrait, in canvas units."""

    lids: Lids
    landmarks: Float[np.ndarray, "landmark 2"]
    contour: OpeningContour
    brow: Float[np.ndarray, "dense 2"]  # above this curve lids stretch nothing
    cheek: Float[np.ndarray, "dense 2"]  # below this one
    box: PixelBox
    hidden: HiddenEye

    @classmethod
    def build(
        cls,
        warp: FaceWarp,
        landmarks: Float[np.ndarray, "landmark 2"],
        lids: Lids,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
    ) -> "Eye":
        """Precomputes what no frame changes: curves, the box of pixels, and what lids hide."""
        contour = lid_contour(landmarks, lids)
        brow_edge = landmarks[list(lids.brow_edge)]
        brow_edge = brow_edge[brow_edge[:, 0].argsort()]
        brow, cheek = contour.upper.copy(), contour.lower.copy()
        edge = np.interp(brow[:, 0], brow_edge[:, 0], brow_edge[:, 1])
        brow[:, 1] -= BROW_REACH * np.maximum(brow[:, 1] - edge, LEAST_BROW_HEIGHT * contour.width)
        cheek[:, 1] += CHEEK_REACH * contour.width
        low, high = brow.min(0), cheek.max(0)
        reach = HEAD_REACH * contour.width
        box = PixelBox.around(warp, low - reach, high + reach)
        hidden = HiddenEye.build(crop, box, contour, landmarks, lids)
        return cls(lids, landmarks, contour, brow, cheek, box, hidden)

    @property
    def height(self) -> float:
        """Mean height of the opening in the portrait, in canvas units."""
        return self.contour.aperture * self.contour.width

    def posed(
        self,
        skin: SkinMotion,
        moved: Float[np.ndarray, "landmark 2"],
        by_head: Float[np.ndarray, "landmark 2"],
    ) -> "PosedEye":
        """The eye in one frame.

        `moved` and `by_head` are displacements of the landmarks by everything and by the head alone, in canvas units.
        """
        lids = lid_contour(self.landmarks + moved, self.lids)
        curves = np.concatenate([self.contour.upper, self.contour.lower, self.brow, self.cheek])
        upper, lower, brow, cheek = (curves + skin.warp.sample(skin.forward, curves)).reshape(4, -1, 2)
        reach = BOX_MARGIN * self.contour.width
        outline = lids.outline()
        low, high = np.minimum(outline.min(0), brow.min(0)), np.maximum(outline.max(0), cheek.max(0))
        corners, iris = list(self.lids.corners), list(self.lids.iris)
        return PosedEye(
            self,
            skin,
            lids,
            OpeningContour(upper, lower),
            brow,
            cheek,
            SimilarityTransform.of_corners(self.landmarks[corners], by_head[corners]),
            (moved[iris] - by_head[iris]).mean(0),
            self.box.part(low - reach, high + reach),
        )


@dataclass(frozen=True)
class PosedEye:
    """One eye in one frame, in canvas units."""

    eye: Eye
    skin: SkinMotion
    lids: OpeningContour  # the opening between the lids where they have moved to
    carried: OpeningContour  # the portrait's opening where the skin's field alone carries it
    brow: Float[np.ndarray, "dense 2"]  # the eye's curves where that field carries them
    cheek: Float[np.ndarray, "dense 2"]
    by_head: SimilarityTransform  # carries the eyeball with the head
    gaze: Float[np.ndarray, "2"]  # displacement of the iris by gaze alone
    box: PixelBox  # the pixels that lids and eyeball may change

    @cached_property
    def lid_heights(self) -> tuple[np.ndarray, np.ndarray]:
        """y of the upper and the lower lid at the columns of the box' table, which parts of the box share."""
        return self.lids.heights(self.box.table_x)

    @cached_property
    def carried_heights(self) -> tuple[np.ndarray, np.ndarray]:
        """y of the upper and the lower curve of `carried` at the same columns."""
        return self.carried.heights(self.box.table_x)

    @cached_property
    def own(self) -> OpeningContour:
        """The portrait's opening where the head carries it."""
        return self.eye.contour.transformed(self.by_head)

    @property
    def closing(self) -> float:
        """From 0 for lids as far apart as in the portrait to 1 for closed ones."""
        opening = self.lids.aperture * self.lids.width / max(self.eye.height, SMALLEST_HEIGHT)
        least, full = CLOSING
        return float(smoothstep(np.array([1 - opening - least]) / (full - least))[0])


def lid_contour(landmarks: Float[np.ndarray, "landmark 2"], lids: Lids) -> OpeningContour:
    """The opening between the margins of two lids; landmarks in canvas units."""
    first, last = landmarks[list(lids.corners)]
    beyond = CORNER_REACH * (last - first)
    margins = np.empty((2, len(lids.upper) + 2, 2), np.float32)
    margins[:, 0], margins[:, -1] = first - beyond, last + beyond
    margins[:, 1:-1] = landmarks[[lids.upper, lids.lower]]
    return OpeningContour.between(*smooth_curve(margins))
