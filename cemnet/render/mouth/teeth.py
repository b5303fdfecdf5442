"""Teeth, gums and tongue as meshes: fitted to a person, shaded, and painted once for a portrait."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int

from ...curves import smoothstep
from ...face.landmark_indices import CHIN, LIP_CORNERS, LOWER_LIP_ROWS, NOSE_BASE, UPPER_LIP_ROWS
from ..landmark_motion import LandmarkMotion
from .colours import MouthTones
from .lips import Lips

TONGUE = 2
TOOTH_HEIGHT = 1.0  # centimetres
SUPERSAMPLING = 3
EDGE_LIMIT = 0.5  # centimetres by which a fit is mended that would hide or bare the teeth
FRONT_DEPTH = 0.35  # centimetres behind the foremost tooth
TONGUE_LIGHT = 1.35
INNER_LIGHT = 0.8  # of the side of an arch that looks into the mouth
ARCH_CENTRE_DEPTH, MOLAR_DEPTH = 7.0, 9.0  # centimetres in front of the basis' origin; molars lie behind the second
FAR_SIDE = (0.3, 1.0)  # centimetres that a turn of the head takes teeth away: where shadow begins and is deepest
FAR_LIGHT = 0.12  # what is left of the light there


@dataclass(frozen=True)
class Jaw:
    """One jaw's teeth and gums (the lower one with the tongue) in the space of the face basis."""

    vertices: Float[np.ndarray, "vertex 3"]
    jaw_modes: Float[np.ndarray, "mode vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    kinds: Int[np.ndarray, "face"]  # 0 enamel, 1 gum, 2 TONGUE
    shade: Float[np.ndarray, "face"]
    anchors: Float[np.ndarray, "anchor 3"]  # one in every tooth
    anchor_modes: Float[np.ndarray, "mode anchor 3"]


def edge_correction(
    anchors: Float[np.ndarray, "anchor 3"],
    motion: LandmarkMotion,
    lips: Lips,
    shift: Float[np.ndarray, "2"],
    edge: tuple[int, float],
) -> Float[np.ndarray, "2"]:
    """What has to be added to `shift`, in canvas units, for a shut mouth's front teeth to end at `edge`."""
    front = anchors[anchors[:, 2] > anchors[:, 2].max() - FRONT_DEPTH].mean(0)
    tip = front + np.array([0.0, 0.5 * TOOTH_HEIGHT * edge[0], 0.0])
    below = np.array([0.0, -1.0, 0.0])
    at_tip, unit = motion.canvas_places(motion.face.pose, np.stack([tip, tip + below]))
    centimetre = max(float(unit[1] - at_tip[1]), 1.0)
    seam = np.mean(lips.contour.heights(np.array([at_tip[0] + shift[0]])))
    missing = (seam - at_tip[1] - shift[1]) / centimetre + edge[1]
    return np.array([0.0, (1 - lips.contour.shows_teeth) * centimetre * np.clip(missing, -EDGE_LIMIT, EDGE_LIMIT)])


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


def person_fit(motion: LandmarkMotion) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Scale and offset that take a jaw's mesh to the portrait's person."""
    basis, face = motion.basis, motion.face
    return person_scale(basis.mean, basis.shape(face.identity, np.zeros_like(face.expression)))


def looking_inward(jaw: Jaw) -> Bool[np.ndarray, "face"]:
    """The faces of teeth and gums that are seen through the mouth only: an arch lies in its own shadow."""
    corners = jaw.vertices[jaw.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    place = corners.mean(1)
    outward = place * [1, 0, 1] - [0, 0, ARCH_CENTRE_DEPTH]
    size = np.linalg.norm(normal, axis=1) * np.linalg.norm(outward, axis=1)
    cosine = (normal * outward).sum(1) / (size + 1e-9)
    return (cosine < np.where(place[:, 2] < MOLAR_DEPTH, 0.35, 0.0)) & (jaw.kinds != TONGUE)


def light_on_far_side(jaw: Jaw, rotation: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "face"]:
    """How much light is left where a turned head takes an arch away from us: all of it in a face seen from ahead.

    Behind the front teeth the far half, seen from inside, would stand like a slab; the cheek's shadow lets it sink.
    """
    away = -jaw.vertices[jaw.faces, 0].mean(1) * rotation[2, 0]
    begins, deepest = FAR_SIDE
    shadow = smoothstep((away - begins) / (deepest - begins))
    return np.where(jaw.kinds == TONGUE, 1.0, 1 - (1 - FAR_LIGHT) * shadow)


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
    inner = looking_inward(jaw)
    palette = np.stack([tones.teeth, tones.gum, tones.tongue])
    # What light does not reach takes the colour of the cavity, so that far molars sink into it.
    light = (jaw.shade * np.array([1.0, 1.0, TONGUE_LIGHT])[jaw.kinds] * np.where(inner, INNER_LIGHT, 1.0))[:, None]
    colours = np.clip(tones.cavity + light * (palette[jaw.kinds] - tones.cavity), 0, 1)
    fine = np.round((corners + 0.5) * SUPERSAMPLING * 16 - 8).astype(np.int32)
    canvas = np.zeros((shape[0] * SUPERSAMPLING, shape[1] * SUPERSAMPLING, 4), np.float32)
    for face in order:
        cv2.fillConvexPoly(canvas, fine[face], (*colours[face].tolist(), 1.0), shift=4)
    return cv2.resize(canvas, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
