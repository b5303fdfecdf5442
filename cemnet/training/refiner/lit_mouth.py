"""A mouth as light fills it: what the refiner learns to make of the one that is painted.

Teeth, gums and tongue stand where the painted ones stand, but each part of them receives the light that comes in
between the lips of that very frame, where a portrait's drawing is shaded once and for all.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from ...face.landmark_indices import LOWER_INNER_LIP, UPPER_INNER_LIP
from ...render.contours import OpeningContour
from ...render.mouth.interior import DRAWN_JAW_OPEN, JAW_INDICES, JawPlaces, MouthInterior, PosedJaw, PosedMouth
from ...render.mouth.teeth import Jaw, draw_mesh, light_on_far_side
from ...render.pixel_box import PixelBox
from .wrinkled_heads import light_through

GAMMA = 1 / 2.2
DARKEST = 0.1  # of the light, everywhere in a mouth
FRONT_TEETH = 1.15  # makes up for the light that even front teeth lose
LIP_FRONT = 0.15  # centimetres that lips' inner rims stand before their landmarks
GLEAM, GLEAM_SHARPNESS = 0.28, 24  # of wet surfaces that face the light
LIP_CONTACT = (0.72, 0.035)  # how dark right under the upper lip, and how far down in widths of the mouth
HEADLIGHT = np.array([0.1, 0.3, 1.0]) / np.linalg.norm([0.1, 0.3, 1.0])


@dataclass(frozen=True)
class LitMouth(PosedMouth):
    """A posed mouth whose drawings are made anew for the frame's own opening."""

    interior: MouthInterior = field(kw_only=True)

    @classmethod
    def of(cls, mouth: PosedMouth, interior: MouthInterior) -> "LitMouth":
        return cls(**vars(mouth), interior=interior)

    def paint(
        self,
        box: PixelBox,
        contour: OpeningContour,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
    ) -> Float[np.ndarray, "height width 3"]:
        """As the painted mouth, with drawings that the frame's own light has shaded."""
        jaws = (
            self.lit_jaw(self.interior.upper, self.upper, 0.0, expression),
            self.lit_jaw(self.interior.lower, self.lower, DRAWN_JAW_OPEN, expression),
        )
        return replace(self, upper=jaws[0], lower=jaws[1]).painted(box, contour, expression, head, LIP_CONTACT)

    def lit_jaw(
        self, jaw: Jaw, posed: PosedJaw, drawn_open: float, expression: Float[np.ndarray, "expression"]
    ) -> PosedJaw:
        places = JawPlaces.of(jaw, self.motion, posed.shift, drawn_open)
        vertices = places.vertices + np.tensordot(
            expression[JAW_INDICES] - [drawn_open, 0, 0, 0], jaw.jaw_modes * places.scale, 1
        )
        motion = self.motion
        shape = motion.shape + ((expression - motion.face.expression) @ motion.modes).reshape(motion.shape.shape)
        outline = shape[[*UPPER_INNER_LIP, *LOWER_INNER_LIP[-2:0:-1]]] + [0, 0, LIP_FRONT]
        shade = face_light(jaw, vertices + self.shift_in_space(posed), outline)
        shade *= light_on_far_side(jaw, motion.face.pose.rotation)
        drawing = draw_mesh(places.pixels, places.depth, replace(jaw, shade=shade), self.tones, places.size)
        return replace(posed, drawing=drawing)

    def shift_in_space(self, posed: PosedJaw) -> Float[np.ndarray, "3"]:
        """How far the drawing was moved in the picture, in the basis' centimetres."""
        motion, steps = self.motion, np.array([[0.0, 0, 0], [1, 0, 0], [0, -1, 0]])
        origin, across, down = motion.canvas_places(motion.face.pose, steps + motion.shape[13])
        axes = np.stack([across - origin, down - origin], 1)
        x, y = np.linalg.solve(axes, posed.shift)
        return np.array([x, -y, 0.0])


def face_light(
    jaw: Jaw, vertices: Float[np.ndarray, "vertex 3"], outline: Float[np.ndarray, "corner 3"]
) -> Float[np.ndarray, "face"]:
    """The jaw's own shading in what each face receives through the opening, as a picture shows it."""
    corners = vertices[jaw.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    smooth = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(smooth, jaw.faces[:, corner], normal)
    normal = smooth[jaw.faces].mean(1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    light = light_through(outline, corners.mean(1), normal)
    gleam = GLEAM * light * np.clip(normal @ HEADLIGHT, 0, 1) ** GLEAM_SHARPNESS
    return jaw.shade * (DARKEST + (1 - DARKEST) * light) ** GAMMA * FRONT_TEETH + gleam
