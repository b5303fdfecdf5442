"""Where a portrait's landmarks go for an expression and a turn of the head: exactly nowhere at the reference.

The fitted head moves them first; the rules of lips and eyelids (see lip_rules.py and eyelid_rules.py) then correct what
the basis does not know about this portrait.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..arkit import ARKIT_INDEX, BLINK, GAZE, NUM_EXPRESSIONS, arkit_indices
from ..face.basis import FaceBasis
from ..face.landmark_indices import LIDS
from ..types import FaceReference, Pose
from .canvas import FaceCanvas
from .eyelid_rules import FULL_STARE, EyelidRules
from .lip_rules import LOWER_ROWS, UPPER_ROWS, LipRules

# Factors of blendshapes. By eye, on the bundled portraits: lowered brows and squinting lids without creases read weaker
# than they are. A sneer reads as disgust at two thirds already, and further on it hides whose face it is. Raised brows:
# filmed people who speak in strong surprise or fear (MEAD) raise the inner brow by 0.035 to 0.06 of the distance
# between the eyes; without a factor performances at full strength raise it by twice that. mouthClose: performances
# close ICT-FaceKit's own lips, which meet before mouthClose reaches jawOpen (see training/performer/visemes.py).
GAINS = {
    "browDown": 1.38, "browInnerUp": 0.85, "browOuterUp": 0.85, "eyeSquint": 1.1, "mouthClose": 1.28,
    "noseSneer": 0.68, "mouthUpperUp": 0.85,
}  # fmt: skip

# A frown draws the inner ends of the brows together and further down, which ICT-FaceKit's lowered brows hardly do.
# Centimetres of the basis with browDown 1 toward the middle of the face and down, and the shares of the brow's
# landmarks; by eye, on laughing portraits that rage.
FURROW = (0.22, 0.22)
FURROWED = {
    "Right": {55: 1.0, 107: 1.0, 65: 0.6, 66: 0.6, 52: 0.2, 105: 0.2, 9: 0.15, 8: 0.3},
    "Left": {285: 1.0, 336: 1.0, 295: 0.6, 296: 0.6, 282: 0.2, 334: 0.2, 9: 0.15, 8: 0.3},
}

# A full grin is more than a fitted smile, which ends at 1: a smile that leaves goes further by up to this share, the
# more the closer it is fitted to that end (exponent). By eye, on the bundled portraits.
LEAVING_SMILE, GRIN_SHARPNESS = 0.35, 6

LEAST_OPEN = 0.1  # a blink of a portrait with closed eyes counts against at least this much of eyeBlink
NECK_DEPTH = 0.5  # of the face's depth: how far behind its rearmost landmark the neck carries the head; by eye

SMILE = np.array(arkit_indices("mouthSmile"))
IRISES = np.array([lids.iris for lids in LIDS])
WIDE_BY_EYE = np.array([ARKIT_INDEX["eyeWideRight"], ARKIT_INDEX["eyeWideLeft"]])
BLINK_BY_EYE = np.array([ARKIT_INDEX["eyeBlinkRight"], ARKIT_INDEX["eyeBlinkLeft"]])


def expression_gains() -> Float[np.ndarray, "expression"]:
    """The factor of every blendshape: `GAINS`, and 1 elsewhere."""
    gains = np.ones(NUM_EXPRESSIONS)
    for stem, gain in GAINS.items():
        gains[arkit_indices(stem)] = gain
    return gains


def head_rotation(head: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """The rotation of a head by yaw, pitch and roll in radians; pitch acts first, roll last.

    Yaw turns about the basis' y axis (positive: toward the picture's right), pitch about x (positive: down), roll about
    z (positive: counter-clockwise in the picture).
    """
    (sin_yaw, sin_pitch, sin_roll), (cos_yaw, cos_pitch, cos_roll) = np.sin(head).tolist(), np.cos(head).tolist()
    by_pitch = np.array([[1, 0, 0], [0, cos_pitch, -sin_pitch], [0, sin_pitch, cos_pitch]])
    by_yaw = np.array([[cos_yaw, 0, sin_yaw], [0, 1, 0], [-sin_yaw, 0, cos_yaw]])
    by_roll = np.array([[cos_roll, -sin_roll, 0], [sin_roll, cos_roll, 0], [0, 0, 1]])
    return by_roll @ by_yaw @ by_pitch


def turned_pose(pose: Pose, head: Float[np.ndarray, "3"], pivot: Float[np.ndarray, "3"]) -> Pose:
    """The pose after the head has turned by yaw, pitch and roll; `pivot`, a point of the basis, keeps its pixel."""
    rotation = pose.rotation @ head_rotation(head)
    shift = pose.scale * ((pose.rotation - rotation) @ pivot) * np.array([1.0, -1.0, -1.0])
    return Pose(rotation.astype(np.float32), pose.scale, (pose.translation + shift).astype(np.float32))


@dataclass(frozen=True)
class LandmarkMotion:
    """The fitted head of one portrait; displacements are in canvas units, y down the upright face."""

    basis: FaceBasis
    face: FaceReference
    canvas: FaceCanvas
    pivot: Float[np.ndarray, "3"]  # where the neck carries the head, in the basis
    shape: Float[np.ndarray, "landmark 3"]  # the portrait's face in the basis, as it is drawn
    places: Float[np.ndarray, "landmark 2"]  # where it appears
    modes: Float[np.ndarray, "expression coordinate"]  # the displacements by each blendshape, flattened
    gaze_modes: Float[np.ndarray, "gaze iriscoordinate"]  # those of both irises by each blendshape of gaze
    lips: LipRules
    eyes: tuple[EyelidRules, EyelidRules]  # right, left

    @classmethod
    def build(cls, basis: FaceBasis, face: FaceReference, canvas: FaceCanvas) -> "LandmarkMotion":
        """Precomputes everything about a portrait that no expression changes."""
        modes = expression_gains()[:, None, None] * basis.skin
        for side, shares in FURROWED.items():
            inward, down = FURROW
            toward = -np.sign(basis.mean[[55, 285][side == "Left"], 0])
            for landmark, share in shares.items():
                modes[ARKIT_INDEX[f"browDown{side}"], landmark, :2] += share * np.array([toward * inward, -down])
        identity = basis.shape(face.identity, np.zeros_like(face.expression))

        def drawn(expression):
            return identity + np.tensordot(expression, modes, 1)

        def fitted(expression):
            return canvas.canvas_points(basis.project(face.pose, drawn(expression))[:, :2])

        closed = face.expression.copy()
        closed[BLINK] = 1
        detected = canvas.canvas_points(face.landmarks.points[:, :2])
        places, rest = fitted(face.expression), fitted(np.zeros_like(face.expression))
        blink = fitted(closed) - places
        right, left = (EyelidRules.build(lids, detected, blink) for lids in LIDS)
        return cls(
            basis, face, canvas, neck_pivot(basis), drawn(face.expression), places,
            modes.reshape(NUM_EXPRESSIONS, -1), modes[GAZE][:, IRISES.ravel()].reshape(len(GAZE), -1),
            LipRules.build(detected, places, rest), (right, left),
        )  # fmt: skip

    def turned_pose(self, head: Float[np.ndarray, "3"]) -> Pose:
        """The portrait's pose after a turn of the head by yaw, pitch and roll in radians."""
        return turned_pose(self.face.pose, head, self.pivot)

    def canvas_places(self, pose: Pose, shape: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 2"]:
        """Where points of the basis appear in a pose, in canvas units."""
        return self.canvas.canvas_points(self.basis.project(pose, shape)[:, :2])

    def displacements(
        self, expression: Float[np.ndarray, "expression"], head: Float[np.ndarray, "3"]
    ) -> tuple[Float[np.ndarray, "landmark 2"], Float[np.ndarray, "landmark 2"]]:
        """Displacements of all landmarks by expression and head together, and by the head alone.

        `head` is yaw, pitch and roll in radians relative to the portrait (see head_rotation).
        """
        change = expression - self.face.expression
        change[SMILE] += LEAVING_SMILE * self.face.expression[SMILE] ** GRIN_SHARPNESS * change[SMILE].clip(max=0)
        shape = self.shape + (change @ self.modes).reshape(self.shape.shape)
        pose = self.turned_pose(head)
        by_head = self.canvas_places(pose, self.shape) - self.places
        moved = self.canvas_places(pose, shape) - self.places
        upper_lip, lower_lip = self.lips.closing(self.canvas_places(self.face.pose, shape))
        moved[UPPER_ROWS, 1] += upper_lip
        moved[LOWER_ROWS, 1] += lower_lip
        moved[UPPER_ROWS, 1] += self.lips.holding(moved, by_head)
        stares = (change[WIDE_BY_EYE] / FULL_STARE).clip(0, 1)
        blinks = (change[BLINK_BY_EYE] / np.maximum(1 - self.face.expression[BLINK_BY_EYE], LEAST_OPEN)).clip(0, 1)
        for eye, stare, blink, turn in zip(self.eyes, stares, blinks, self.iris_turns(expression), strict=True):
            upper_lid, lower_lid = eye.lid_displacements(moved, stare, blink)
            moved[list(eye.lids.upper)], moved[list(eye.lids.lower)] = upper_lid, lower_lid
            # Lids that close over an iris do not push it.
            iris = list(eye.lids.iris)
            moved[iris] = by_head[iris] + eye.limited_turn(turn)
        return moved.astype(np.float32), by_head.astype(np.float32)

    def iris_turns(self, expression: Float[np.ndarray, "expression"]) -> Float[np.ndarray, "2 2"]:
        """Displacements of the right and the left iris by the change of gaze alone."""
        looked = (expression - self.face.expression)[GAZE]
        if not looked.any():
            return np.zeros((2, 2), np.float32)
        irises = IRISES.ravel()
        shape = self.shape[irises] + (looked @ self.gaze_modes).reshape(-1, 3)
        turned = self.canvas_places(self.face.pose, shape) - self.places[irises]
        return turned.reshape(*IRISES.shape, 2).mean(1)


def neck_pivot(basis: FaceBasis) -> Float[np.ndarray, "3"]:
    """The point of the basis about which a head turns: under the chin and behind the face."""
    low, high = basis.mean.min(0), basis.mean.max(0)
    return np.array([basis.mean[:, 0].mean(), low[1], low[2] - NECK_DEPTH * (high[2] - low[2])], np.float32)
