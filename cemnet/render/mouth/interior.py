"""What shows between parted lips: the portrait's own teeth as far as they reach, else painted teeth and tongue.

The upper teeth are fixed to the skull and the lower ones to the jaw of the fitted head. Their meshes are drawn once
for a portrait, in its pose and its colours; a frame only moves the two drawings.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ...checkpoint import check_arrays, load_checkpoint
from ...curves import smoothstep
from ...errors import MissingModelError
from ...face.landmark_indices import LIP_CORNERS, NOSE_BASE, OUTER_EYE_CORNERS
from ..contours import OpeningContour, SimilarityTransform
from ..displacement_field import read_at
from ..landmark_motion import LandmarkMotion
from ..pixel_box import PixelBox, sample_pixels
from .colours import MouthTones
from .lips import Lips
from .opening import MouthOpening
from .posed_teeth import JAW_INDICES, LOWER_FIT, UPPER_FIT, PosedTeeth
from .teeth import DentalMesh

OPENING_SOFTNESS = 0.7  # canvas units of blur at the edge of the opening; by eye

# Light in the mouth, in widths of the mouth and shares of the light. By eye, on the bundled portraits.
LIP_SHADOW = (0.6, 0.1)  # light right under the upper lip, and how far down the shadow reaches
CORNER_SHADOW = 0.6  # of the light that is lost in the corners
MUCOSA_REACH = (0.12, 0.3)  # light on the inner side of the lip reaches so far up, and on the cheeks so far inwards
MUCOSA_LIGHT = 0.75

SKULL = (*OUTER_EYE_CORNERS, *NOSE_BASE)  # landmarks that no speech moves, with which upper teeth are carried

# Where the portrait's own teeth surely are, in an open mouth. By eye, on a laughing portrait.
OWN_INSET = 1.5  # of the lips' rim: so far inside of the contour
OWN_SOFTNESS = (1.2, 0.8)  # blur in canvas units and in pixels, of which the larger counts
OWN_STEEPNESS, OWN_START = 2.0, 0.8  # the blurred mask times the first, less the second: it ends where the blur begins

# The shadow of the portrait's own teeth on what is painted below them: depth, and reach in canvas units; by eye.
OWN_SHADOW, OWN_SHADOW_REACH = 0.55, 2.5


@dataclass(frozen=True)
class MouthInterior:
    """The teeth, gums and tongue of any face."""

    upper: DentalMesh
    lower: DentalMesh

    @classmethod
    def load(cls, path: Path) -> "MouthInterior":
        """Reads released weights; MissingModelError when they cannot be read."""
        tensors, _ = load_checkpoint(path)
        meshes = {}
        for jaw in ("upper", "lower"):
            names = [name for name in tensors if name.startswith(f"{jaw}.")]
            parts = {name.removeprefix(f"{jaw}."): tensors.pop(name) for name in names}
            check_arrays(path, parts, DentalMesh, {"mode": len(JAW_INDICES)})
            whole = {key: parts.pop(key).numpy().astype(np.int64) for key in ("faces", "kinds")}
            mesh = DentalMesh(**whole, **{key: value.float().numpy() for key, value in parts.items()})
            if not (mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)):
                raise MissingModelError(
                    f"The weights {path} are damaged: {jaw}.faces counts more corners than there are."
                )
            meshes[jaw] = mesh
        for name in tensors:
            raise MissingModelError(f"The weights {path} are of another kind: nothing needs their {name[:80]}.")
        return cls(**meshes)

    def pose(
        self,
        motion: LandmarkMotion,
        landmarks: Float[np.ndarray, "landmark 2"],
        lips: Lips,
        crop: Float[np.ndarray, "height width channel"],
    ) -> "PosedMouth":
        """Draws the teeth for one portrait; landmarks in canvas units."""
        units, pixels = OWN_SOFTNESS
        inside = OpeningContour.between(
            lips.contour.upper + OWN_INSET * lips.rim, lips.contour.lower - OWN_INSET * lips.rim
        )
        mask = inside.mask(lips.box, max(units * motion.canvas.pixels_per_unit, pixels))
        own_mask = np.clip(OWN_STEEPNESS * mask - OWN_START, 0, 1).astype(np.float32)
        own_pixels, shown = crop[lips.box.area], lips.contour.shows_teeth
        tones = MouthTones.of_portrait(crop, motion.canvas, landmarks).with_teeth_of(own_pixels, shown * own_mask)
        upper = PosedTeeth.draw(self.upper, motion, lips, tones, UPPER_FIT)
        lower = PosedTeeth.draw(self.lower, motion, lips, tones, LOWER_FIT)
        return PosedMouth(motion, landmarks, lips, tones, upper, lower, shown, own_mask, own_pixels)


@dataclass(frozen=True)
class FilmTeeth:
    """The teeth that one frame of a film shows, as they are seen in another frame."""

    to_frame: SimilarityTransform  # from canvas to canvas, as the skull moves
    box: PixelBox  # around the mouth of the frame that shows them
    pixels: Float[np.ndarray, "height width channel"]
    mask: Float[np.ndarray, "height width"]  # where it shows them, 0 to 1

    def over(
        self, painted: Float[np.ndarray, "height width channel"], opening: MouthOpening
    ) -> Float[np.ndarray, "height width channel"]:
        """A painted mouth with these teeth where they are known. They stay with the skull, as upper teeth do."""
        x, y = self.to_frame.backward(opening.box.x, opening.box.y)
        where = np.stack([row[0] * x + row[1] * y + row[2] for row in self.box.to_box], -1).astype(np.float32)
        inside = (where > -0.5) & (where < np.array(self.mask.shape[::-1]) - 0.5)
        share = (read_at(self.mask, where) * inside.all(-1))[..., None]
        colours = slice(min(3, painted.shape[2]))  # the film's teeth may have no alpha
        painted[..., colours] += share * (sample_pixels(self.pixels, where)[..., colours] - painted[..., colours])
        return painted


@dataclass(frozen=True)
class PosedMouth:
    """The mouth of one portrait, ready to be filled."""

    motion: LandmarkMotion
    landmarks: Float[np.ndarray, "landmark 2"]  # canvas units
    lips: Lips
    tones: MouthTones
    upper: PosedTeeth
    lower: PosedTeeth
    own: float  # 1 when the portrait shows its own teeth, 0 when its lips are shut
    own_mask: Float[np.ndarray, "height width"]  # where it shows them, in the lips' whole box
    own_pixels: Float[np.ndarray, "height width channel"]  # of that box
    film: "FilmTeeth | None" = None  # in another frame of a film: the teeth that are painted over its own
    lip_shadow: tuple[float, float] = LIP_SHADOW

    def seen_in(self, motion: LandmarkMotion, landmarks: Float[np.ndarray, "landmark 2"], lips: Lips) -> "PosedMouth":
        """The same mouth in another frame of a film, whose own teeth it covers; landmarks in canvas units."""
        skull = list(SKULL)
        to_frame = SimilarityTransform.fitting(self.landmarks[skull], landmarks[skull])
        film = FilmTeeth(to_frame, self.lips.box, self.own_pixels, self.own * self.own_mask)
        return replace(self, motion=motion, landmarks=landmarks, lips=lips, own=lips.contour.shows_teeth, film=film)

    def fill(
        self,
        box: PixelBox,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        skin: Float[np.ndarray, "height width channel"],
        contour: OpeningContour,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
        by_head: Float[np.ndarray, "landmark 2"],
    ) -> Float[np.ndarray, "height width channel"]:
        """A box of pixels with what shows between the moved lips.

        `skin` are the warped pixels of the box, which are changed in place and returned. `contour` is the opening of
        the moved lips, `by_head` the displacement of the landmarks by the head alone, in canvas units.
        """
        corners = list(LIP_CORNERS)
        transform = SimilarityTransform.of_corners(self.landmarks[corners], by_head[corners])
        softness = OPENING_SOFTNESS * self.motion.canvas.pixels_per_unit
        opening = MouthOpening(contour, self.lips.contour.transformed(transform), contour.part_of(box, softness))
        mask = contour.mask(opening.box, softness) * opening.parted(self.own)
        if not mask.any():
            return skin
        seen = skin[opening.box.place_in(box)]
        colours = self.paint(opening, expression, head)
        inside = np.concatenate([colours, seen[..., 3:]], 2)[..., : seen.shape[2]]
        if self.film is not None:
            inside = self.film.over(inside, opening)
        elif self.own > 0 or opening.departure < 1:
            inside = self.with_own_teeth(inside, opening, crop, transform)
        seen += mask[..., None] * (inside - seen)
        return skin

    def with_own_teeth(
        self,
        painted: Float[np.ndarray, "height width channel"],
        opening: MouthOpening,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        transform: SimilarityTransform,
    ) -> Float[np.ndarray, "height width channel"]:
        """The painted mouth with the portrait's own pixels where it shows teeth, or where lips have hardly moved."""
        box = opening.box
        corner = np.array([self.lips.box.area[1].start, self.lips.box.area[0].start], np.float32)
        where = box.moved_places(self.motion.canvas, *transform.backward(box.x, box.y))
        reach = read_at(self.own_mask, where - corner)
        share = np.maximum(1 - opening.departure, self.own * reach)[..., None]
        up = OWN_SHADOW_REACH * self.motion.canvas.to_source[:, 1]  # pixels
        shadow = self.own * opening.departure * read_at(self.own_mask, where - corner - up.astype(np.float32))
        below = painted[..., :3]
        below += (OWN_SHADOW * shadow)[..., None] * (self.tones.cavity[: below.shape[2]] - below)
        inside = painted + share * (sample_pixels(crop, where) - painted)
        colours = inside[..., :3]
        between = ((self.tones.cavity + self.tones.gum) / 2)[: colours.shape[2]]
        colours -= opening.covered(self.own) * (colours - between)
        return inside

    def mucosa(self, opening: MouthOpening) -> Float[np.ndarray, "height width 3"]:
        """The dark of the cavity, and in front of it the inner side of lower lip and cheeks, on which light falls."""
        box, contour = opening.box, opening.contour
        _, lower = opening.heights
        below, beside = MUCOSA_REACH
        corner = (1 - np.abs(2 * (box.table_x - contour.left) / contour.width - 1)) / (2 * beside)
        lip, cheek = box.curves(lower, np.clip(1 - corner, 0, 1))
        near = np.maximum(np.clip(1 - (lip - box.y) / (below * self.lips.contour.width), 0, 1), cheek)
        share = (MUCOSA_LIGHT * smoothstep(near))[..., None]
        return self.tones.cavity + share * (self.tones.gum - self.tones.cavity)

    def paint(
        self, opening: MouthOpening, expression: Float[np.ndarray, "expression"], head: Float[np.ndarray, "3"]
    ) -> Float[np.ndarray, "height width 3"]:
        """The drawings of tongue, gums and teeth over the cavity, in the shadow of the upper lip and the corners."""
        box, contour = opening.box, opening.contour
        jaw = expression[JAW_INDICES]
        picture = self.mucosa(opening)
        for layer in (self.lower, self.upper):
            drawing = layer.moved(self.motion, box, jaw, head)
            picture = picture * (1 - drawing[..., 3:]) + drawing[..., :3]
        upper, _ = opening.heights
        sideways = np.abs(2 * (box.table_x - contour.left) / contour.width - 1)
        under, corner = box.curves(upper, 1 - CORNER_SHADOW * np.clip(sideways, 0, 1) ** 3)
        darkest, reach = self.lip_shadow
        depth = np.clip((box.y - under) / (reach * self.lips.contour.width), 0, 1)
        light = ((darkest + (1 - darkest) * np.sqrt(depth)) * corner)[..., None]
        return self.tones.cavity + light * (picture - self.tones.cavity)
