"""Portraits for the renderer's tests: the astronaut with landmarks made from the face basis, and parts of frames."""

import cv2
import numpy as np
import skimage.data
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.checkpoint import find_weights
from cemnet.face.basis import FaceBasis
from cemnet.face.landmark_indices import CONTROLS, LIDS
from cemnet.render.mouth.interior import MouthInterior
from cemnet.render.renderer import FaceRenderer, ring_displacements
from cemnet.types import EmotionEstimate, FaceLandmarks, FaceReference, Pose

# Where the astronaut's face is: degrees, pixels per centimetre, the place of the basis' origin.
ASTRONAUT_YAW, ASTRONAUT_SCALE, ASTRONAUT_PLACE = 3.1, 6.5, (225.1, 123.3)

STILL = np.zeros(3, np.float32)
SKIN, WHITE, IRIS, LASH = (0.8, 0.6, 0.5), (0.9, 0.9, 0.9), (0.2, 0.3, 0.4), (0.1, 0.05, 0.05)


def expression(**weights):
    """ARKit weights by name; a stem without side means both sides."""
    values = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name, weight in weights.items():
        for side in ("",) if name in ARKIT_INDEX else ("Left", "Right"):
            values[ARKIT_INDEX[name + side]] = weight
    return values


def load_renderer():
    basis = FaceBasis.load(find_weights("face_basis.safetensors"))
    return FaceRenderer(basis, MouthInterior.load(find_weights("mouth_interior.safetensors")))


def astronaut_face(basis, image=None, shown=None, roll=0.0, scale=1.0):
    """A reference on an image (the astronaut unless given), its landmarks half a pixel off the basis."""
    image = skimage.data.astronaut().astype(np.float32) / 255 if image is None else image
    shown = expression(mouthSmile=0.6, mouthUpperUp=0.3) if shown is None else shown
    yaw = np.radians(ASTRONAUT_YAW)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    pose = Pose(tilt @ turn, ASTRONAUT_SCALE * scale, np.array([*ASTRONAUT_PLACE, 0.0]) * scale)
    identity = np.zeros(len(basis.identity))
    fitted = basis.project(pose, basis.shape(identity, shown))
    residual = np.random.default_rng(0).normal(0, 0.5 * scale, fitted.shape)
    landmarks = FaceLandmarks((fitted + residual).astype(np.float32), shown, 1.0)
    emotion = EmotionEstimate(np.full(8, 1 / 8), 0.5)
    return FaceReference(torch.from_numpy(image), landmarks, pose, identity, shown, residual, emotion)


def astronaut_with_drawn_eyes(basis):
    """A drawn face with almond eyes whose irises reach under the upper lids, and lashes above them."""
    scale = 3.0
    face = astronaut_face(basis, image=np.full((1536, 1536, 3), SKIN, np.float32), scale=scale)
    image, points = face.image.numpy(), face.landmarks.points
    for lids in LIDS:
        outline = points[[lids.corners[0], *lids.upper, lids.corners[1], *lids.lower[::-1]], :2]
        opening = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(opening, [np.round(outline).astype(np.int32)], 1)
        centre, radius = points[lids.iris[0], :2], np.linalg.norm(points[lids.iris[1]] - points[lids.iris[0]])
        disc = cv2.circle(np.zeros_like(opening), np.round(centre).astype(int).tolist(), round(radius), 1, -1)
        image[opening > 0] = WHITE
        image[(opening > 0) & (np.asarray(disc) > 0)] = IRIS
        for index in lids.upper[1:-1]:
            foot = np.round(points[index, :2]).astype(int)
            cv2.line(image, (foot - np.array([0, 1])).tolist(), (foot - np.array([0, 9])).tolist(), LASH, 2)
    return face


def eye_pixels(prepared, frame, eye):
    """The pixels of a frame around one eye."""
    left, top, right, bottom = prepared.canvas.roi
    return frame[top:bottom, left:right][eye.hidden.box.area]


def mouth_box(renderer, prepared, shown, head=STILL):
    """The pixels of a frame around the mouth."""
    frame = renderer.frame(prepared, shown, head)
    left, top, right, bottom = prepared.canvas.roi
    return frame[top:bottom, left:right][prepared.lips.box.area]


def moved_contour(prepared, shown):
    """The opening of the mouth where an expression moves it."""
    moved, _ = prepared.motion.displacements(shown, STILL)
    field = prepared.warp.forward(np.concatenate([moved[list(CONTROLS)], ring_displacements(prepared, STILL)]))
    return prepared.lips.moved(prepared.warp, field)
