"""Teeth of one jaw in one portrait: fitted to the person, drawn once in the portrait's pose, moved in every frame."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float

from ...arkit import ARKIT_INDEX
from ...face.landmark_indices import CHIN, LIP_CORNERS, LOWER_LIP_ROWS, NOSE_BASE, UPPER_LIP_ROWS
from ..landmark_motion import LandmarkMotion
from ..pixel_box import PixelBox, working_scale
from .colours import MouthTones
from .lips import Lips
from .teeth import DentalMesh, draw_mesh, light_on_far_side

JAW_INDICES = np.array([ARKIT_INDEX[name] for name in ("jawOpen", "jawLeft", "jawRight", "jawForward")])
LOWER_FACE = (
    *(index for row in (*UPPER_LIP_ROWS, *LOWER_LIP_ROWS) for index in row),
    *NOSE_BASE,
    *CHIN,
    *LIP_CORNERS,
)

# The least and the greatest size of a person's teeth, against the average. By eye, on the bundled portraits.
PERSON_SCALES = (0.8, 1.25)

# Where front teeth end in a shut mouth, in centimetres of the basis. By eye, on the bundled portraits.
TOOTH_HEIGHT = 1.0
FRONT_DEPTH = 0.35  # teeth count as front teeth so far behind the foremost one
UPPER_EDGE, LOWER_EDGE = 0.16, 0.03  # below the seam of closed lips
EDGE_LIMIT = 0.5  # the largest correction of a fit that would hide or bare the teeth

# How they are drawn. By eye, on the bundled portraits.
DRAWN_JAW_OPEN = 0.45  # jawOpen with which the lower teeth are drawn
FACET_BLUR = 0.45  # canvas units; in pictures with more than a pixel to a unit the facets of the mesh would show
DRAWING_MARGIN = 2  # pixels around a drawing


@dataclass(frozen=True)
class TeethFit:
    """How the teeth of one jaw are fitted to a portrait."""

    near: tuple[int, ...]  # the landmarks whose fitting error these teeth share
    jaw_open: float  # the jawOpen with which they are drawn
    points_up: int  # 1 for teeth that point upwards, −1 for teeth that point downwards
    edge: float  # where front teeth end, in centimetres below the seam of closed lips


UPPER_FIT = TeethFit((*UPPER_LIP_ROWS[3], *NOSE_BASE), 0.0, -1, UPPER_EDGE)
LOWER_FIT = TeethFit((*LOWER_LIP_ROWS[3], *CHIN[:6]), DRAWN_JAW_OPEN, 1, LOWER_EDGE)


def drawing_density(motion: LandmarkMotion) -> float:
    """Pixels of a drawing to a canvas unit; the drawing is enlarged for larger faces (see WORKING_DENSITY)."""
    density = motion.canvas.pixels_per_unit
    return density * working_scale(density)


@dataclass(frozen=True)
class MeshPlaces:
    """Where the vertices of a mesh lie in its drawing for one portrait."""

    vertices: Float[np.ndarray, "vertex 3"]  # in the basis, of this person
    scale: Float[np.ndarray, "3"]  # from the mesh to this person
    pixels: Float[np.ndarray, "vertex 2"]
    depth: Float[np.ndarray, "vertex"]  # toward the viewer, in centimetres
    corner: Float[np.ndarray, "2"]  # of the drawing, in pixels of the canvas
    size: tuple[int, int]  # rows and columns

    @classmethod
    def of(
        cls, mesh: DentalMesh, motion: LandmarkMotion, shift: Float[np.ndarray, "2"], jaw_open: float
    ) -> "MeshPlaces":
        """Places in the portrait's pose; `shift` is in canvas units, from the fitted to the detected face."""
        face, (scale, offset) = motion.face, person_fit(motion)
        vertices = (mesh.vertices + jaw_open * mesh.jaw_modes[0]) * scale + offset
        depth = (vertices @ np.asarray(face.pose.rotation).T)[:, 2]
        places = (motion.canvas_places(face.pose, vertices) + shift) * drawing_density(motion)
        low, high = np.floor(places.min(0)) - DRAWING_MARGIN, np.ceil(places.max(0)) + DRAWING_MARGIN
        return cls(vertices, scale, places - low, depth, low, (int(high[1] - low[1]), int(high[0] - low[0])))


@dataclass(frozen=True)
class PosedTeeth:
    """The teeth of one jaw, drawn in a portrait's pose, and what moves the drawing."""

    drawing: Float[np.ndarray, "height width 4"]  # premultiplied colour and cover, upright as the canvas
    anchors: Float[np.ndarray, "anchor 3"]  # in the basis, of this person
    anchor_modes: Float[np.ndarray, "mode anchor 3"]
    drawn_anchors: Float[np.ndarray, "3 anchor"]  # weighted pseudo-inverse of their places in the drawing
    shift: Float[np.ndarray, "2"]  # canvas units from the fitted to the detected face

    @classmethod
    def draw(
        cls, mesh: DentalMesh, motion: LandmarkMotion, lips: Lips, tones: MouthTones, fit: TeethFit
    ) -> "PosedTeeth":
        """Fits a mesh to a portrait and draws it in the portrait's pose and colours."""
        face, (scale, offset) = motion.face, person_fit(motion)
        residual = face.residual[list(fit.near), :2].mean(0) @ motion.canvas.to_canvas[:, :2].T
        residual += edge_correction(mesh.anchors * scale + offset, motion, lips, residual, fit)
        shift = residual.astype(np.float32)
        # Above and below each tooth: a flat drawing cannot follow the depth of the arch, so its front decides.
        height = np.array([[0.0, TOOTH_HEIGHT / 2, 0.0]])
        anchors = np.concatenate([mesh.anchors + height, mesh.anchors - height]) * scale + offset
        modes = np.concatenate([mesh.anchor_modes, mesh.anchor_modes], 1) * scale
        weight = np.tile(np.exp(mesh.anchors[:, 2] - mesh.anchors[:, 2].max()), 2)[:, None]
        density, places = drawing_density(motion), MeshPlaces.of(mesh, motion, shift, fit.jaw_open)
        lit = replace(mesh, shade=mesh.shade * light_on_far_side(mesh, face.pose.rotation))
        drawing = draw_mesh(places.pixels, places.depth, lit, tones, places.size)
        drawn = (motion.canvas_places(face.pose, anchors + fit.jaw_open * modes[0]) + shift) * density - places.corner
        homogeneous = np.concatenate([drawn, np.ones((len(drawn), 1))], 1)
        inverse = np.linalg.pinv(weight * homogeneous) * weight.T
        if density > 1:
            drawing = cv2.GaussianBlur(drawing, (0, 0), FACET_BLUR * density)
        return cls(drawing, anchors, modes, inverse, shift)

    def moved(
        self,
        motion: LandmarkMotion,
        box: PixelBox,
        jaw: Float[np.ndarray, "mode"],
        head: Float[np.ndarray, "3"],
    ) -> Float[np.ndarray, "height width 4"]:
        """The drawing in a box of pixels, where jaw and head carry it.

        `jaw` are the weights of JAW_INDICES. The drawing follows its anchors by the affine map that fits them best.
        """
        points = self.anchors + np.tensordot(jaw, self.anchor_modes, 1)
        places = motion.canvas_places(motion.turned_pose(head), points) + self.shift
        affine = (self.drawn_anchors @ (places @ box.to_box[:, :2].T + box.to_box[:, 2])).T
        return cv2.warpAffine(self.drawing, affine, box.x.shape[::-1], flags=cv2.INTER_LINEAR)


def edge_correction(
    anchors: Float[np.ndarray, "anchor 3"],
    motion: LandmarkMotion,
    lips: Lips,
    shift: Float[np.ndarray, "2"],
    fit: TeethFit,
) -> Float[np.ndarray, "2"]:
    """The vector to be added to `shift`, in canvas units, so that a shut mouth's front teeth end at the edge of a fit.

    `anchors` are those of this person. An open mouth, which shows where its teeth end, is corrected by nothing.
    """
    front = anchors[anchors[:, 2] > anchors[:, 2].max() - FRONT_DEPTH].mean(0)
    tip = front + np.array([0.0, 0.5 * TOOTH_HEIGHT * fit.points_up, 0.0])
    below = np.array([0.0, -1.0, 0.0])
    at_tip, unit = motion.canvas_places(motion.face.pose, np.stack([tip, tip + below]))
    centimetre = max(float(unit[1] - at_tip[1]), 1.0)
    seam = np.mean(lips.contour.heights(np.array([at_tip[0] + shift[0]])))
    missing = (seam - at_tip[1] - shift[1]) / centimetre + fit.edge
    return np.array([0.0, (1 - lips.contour.shows_teeth) * centimetre * np.clip(missing, -EDGE_LIMIT, EDGE_LIMIT)])


def person_scale(
    mean: Float[np.ndarray, "landmark 3"], person: Float[np.ndarray, "landmark 3"]
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Scale and offset, axis by axis, from the average lower face to a person's."""
    before, after = mean[list(LOWER_FACE)], person[list(LOWER_FACE)]
    scale = np.clip(after.std(0) / before.std(0), *PERSON_SCALES)
    return scale, after.mean(0) - scale * before.mean(0)


def person_fit(motion: LandmarkMotion) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Scale and offset, axis by axis, from a mesh to the portrait's person."""
    basis, face = motion.basis, motion.face
    return person_scale(basis.mean, basis.shape(face.identity, np.zeros_like(face.expression)))
