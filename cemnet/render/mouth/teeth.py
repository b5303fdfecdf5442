"""Teeth, gums and tongue as meshes in the space of the face basis: how light falls on them, and how they are drawn.

Lengths are in centimetres of the basis: x to the picture's right, y up, z toward the viewer.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int

from ...curves import smoothstep
from .colours import MouthTones, hue

# Kinds of faces of the meshes, as in the file of weights (see train/make_mouth_interior.py).
ENAMEL, TONGUE = 0, 2

# Light on a mesh, as factors of its own shade. By eye, on the bundled portraits.
TONGUE_LIGHT = 1.35
INNER_LIGHT = 0.8  # on the side of an arch that looks into the mouth: the arch lies in its own shadow
# A face of the mesh looks inward where its normal has less than this cosine with the direction away from the arch's
# centre: the first for front teeth, the second for molars.
INWARD_COSINES = (0.35, 0.0)
ARCH_CENTRE_DEPTH, MOLAR_DEPTH = 7.0, 9.0  # cm in front of the basis' origin; molars lie behind the second
# Where a turn of the head takes teeth away from the viewer: shadow begins at the first distance (cm), is deepest at the
# second, and leaves FAR_LIGHT of the light. By eye, on turned faces.
FAR_SIDE = (0.3, 1.0)
FAR_LIGHT = 0.12

# Each tooth is a little different, and dark towards its neighbours. By eye, on the bundled portraits.
TOOTH_TONES = 0.06  # the largest difference of a tooth's light from the mean
TOOTH_HUES = 0.5  # likewise of their hue (exponent): some are more like ivory
GAP_LIGHT = 0.68  # of the light between two teeth
GAP_START = 0.36  # nearness to the neighbour (0.5 is halfway) from which on a tooth grows darker

# Light that reaches teeth in the shadow of lips has come through gums and lips: the less of it, the more of their hue
# (exponent). Lower teeth catch the light of the lip below them: of their light this power counts. By eye, on laughing
# portraits that rage.
SHADOW_WARMTH, LOWER_LIGHT = 0.5, 0.45

# Drawing. By eye, on the bundled portraits.
SUPERSAMPLING = 3  # drawn so many times larger, for smooth edges
SUBPIXEL_BITS = 4  # OpenCV takes corners as whole numbers: sixteenths of a pixel


@dataclass(frozen=True)
class DentalMesh:
    """The teeth and gums of one jaw (for the lower jaw also the tongue), in the space of the face basis."""

    vertices: Float[np.ndarray, "vertex 3"]
    jaw_modes: Float[np.ndarray, "mode vertex 3"]  # displacements by jawOpen, jawLeft, jawRight and jawForward
    faces: Int[np.ndarray, "face 3"]
    kinds: Int[np.ndarray, "face"]  # 0 enamel, 1 gum, 2 TONGUE
    shade: Float[np.ndarray, "face"]
    anchors: Float[np.ndarray, "anchor 3"]  # one in every tooth
    anchor_modes: Float[np.ndarray, "mode anchor 3"]

    @property
    def points_up(self) -> bool:
        """Whether these are the lower teeth, which alone have a tongue and move with the jaw."""
        return bool((self.kinds == TONGUE).any())


def looking_inward(mesh: DentalMesh) -> Bool[np.ndarray, "face"]:
    """Which faces of teeth and gums look into the mouth. The tongue does not count."""
    corners = mesh.vertices[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    place = corners.mean(1)
    outward = place * [1, 0, 1] - [0, 0, ARCH_CENTRE_DEPTH]
    size = np.linalg.norm(normal, axis=1) * np.linalg.norm(outward, axis=1)
    cosine = (normal * outward).sum(1) / (size + 1e-9)
    front, molars = INWARD_COSINES
    return (cosine < np.where(place[:, 2] < MOLAR_DEPTH, front, molars)) & (mesh.kinds != TONGUE)


def light_on_far_side(mesh: DentalMesh, rotation: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "face"]:
    """The share of light that is left where a turned head takes an arch away from the viewer.

    It is 1 everywhere in a face seen from the front. Without this shadow, which the cheek casts, the far half of an
    arch, seen from inside, would stand like a slab behind the front teeth.
    """
    away = -mesh.vertices[mesh.faces, 0].mean(1) * rotation[2, 0]
    begins, deepest = FAR_SIDE
    shadow = smoothstep((away - begins) / (deepest - begins))
    return np.where(mesh.kinds == TONGUE, 1.0, 1 - (1 - FAR_LIGHT) * shadow)


def tooth_light(mesh: DentalMesh, teeth: Float[np.ndarray, "3"]) -> Float[np.ndarray, "face 3"]:
    """Factors on the colours of a mesh that tell its teeth apart; 1 for gums and tongue.

    `teeth` is their mean colour: the teeth of a grey picture are grey.
    """
    places = mesh.vertices[mesh.faces].mean(1)[:, [0, 2]]
    distance = np.linalg.norm(places[:, None] - mesh.anchors[None, :, [0, 2]], axis=-1)
    own = distance.argmin(1)
    near = np.sort(distance, axis=1)[:, :2]
    nearness = near[:, 0] / np.maximum(near.sum(1), 1e-6)
    between = smoothstep((nearness - GAP_START) / (0.5 - GAP_START))
    irregular = np.sin(2.4 * np.arange(len(mesh.anchors)) ** 2)[own][:, None]  # as irregular as teeth are
    ivory = hue(teeth) ** (TOOTH_HUES * irregular)
    tone = (1 + TOOTH_TONES * irregular) * ivory * (1 - (1 - GAP_LIGHT) * between[:, None])
    return np.where(mesh.kinds[:, None] == ENAMEL, tone, 1.0)


def draw_mesh(
    pixels: Float[np.ndarray, "vertex 2"],
    depth: Float[np.ndarray, "vertex"],
    mesh: DentalMesh,
    tones: MouthTones,
    shape: tuple[int, int],
) -> Float[np.ndarray, "height width 4"]:
    """A drawing of a mesh: premultiplied colour, and cover from 0 to 1.

    `pixels` and `depth` are the places of the vertices in the drawing and toward the viewer; `shape` is the drawing's
    height and width. Triangles are painted from back to front, supersampled.
    """
    corners = pixels[mesh.faces]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    facing = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    order = np.argsort(depth[mesh.faces].mean(1))
    order = order[facing[order]]
    inner = looking_inward(mesh)
    palette = np.stack([tones.teeth, tones.gum, tones.tongue])
    # What light does not reach takes the colour of the cavity, so that far molars sink into it.
    light = mesh.shade * np.array([1.0, 1.0, TONGUE_LIGHT])[mesh.kinds] * np.where(inner, INNER_LIGHT, 1.0)
    enamel = mesh.kinds == ENAMEL
    light = np.where(enamel & mesh.points_up, light**LOWER_LIGHT, light)[:, None]
    warm = np.where(enamel[:, None], hue(tones.gum) ** (SHADOW_WARMTH * (1 - light).clip(0)), 1.0)
    lit = palette[mesh.kinds] * tooth_light(mesh, tones.teeth) * warm
    colours = np.clip(tones.cavity + light * (lit - tones.cavity), 0, 1)
    steps = 2**SUBPIXEL_BITS
    fine = np.round((corners + 0.5) * SUPERSAMPLING * steps - steps // 2).astype(np.int32)
    canvas = np.zeros((shape[0] * SUPERSAMPLING, shape[1] * SUPERSAMPLING, 4), np.float32)
    for face in order:
        cv2.fillConvexPoly(canvas, fine[face], (*colours[face].tolist(), 1.0), shift=SUBPIXEL_BITS)
    return cv2.resize(canvas, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
