"""Portraits for the renderer's tests: the astronaut with landmarks made from the face basis."""

import numpy as np
import skimage.data
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.checkpoint import find_weights
from cemnet.face.basis import FaceBasis
from cemnet.render.mouth.interior import MouthInterior
from cemnet.render.renderer import FaceRenderer
from cemnet.types import EmotionEstimate, FaceLandmarks, FaceReference, Pose

# Where the astronaut's face is: degrees, pixels per centimetre, the place of the basis' origin.
ASTRONAUT_YAW, ASTRONAUT_SCALE, ASTRONAUT_PLACE = 3.1, 6.5, (225.1, 123.3)


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
