"""What is seen between parted lips: the portrait's own teeth as far as they reach, else painted teeth and tongue.

The upper teeth are fixed to the skull and the lower ones to the jaw of the fitted head. Their meshes are drawn once
for a portrait, in its pose and its colours; a frame only moves the two drawings.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, Int

from .arkit import ARKIT_INDEX
from .checkpoint import load_checkpoint
from .landmark_motion import LandmarkMotion
from .landmark_sets import CHIN, LIP_CORNERS, LOWER_LIP_ROWS, NOSE_BASE, UPPER_LIP_ROWS
from .lips import Lips
from .mouth_tones import MouthTones
from .pixel_box import sample_pixels
from .slits import Slit

JAW_NAMES = ("jawOpen", "jawLeft", "jawRight", "jawForward")
DRAWN_JAW_OPEN = 0.45  # how far open the jaw is when the lower teeth are drawn
SUPERSAMPLING = 3
DEPARTURE = 0.03  # of the mouth's width: lips that moved this far show what is behind them
LIP_SHADOW = (0.5, 0.12)  # how dark under the upper lip, and how far down in widths of the mouth


@dataclass(frozen=True)
class Jaw:
    """One jaw's teeth and gums (the lower one with the tongue) in the space of the face basis."""

    vertices: Float[np.ndarray, "vertex 3"]
    jaw_modes: Float[np.ndarray, "mode vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    kinds: Int[np.ndarray, "face"]  # 0 enamel, 1 gum, 2 tongue
    shade: Float[np.ndarray, "face"]
    anchors: Float[np.ndarray, "anchor 3"]  # one in every tooth
    anchor_modes: Float[np.ndarray, "mode anchor 3"]


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
        upper = PosedJaw.draw(self.upper, motion, lips, tones, (*UPPER_LIP_ROWS[3], *NOSE_BASE), 0.0)
        lower = PosedJaw.draw(self.lower, motion, lips, tones, (*LOWER_LIP_ROWS[3], *CHIN[:6]), DRAWN_JAW_OPEN)
        unit = motion.canvas.pixels_per_unit
        own_mask = cv2.GaussianBlur(lips.slit.mask(lips.box, 0), (0, 0), max(1.2 * unit, 0.8))
        own_mask = np.clip(own_mask * 2 - 0.8, 0, 1).astype(np.float32)
        return PosedMouth(motion, lips, tones, upper, lower, lips.slit.shows_teeth, own_mask)


@dataclass(frozen=True)
class PosedJaw:
    """One jaw drawn in a portrait's reference pose, and how to move the drawing."""

    drawing: Float[np.ndarray, "height width 4"]  # premultiplied colour and cover, over the mouth's box
    anchors: Float[np.ndarray, "anchor 3"]  # in the basis, of this person
    anchor_modes: Float[np.ndarray, "mode anchor 3"]
    drawn_anchors: Float[np.ndarray, "3 anchor"]  # pseudo-inverse of their places in the drawing, box pixels
    shift: Float[np.ndarray, "2"]  # canvas units from the fitted to the detected face

    @classmethod
    def draw(
        cls, jaw: Jaw, motion: LandmarkMotion, lips: Lips, tones: MouthTones, near: tuple[int, ...], jaw_open: float
    ) -> "PosedJaw":
        """`near` are the landmarks whose fitting error the jaw shares."""
        basis, face = motion.basis, motion.face
        rest = basis.shape(face.identity, np.zeros_like(face.expression))
        fit = person_scale(basis.mean, rest)
        residual = face.residual[list(near), :2].mean(0) @ motion.canvas.to_canvas[:, :2].T

        def place(points, pose):
            return motion.canvas.canvas_points(basis.project(pose, points)[:, :2]) + residual.astype(np.float32)

        vertices = (jaw.vertices + jaw_open * jaw.jaw_modes[0]) * fit[0] + fit[1]
        anchors = jaw.anchors * fit[0] + fit[1]
        modes = jaw.anchor_modes * fit[0]
        box = lips.box
        to_box = box.to_box
        turned = (vertices @ np.asarray(face.pose.rotation).T)[:, 2]
        pixels = place(vertices, face.pose) @ to_box[:, :2].T + to_box[:, 2]
        drawing = draw_mesh(pixels, turned, jaw, tones, box.x.shape)
        places = place(anchors + jaw_open * modes[0], face.pose) @ to_box[:, :2].T + to_box[:, 2]
        homogeneous = np.concatenate([places, np.ones((len(places), 1))], 1)
        return cls(drawing, anchors, modes, np.linalg.pinv(homogeneous), residual.astype(np.float32))

    def moved(
        self,
        motion: LandmarkMotion,
        lips: Lips,
        jaw: Float[np.ndarray, "mode"],
        head: Float[np.ndarray, "3"],
    ) -> Float[np.ndarray, "height width 4"]:
        """The drawing where jaw and head carry it."""
        points = self.anchors + np.tensordot(jaw, self.anchor_modes, 1)
        places = motion.canvas.canvas_points(motion.basis.project(motion.turned_pose(head), points)[:, :2]) + self.shift
        to_box = lips.box.to_box
        affine = (self.drawn_anchors @ (places @ to_box[:, :2].T + to_box[:, 2])).T
        height, width = self.drawing.shape[:2]
        return cv2.warpAffine(self.drawing, affine, (width, height), flags=cv2.INTER_LINEAR)


@dataclass(frozen=True)
class PosedMouth:
    """The mouth of one portrait, ready to be filled."""

    motion: LandmarkMotion
    lips: Lips
    tones: MouthTones
    upper: PosedJaw
    lower: PosedJaw
    own: float  # 1 when the portrait shows its own teeth, 0 when its lips are shut
    own_mask: Float[np.ndarray, "height width"]  # where

    def fill(
        self,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        skin: Float[np.ndarray, "height width channel"],
        slit: Slit,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
        by_head: Float[np.ndarray, "landmark 2"],
    ) -> Float[np.ndarray, "height width channel"]:
        """The mouth's box with what shows between the moved lips."""
        box, canvas = self.lips.box, self.motion.canvas
        carried = by_head[list(LIP_CORNERS)].mean(0)
        departure, parted = self.parting(slit, carried)
        opening = slit.mask(box, 0.7 * canvas.pixels_per_unit) * parted
        if not opening.any():
            return skin
        inside = np.concatenate([self.paint(slit, expression, head), skin[..., 3:]], 2)[..., : skin.shape[2]]
        shift = (carried @ canvas.to_source[:, :2].T).astype(np.float32)
        if self.own > 0 or departure < 1:
            teeth = sample_pixels(crop, box.position - shift)
            carry = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            reach = cv2.warpAffine(self.own_mask, carry, self.own_mask.shape[::-1], flags=cv2.INTER_LINEAR)
            share = np.maximum(1 - departure, self.own * reach)[..., None]
            inside = inside + share * (teeth - inside)
        return skin + opening[..., None] * (inside - skin)

    def parting(self, slit: Slit, carried: Float[np.ndarray, "2"]) -> tuple[float, Float[np.ndarray, "height width"]]:
        """How far the lips are from the portrait's (0 to 1), and where they stand further apart than closed lips do."""
        x = self.lips.box.table_x
        upper, lower = slit.heights(x)
        across = slit.left + np.linspace(0, 1, 24) * slit.width
        here = np.stack(slit.heights(across))
        source = self.lips.slit
        there = np.stack(source.heights(source.left + np.linspace(0, 1, 24) * source.width)) + carried[1]
        departure = min(float(np.abs(here - there).mean()) / (DEPARTURE * source.width), 1.0)
        shut = np.interp((x - slit.left) / slit.width, np.linspace(0, 1, 24), there[1] - there[0])
        gap = lower - upper - (1 - self.own) * shut
        (parted,) = self.lips.box.curves(np.clip(gap / (0.5 * DEPARTURE * source.width) + self.own, 0, 1))
        return departure, parted

    def paint(
        self, slit: Slit, expression: Float[np.ndarray, "expression"], head: Float[np.ndarray, "3"]
    ) -> Float[np.ndarray, "height width 3"]:
        """Cavity, tongue, lower and upper teeth, in the shadow of the lips."""
        box = self.lips.box
        jaw = expression[[ARKIT_INDEX[name] for name in JAW_NAMES]]
        picture = np.empty((*box.x.shape, 3), np.float32)
        picture[:] = self.tones.cavity
        for layer in (self.lower, self.upper):
            drawing = layer.moved(self.motion, self.lips, jaw, head)
            picture = picture * (1 - drawing[..., 3:]) + drawing[..., :3]
        upper, _ = slit.heights(box.table_x)
        sideways = np.abs(2 * (box.table_x - slit.left) / slit.width - 1)
        under, corner = box.curves(upper, 1 - 0.6 * np.clip(sideways, 0, 1) ** 3)
        darkest, reach = LIP_SHADOW
        depth = np.clip((box.y - under) / (reach * self.lips.slit.width), 0, 1)
        return picture * ((darkest + (1 - darkest) * np.sqrt(depth)) * corner)[..., None]


def person_scale(
    mean: Float[np.ndarray, "landmark 3"], person: Float[np.ndarray, "landmark 3"]
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Scale and offset, axis by axis, from the average lower face to a person's."""
    lower_face = [
        *(index for row in (*UPPER_LIP_ROWS, *LOWER_LIP_ROWS) for index in row),
        *NOSE_BASE,
        *CHIN,
        *LIP_CORNERS,
    ]
    before, after = mean[lower_face], person[lower_face]
    scale = np.clip(after.std(0) / before.std(0), 0.8, 1.25)
    return scale, after.mean(0) - scale * before.mean(0)


def draw_mesh(
    pixels: Float[np.ndarray, "vertex 2"],
    depth: Float[np.ndarray, "vertex"],
    jaw: Jaw,
    tones: MouthTones,
    shape: tuple[int, int],
) -> Float[np.ndarray, "height width 4"]:
    """Paints triangles from back to front, supersampled; premultiplied colour and cover."""
    corners = pixels[jaw.faces]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    facing = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    order = np.argsort(depth[jaw.faces].mean(1))
    order = order[facing[order]]
    palette = np.stack([tones.teeth, tones.gum, tones.tongue])
    colours = np.clip(palette[jaw.kinds] * jaw.shade[:, None], 0, 1)
    fine = np.round((corners + 0.5) * SUPERSAMPLING * 16 - 8).astype(np.int32)
    canvas = np.zeros((shape[0] * SUPERSAMPLING, shape[1] * SUPERSAMPLING, 4), np.float32)
    for face in order:
        cv2.fillConvexPoly(canvas, fine[face], (*colours[face].tolist(), 1.0), shift=4)
    return cv2.resize(canvas, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
