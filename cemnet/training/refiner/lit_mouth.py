"""The mouth that the refiner learns to paint: teeth, gums and tongue in the light of one frame's own opening.

They stand where the renderer paints them. The renderer shades them once for a portrait; here each face of the meshes
receives the light that enters between the lips of the frame.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from ...face.landmark_indices import LOWER_INNER_LIP, UPPER_INNER_LIP
from ...render.landmark_motion import LandmarkMotion
from ...render.mouth.interior import MouthInterior, PosedMouth
from ...render.mouth.posed_teeth import DRAWN_JAW_OPEN, JAW_INDICES, MeshPlaces, PosedTeeth
from ...render.mouth.teeth import DentalMesh, draw_mesh, light_on_far_side
from .wrinkled_heads import light_through

# By eye, on rendered heads and on photographs of open mouths.
GAMMA = 1 / 2.2
DARKEST = 0.1  # the share of the light that reaches every place in a mouth
FRONT_TEETH = 1.15  # factor: front teeth keep their brightness although the opening hides some of the light
LIP_FRONT = 0.15  # centimetres from the inner lip landmarks forward to the rims of the lips
GLEAM, GLEAM_SHARPNESS = 0.28, 24  # strength and exponent of the highlight on wet surfaces
LIP_CONTACT = (0.72, 0.035)  # light right under the upper lip, and how far down in widths of the mouth
HEADLIGHT = np.array([0.1, 0.3, 1.0]) / np.linalg.norm([0.1, 0.3, 1.0])


def lit_mouth(mouth: PosedMouth, interior: MouthInterior, expression: Float[np.ndarray, "expression"]) -> PosedMouth:
    """A portrait's mouth drawn anew for one expression, whose opening lets the light in.

    `interior` are the meshes that `mouth` was drawn from. Nothing is moved against the drawings of `mouth`.
    """
    return replace(
        mouth,
        upper=lit_teeth(mouth, interior.upper, mouth.upper, 0.0, expression),
        lower=lit_teeth(mouth, interior.lower, mouth.lower, DRAWN_JAW_OPEN, expression),
        lip_shadow=LIP_CONTACT,
    )


def lit_teeth(
    mouth: PosedMouth,
    mesh: DentalMesh,
    posed: PosedTeeth,
    drawn_open: float,
    expression: Float[np.ndarray, "expression"],
) -> PosedTeeth:
    """The teeth of one jaw, shaded by the light of the opening.

    `drawn_open` is the jawOpen that `posed` was drawn with.
    """
    motion = mouth.motion
    places = MeshPlaces.of(mesh, motion, posed.shift, drawn_open)
    vertices = places.vertices + np.tensordot(
        expression[JAW_INDICES] - [drawn_open, 0, 0, 0], mesh.jaw_modes * places.scale, 1
    )
    shape = motion.shape + ((expression - motion.face.expression) @ motion.modes).reshape(motion.shape.shape)
    outline = shape[[*UPPER_INNER_LIP, *LOWER_INNER_LIP[-2:0:-1]]] + [0, 0, LIP_FRONT]
    shade = face_light(mesh, vertices + shift_in_space(motion, posed), outline)
    shade *= light_on_far_side(mesh, motion.face.pose.rotation)
    drawing = draw_mesh(places.pixels, places.depth, replace(mesh, shade=shade), mouth.tones, places.size)
    return replace(posed, drawing=drawing)


def shift_in_space(motion: LandmarkMotion, posed: PosedTeeth) -> Float[np.ndarray, "3"]:
    """How far a drawing of teeth was moved in the picture, in centimetres of the basis."""
    steps = np.array([[0.0, 0, 0], [1, 0, 0], [0, -1, 0]])
    origin, across, down = motion.canvas_places(motion.face.pose, steps + motion.shape[13])
    axes = np.stack([across - origin, down - origin], 1)
    x, y = np.linalg.solve(axes, posed.shift)
    return np.array([x, -y, 0.0])


def face_light(
    mesh: DentalMesh, vertices: Float[np.ndarray, "vertex 3"], outline: Float[np.ndarray, "corner 3"]
) -> Float[np.ndarray, "face"]:
    """The shade of each face of the mesh: its own, times the light through the opening, plus a highlight.

    `outline` is the opening, vertices and outline in centimetres of the basis. Values are those of a picture (gamma).
    """
    corners = vertices[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    smooth = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(smooth, mesh.faces[:, corner], normal)
    normal = smooth[mesh.faces].mean(1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    light = light_through(outline, corners.mean(1), normal)
    gleam = GLEAM * light * np.clip(normal @ HEADLIGHT, 0, 1) ** GLEAM_SHARPNESS
    return mesh.shade * (DARKEST + (1 - DARKEST) * light) ** GAMMA * FRONT_TEETH + gleam
