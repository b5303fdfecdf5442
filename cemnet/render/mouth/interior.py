"""What is seen between parted lips: the portrait's own teeth as far as they reach, else painted teeth and tongue.

The upper teeth are fixed to the skull and the lower ones to the jaw of the fitted head. Their meshes are drawn once
for a portrait, in its pose and its colours; a frame only moves the two drawings.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from ...arkit import ARKIT_INDEX
from ...checkpoint import load_checkpoint
from ...curves import smoothstep
from ...face.landmark_indices import CHIN, LIP_CORNERS, LOWER_LIP_ROWS, NOSE_BASE, UPPER_LIP_ROWS
from ..contours import OpeningContour, SimilarityTransform
from ..displacement_field import read_at
from ..landmark_motion import LandmarkMotion
from ..pixel_box import PixelBox, sample_pixels
from .colours import MouthTones
from .lips import Lips
from .teeth import TOOTH_HEIGHT, Jaw, draw_mesh, edge_correction, light_on_far_side, person_fit

JAW_INDICES = np.array([ARKIT_INDEX[name] for name in ("jawOpen", "jawLeft", "jawRight", "jawForward")])
ACROSS_MOUTH = np.linspace(0, 1, 24)  # of its width: where a mouth is compared with the portrait's
DRAWN_JAW_OPEN = 0.45  # how far open the jaw is when the lower teeth are drawn
FACET_BLUR = 0.45  # canvas units
OPENING_SOFTNESS = 0.7  # canvas units
DEPARTURE = 0.03  # of the mouth's width: lips that moved this far show what is behind them
LIP_SHADOW = (0.6, 0.1)  # light right under the upper lip (1 is full), and how far down in widths of the mouth
NARROW = (0.005, 0.055)  # of the mouth's width: lips that near to each other hide own teeth wholly, and not yet
OWN_INSET = 1.5  # of the lips' rim: so far inside it begins what is surely not lip in an open mouth
MUCOSA_REACH, MUCOSA_LIGHT = (0.12, 0.3), 0.75  # of the mouth's width above the lower lip and beside the corners
UPPER_EDGE, LOWER_EDGE = 0.16, 0.03  # centimetres below the seam of closed lips at which front teeth end


@dataclass(frozen=True)
class MouthInterior:
    """Both jaws, for any face."""

    upper: Jaw
    lower: Jaw

    @classmethod
    def load(cls, path: Path) -> "MouthInterior":
        """Reads released weights; MissingModelError when they cannot be read."""
        tensors, _ = load_checkpoint(path)
        jaws = {}
        for name in ("upper", "lower"):
            parts = {key.split(".")[1]: value for key, value in tensors.items() if key.startswith(name)}
            whole = {key: parts.pop(key).numpy().astype(np.int64) for key in ("faces", "kinds")}
            jaws[name] = Jaw(**whole, **{key: value.float().numpy() for key, value in parts.items()})
        return cls(**jaws)

    def pose(
        self,
        motion: LandmarkMotion,
        landmarks: Float[np.ndarray, "landmark 2"],
        lips: Lips,
        crop: Float[np.ndarray, "height width channel"],
    ) -> "PosedMouth":
        """Draws the jaws for one portrait; landmarks in canvas units."""
        tones = MouthTones.of_portrait(crop, motion.canvas, landmarks)
        near_upper, near_lower = (*UPPER_LIP_ROWS[3], *NOSE_BASE), (*LOWER_LIP_ROWS[3], *CHIN[:6])
        upper = PosedJaw.draw(self.upper, motion, lips, tones, near_upper, 0.0, (-1, UPPER_EDGE))
        lower = PosedJaw.draw(self.lower, motion, lips, tones, near_lower, DRAWN_JAW_OPEN, (1, LOWER_EDGE))
        soft = max(1.2 * motion.canvas.pixels_per_unit, 0.8)
        inside = OpeningContour.between(
            lips.contour.upper + OWN_INSET * lips.rim, lips.contour.lower - OWN_INSET * lips.rim
        )
        own_mask = np.clip(2 * inside.mask(lips.box, soft) - 0.8, 0, 1).astype(np.float32)
        return PosedMouth(motion, landmarks, lips, tones, upper, lower, lips.contour.shows_teeth, own_mask)


@dataclass(frozen=True)
class JawPlaces:
    """Where a jaw's mesh lies in its drawing for one portrait."""

    vertices: Float[np.ndarray, "vertex 3"]  # in the basis, of this person
    scale: Float[np.ndarray, "3"]  # from the jaw's mesh to this person
    pixels: Float[np.ndarray, "vertex 2"]
    depth: Float[np.ndarray, "vertex"]
    corner: Float[np.ndarray, "2"]  # of the drawing, in pixels of the canvas
    size: tuple[int, int]  # rows and columns

    @classmethod
    def of(cls, jaw: Jaw, motion: LandmarkMotion, shift: Float[np.ndarray, "2"], jaw_open: float) -> "JawPlaces":
        """`shift` is in canvas units, from the fitted to the detected face."""
        face, (scale, offset) = motion.face, person_fit(motion)
        vertices = (jaw.vertices + jaw_open * jaw.jaw_modes[0]) * scale + offset
        depth = (vertices @ np.asarray(face.pose.rotation).T)[:, 2]
        places = (motion.canvas_places(face.pose, vertices) + shift) * motion.canvas.pixels_per_unit
        low, high = np.floor(places.min(0)) - 2, np.ceil(places.max(0)) + 2
        return cls(vertices, scale, places - low, depth, low, (int(high[1] - low[1]), int(high[0] - low[0])))


@dataclass(frozen=True)
class PosedJaw:
    """One jaw drawn in a portrait's reference pose, and how to move the drawing."""

    drawing: Float[np.ndarray, "height width 4"]  # premultiplied colour and cover, upright as the canvas
    anchors: Float[np.ndarray, "anchor 3"]  # in the basis, of this person
    anchor_modes: Float[np.ndarray, "mode anchor 3"]
    drawn_anchors: Float[np.ndarray, "3 anchor"]  # weighted pseudo-inverse of their places in the drawing
    shift: Float[np.ndarray, "2"]  # canvas units from the fitted to the detected face

    @classmethod
    def draw(
        cls,
        jaw: Jaw,
        motion: LandmarkMotion,
        lips: Lips,
        tones: MouthTones,
        near: tuple[int, ...],
        jaw_open: float,
        edge: tuple[int, float],
    ) -> "PosedJaw":
        """`near` are the landmarks whose fitting error the jaw shares; `edge` says which way its teeth point (1 is up)
        and where they end in a shut mouth."""
        face, fit = motion.face, person_fit(motion)
        residual = face.residual[list(near), :2].mean(0) @ motion.canvas.to_canvas[:, :2].T
        residual += edge_correction(jaw.anchors * fit[0] + fit[1], motion, lips, residual, edge)
        shift = residual.astype(np.float32)
        # Above and below each tooth: a flat drawing cannot follow the depth of the arch, so its front decides.
        height = np.array([[0.0, TOOTH_HEIGHT / 2, 0.0]])
        anchors = np.concatenate([jaw.anchors + height, jaw.anchors - height]) * fit[0] + fit[1]
        modes = np.concatenate([jaw.anchor_modes, jaw.anchor_modes], 1) * fit[0]
        weight = np.tile(np.exp(jaw.anchors[:, 2] - jaw.anchors[:, 2].max()), 2)[:, None]
        density, places = motion.canvas.pixels_per_unit, JawPlaces.of(jaw, motion, shift, jaw_open)
        lit = replace(jaw, shade=jaw.shade * light_on_far_side(jaw, face.pose.rotation))
        drawing = draw_mesh(places.pixels, places.depth, lit, tones, places.size)
        drawn = (motion.canvas_places(face.pose, anchors + jaw_open * modes[0]) + shift) * density - places.corner
        homogeneous = np.concatenate([drawn, np.ones((len(drawn), 1))], 1)
        inverse = np.linalg.pinv(weight * homogeneous) * weight.T
        if density > 1:  # so large that the mesh's facets would show
            drawing = cv2.GaussianBlur(drawing, (0, 0), FACET_BLUR * density)
        return cls(drawing, anchors, modes, inverse, shift)

    def moved(
        self,
        motion: LandmarkMotion,
        box: PixelBox,
        jaw: Float[np.ndarray, "mode"],
        head: Float[np.ndarray, "3"],
    ) -> Float[np.ndarray, "height width 4"]:
        """The drawing in a box of pixels, where jaw and head carry it."""
        points = self.anchors + np.tensordot(jaw, self.anchor_modes, 1)
        places = motion.canvas_places(motion.turned_pose(head), points) + self.shift
        affine = (self.drawn_anchors @ (places @ box.to_box[:, :2].T + box.to_box[:, 2])).T
        return cv2.warpAffine(self.drawing, affine, box.x.shape[::-1], flags=cv2.INTER_LINEAR)


@dataclass(frozen=True)
class PosedMouth:
    """The mouth of one portrait, ready to be filled."""

    motion: LandmarkMotion
    landmarks: Float[np.ndarray, "landmark 2"]
    lips: Lips
    tones: MouthTones
    upper: PosedJaw
    lower: PosedJaw
    own: float  # 1 when the portrait shows its own teeth, 0 when its lips are shut
    own_mask: Float[np.ndarray, "height width"]  # where, in the lips' whole box
    paints_all: bool = False  # whether the portrait's own teeth are painted over
    lip_shadow: tuple[float, float] = LIP_SHADOW

    def seen_in(self, motion: LandmarkMotion, landmarks: Float[np.ndarray, "landmark 2"], lips: Lips) -> "PosedMouth":
        """The same drawings in another frame of a film, whose own teeth they cover; landmarks in canvas units."""
        return replace(
            self, motion=motion, landmarks=landmarks, lips=lips, own=lips.contour.shows_teeth, paints_all=True
        )

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
        """A box of pixels with what shows between the moved lips; `skin`, its pixels, takes it."""
        canvas, corners = self.motion.canvas, list(LIP_CORNERS)
        carry = SimilarityTransform.of_corners(self.landmarks[corners], by_head[corners])
        softness = OPENING_SOFTNESS * canvas.pixels_per_unit
        within = contour.part_of(box, softness)
        departure, parted = self.parting(within, contour, carry)
        opening = contour.mask(within, softness) * parted
        if not opening.any():
            return skin
        seen = skin[within.place_in(box)]
        inside = np.concatenate([self.paint(within, contour, expression, head), seen[..., 3:]], 2)[..., : seen.shape[2]]
        if not self.paints_all and (self.own > 0 or departure < 1):
            corner = np.array([self.lips.box.area[1].start, self.lips.box.area[0].start], np.float32)
            where = within.moved_places(canvas, *carry.backward(within.x, within.y))
            reach = read_at(self.own_mask, where - corner)
            share = np.maximum(1 - departure, self.own * reach)[..., None]
            inside = inside + share * (sample_pixels(crop, where) - inside)
            colours = inside[..., :3]
            between = ((self.tones.cavity + self.tones.gum) / 2)[: colours.shape[2]]
            colours -= self.covered(within, contour, carry) * (colours - between)
        seen += opening[..., None] * (inside - seen)
        return skin

    def parting(
        self, box: PixelBox, contour: OpeningContour, carry: SimilarityTransform
    ) -> tuple[float, Float[np.ndarray, "height width"]]:
        """How far the lips are from the portrait's (0 to 1), and where they stand further apart than closed lips do."""
        source, share = self.lips.contour.transformed(carry), ACROSS_MOUTH
        here = np.stack(contour.heights(contour.left + share * contour.width))
        there = np.stack(source.heights(source.left + share * source.width))
        departure = min(float(np.abs(here - there).mean()) / (DEPARTURE * source.width), 1.0)
        upper, lower = contour.heights(box.table_x)
        shut = np.interp((box.table_x - contour.left) / contour.width, share, there[1] - there[0])
        gap = lower - upper - (1 - self.own) * shut
        (parted,) = box.curves(np.clip(gap / (0.5 * DEPARTURE * source.width) + self.own, 0, 1))
        return departure, parted

    def covered(
        self, box: PixelBox, contour: OpeningContour, carry: SimilarityTransform
    ) -> Float[np.ndarray, "height width 1"]:
        """How much lips that have come nearer to each other than the portrait's hide of its own teeth, 0 to 1: what is
        left of them shortly before lips meet would be a bright line."""
        source = self.lips.contour.transformed(carry)
        across = source.left + (box.table_x - contour.left) * (source.width / contour.width)
        here, there = (below - above for above, below in (contour.heights(box.table_x), source.heights(across)))
        thin, narrow = np.array(NARROW) * source.width
        seen = np.clip((here + thin) / (np.minimum(there, narrow) + thin), 0, 1)
        (hidden,) = box.curves(self.own * (1 - seen * seen))
        return hidden[..., None]

    def mucosa(self, box: PixelBox, contour: OpeningContour) -> Float[np.ndarray, "height width 3"]:
        """The dark of the cavity, and before it the inner side of lower lip and cheeks, on which light falls."""
        _, lower = contour.heights(box.table_x)
        below, beside = MUCOSA_REACH
        corner = (1 - np.abs(2 * (box.table_x - contour.left) / contour.width - 1)) / (2 * beside)
        lip, cheek = box.curves(lower, np.clip(1 - corner, 0, 1))
        near = np.maximum(np.clip(1 - (lip - box.y) / (below * self.lips.contour.width), 0, 1), cheek)
        share = (MUCOSA_LIGHT * smoothstep(near))[..., None]
        return self.tones.cavity + share * (self.tones.gum - self.tones.cavity)

    def paint(
        self,
        box: PixelBox,
        contour: OpeningContour,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
    ) -> Float[np.ndarray, "height width 3"]:
        """The drawings of tongue, gums and teeth over the cavity, in the shadow of the upper lip and the corners."""
        jaw = expression[JAW_INDICES]
        picture = self.mucosa(box, contour)
        for layer in (self.lower, self.upper):
            drawing = layer.moved(self.motion, box, jaw, head)
            picture = picture * (1 - drawing[..., 3:]) + drawing[..., :3]
        upper, _ = contour.heights(box.table_x)
        sideways = np.abs(2 * (box.table_x - contour.left) / contour.width - 1)
        under, corner = box.curves(upper, 1 - 0.6 * np.clip(sideways, 0, 1) ** 3)
        darkest, reach = self.lip_shadow
        depth = np.clip((box.y - under) / (reach * self.lips.contour.width), 0, 1)
        light = ((darkest + (1 - darkest) * np.sqrt(depth)) * corner)[..., None]
        return self.tones.cavity + light * (picture - self.tones.cavity)
