"""Where a portrait's landmarks go for an expression and a turn of the head: exactly nowhere at the reference."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ..arkit import ARKIT_INDEX, GAZE, NUM_EXPRESSIONS, arkit_indices
from ..face.basis import FaceBasis
from ..face.landmark_indices import LIDS, LOWER_LIP_ROWS, UPPER_LIP_ROWS, Lids
from ..types import FaceReference, Pose
from .warp import FaceCanvas

# Brows and lids without creases read weaker than they are: these move further than skin does.
# Performances close ICT's own lips, which meet before mouthClose reaches jawOpen (training/visemes.py).
GAINS = {"browDown": 1.7, "browInnerUp": 1.3, "browOuterUp": 1.1, "eyeSquint": 1.2, "mouthClose": 1.28}
# A full grin is more than the fitted smile, which ends at 1: a smile that leaves goes further by up to this share, the
# more the closer it is fitted to that end.
LEAVING_SMILE, GRIN_SHARPNESS = 0.35, 6
SMILE = np.array(arkit_indices("mouthSmile"))
# Canvas units the upper lip is raised freely, and at most beyond that: muscles do not add up.
SNEER = (6.0, 6.0)
IRISES = np.array([lids.iris for lids in LIDS])
WIDE_BY_EYE = np.array([ARKIT_INDEX["eyeWideRight"], ARKIT_INDEX["eyeWideLeft"]])
BLINK_BY_EYE = np.array([ARKIT_INDEX["eyeBlinkRight"], ARKIT_INDEX["eyeBlinkLeft"]])
UPPER_ROWS, LOWER_ROWS = np.array(UPPER_LIP_ROWS), np.array(LOWER_LIP_ROWS)
LIP_REST = 0.5  # canvas units; a gap this small is noise of the landmarks
ALMOST_SHUT = 0.4  # of the portrait's gap: below, parted lips begin to overlap
PARTED = 4.0  # canvas units; a gap from which on lips that shut overlap wholly
OVERLAP, SHORTFALL = 2.0, 0.13  # canvas units; the second, times (gap / PARTED)², is what smooth fields fall short of
UPPER_LIP_SHARE = 0.35  # of a correction of the mouth's gap; the lower lip takes the rest
# Of the portrait's own opening of the eye: how far it widens at most, and when a squint leaves without a stare instead.
MOST_WIDENING, MOST_RELAXING = 0.42, 0.14
IRIS_ROOM = (0.2, 0.22)  # of the eye's height: how close an iris' centre comes to the upper and to the lower lid
FULL_STARE = 0.6  # the eyeWide that may widen an eye to the utmost
MOST_LOWER_LID, WIDE_LOWER_LID = 0.5, 0.25  # the lower lid's part of a closing and of a widening eye


def expression_gains() -> Float[np.ndarray, "expression"]:
    gains = np.ones(NUM_EXPRESSIONS)
    for stem, gain in GAINS.items():
        gains[arkit_indices(stem)] = gain
    return gains


def head_rotation(head: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Yaw about the basis' y (positive: toward the picture's right), pitch about x (positive: down), roll about z
    (positive: counter-clockwise in the picture), in radians; pitch acts first, roll last."""
    (yaw, pitch, roll), eye = head, np.eye(3)
    turn = {}
    for axis, angle in (("y", yaw), ("x", pitch), ("z", roll)):
        first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
        matrix = eye.copy()
        matrix[first, first] = matrix[second, second] = np.cos(angle)
        matrix[second, first], matrix[first, second] = np.sin(angle), -np.sin(angle)
        turn[axis] = matrix
    return turn["z"] @ turn["y"] @ turn["x"]


def turned_pose(pose: Pose, head: Float[np.ndarray, "3"], pivot: Float[np.ndarray, "3"]) -> Pose:
    """The pose after the head has turned about a pivot of the basis that stays where it is in the picture."""
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
    modes: Float[np.ndarray, "expression coordinate"]  # what each blendshape adds, flattened
    lip_raised: Float[np.ndarray, "9"]  # the fitted upper lip above its rest
    lip_gap: Float[np.ndarray, "9"]  # detected, canvas units
    lip_gap_fitted: Float[np.ndarray, "9"]  # of the fitted shape, less that of the identity at rest
    lip_gap_rest: Float[np.ndarray, "9"]
    lid_gap: Float[np.ndarray, "2 7"]  # right, left
    lid_shut: tuple[float, float]  # the change of opening, negative, by which the basis shuts each eye
    detected: Float[np.ndarray, "landmark 2"]  # canvas units

    @classmethod
    def build(cls, basis: FaceBasis, face: FaceReference, canvas: FaceCanvas) -> "LandmarkMotion":
        modes = expression_gains()[:, None, None] * basis.skin
        identity = basis.shape(face.identity, np.zeros_like(face.expression))

        def drawn(expression):
            return identity + np.tensordot(expression, modes, 1)

        def fitted(expression):
            return canvas.canvas_points(basis.project(face.pose, drawn(expression))[:, :2])

        closed = face.expression.copy()
        closed[[ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = 1
        detected = canvas.canvas_points(face.landmarks.points[:, :2])
        reference, rest = fitted(face.expression), fitted(np.zeros_like(face.expression))
        shutting = []
        for lids, gap in zip(LIDS, lid_gap(detected).clip(0), strict=True):
            shutting.append(min(sum(lid_lifts(fitted(closed) - reference, lids)), -0.3 * float(gap.mean()) - 1e-3))
        low, high = basis.mean.min(0), basis.mean.max(0)
        pivot = np.array([basis.mean[:, 0].mean(), low[1], low[2] - 0.5 * (high[2] - low[2])])
        return cls(
            basis, face, canvas, pivot.astype(np.float32), drawn(face.expression), reference,
            modes.reshape(NUM_EXPRESSIONS, -1),
            (rest - reference)[UPPER_ROWS[0], 1],
            lip_gap(detected).clip(0), lip_gap(reference) - lip_gap(rest), lip_gap(rest),
            lid_gap(detected).clip(0), tuple(shutting), detected,
        )  # fmt: skip

    def turned_pose(self, head: Float[np.ndarray, "3"]) -> Pose:
        return turned_pose(self.face.pose, head, self.pivot)

    def canvas_places(self, pose: Pose, shape: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 2"]:
        """Where points of the basis appear, in canvas units."""
        return self.canvas.canvas_points(self.basis.project(pose, shape)[:, :2])

    def displacements(
        self, expression: Float[np.ndarray, "expression"], head: Float[np.ndarray, "3"]
    ) -> tuple[Float[np.ndarray, "landmark 2"], Float[np.ndarray, "landmark 2"]]:
        """How far every landmark moves by expression and head together, and by the head alone."""
        change = expression - self.face.expression
        change[SMILE] += LEAVING_SMILE * self.face.expression[SMILE] ** GRIN_SHARPNESS * change[SMILE].clip(max=0)
        shape = self.shape + (change @ self.modes).reshape(self.shape.shape)
        pose = self.turned_pose(head)
        by_head = self.canvas_places(pose, self.shape) - self.places
        moved = self.canvas_places(pose, shape) - self.places
        fitted = self.canvas_places(self.face.pose, shape)
        self.close_lips(moved, fitted)
        self.hold_upper_lip(moved, by_head)
        blinking = (change[BLINK_BY_EYE] / np.maximum(1 - self.face.expression[BLINK_BY_EYE], 0.1)).clip(0, 1)
        self.move_lids(moved, (change[WIDE_BY_EYE] / FULL_STARE).clip(0, 1), blinking)
        self.turn_eyes(moved, by_head, expression)
        return moved.astype(np.float32), by_head.astype(np.float32)

    def hold_upper_lip(self, moved: Float[np.ndarray, "landmark 2"], by_head: Float[np.ndarray, "landmark 2"]) -> None:
        """Sneering and raising the upper lip together bare the teeth, not the whole gum."""
        raised = self.lip_raised + (by_head - moved)[UPPER_ROWS[0], 1]
        height, (free, more) = middle_of(raised), SNEER
        start = max(free, middle_of(self.lip_raised))
        if height > start:
            room = max(free + more - start, 1.0)
            excess = raised * (1 - (start + room * np.tanh((height - start) / room)) / height)
            excess = np.minimum(excess, np.maximum(self.lip_gap + lip_gap(moved), 0))
            moved[UPPER_ROWS, 1] += excess

    def close_lips(self, moved: Float[np.ndarray, "landmark 2"], fitted: Float[np.ndarray, "landmark 2"]) -> None:
        """Lips meet when the expression closes them, however open the portrait's are.

        An open mouth's landmarks lie on the lips' inner edge, behind which teeth show: to hide these the lips overlap.
        """
        gap = lip_gap(fitted) - self.lip_gap_rest
        share = np.clip((gap.clip(0) + LIP_REST) / (self.lip_gap_fitted.clip(0) + LIP_REST), 0, 1)
        wider = np.maximum(gap - self.lip_gap_fitted.clip(0), 0)
        change = self.lip_gap * share + wider - self.lip_gap
        shutting = np.clip(1 - share / ALMOST_SHUT, 0, 1)
        wide = self.lip_gap / PARTED
        overlap = shutting * (OVERLAP * wide.clip(0, 1) + SHORTFALL * wide**2)
        excess = change - (lip_gap(fitted) - self.lip_gap_rest - self.lip_gap_fitted)
        moved[UPPER_ROWS, 1] += overlap / 2 - UPPER_LIP_SHARE * excess
        moved[LOWER_ROWS, 1] += (1 - UPPER_LIP_SHARE) * excess - overlap / 2

    def turn_eyes(
        self,
        moved: Float[np.ndarray, "landmark 2"],
        by_head: Float[np.ndarray, "landmark 2"],
        expression: Float[np.ndarray, "expression"],
    ) -> None:
        """Irises go where the eyes look; a lid that closes over them does not push them."""
        looked = (expression - self.face.expression)[GAZE]
        moved[IRISES] = by_head[IRISES]
        if looked.any():
            irises = IRISES.ravel()
            shape = self.shape[irises] + (looked @ self.gaze_modes).reshape(-1, 3)
            turned = self.canvas_places(self.face.pose, shape) - self.places[irises]
            for lids, iris, turn in zip(LIDS, IRISES, turned.reshape(*IRISES.shape, 2).mean(1), strict=True):
                moved[iris] += self.within_lids(turn, lids)

    @cached_property
    def gaze_modes(self) -> Float[np.ndarray, "gaze coordinate"]:
        """What looking somewhere adds to both irises, flattened."""
        return self.modes[GAZE].reshape(len(GAZE), *self.shape.shape)[:, IRISES.ravel()].reshape(len(GAZE), -1)

    def within_lids(self, turned: Float[np.ndarray, "2"], lids: Lids) -> Float[np.ndarray, "2"]:
        """A turn of the eye, softly limited so that most of the iris stays between the portrait's lids."""
        upper, lower, centre = (self.detected[list(rows), 1] for rows in (lids.upper, lids.lower, lids.iris[:1]))
        top, bottom, height = upper.min(), lower.max(), float(centre[0])
        low, high = (share * (bottom - top) for share in IRIS_ROOM)
        room = max(bottom - high - height, 0.5) if turned[1] > 0 else max(height - top - low, 0.5)
        return np.array([turned[0], room * np.tanh(turned[1] / room)])

    def move_lids(
        self,
        moved: Float[np.ndarray, "landmark 2"],
        stare: Float[np.ndarray, "2"],
        blinking: Float[np.ndarray, "2"],
    ) -> None:
        """Lids keep the portrait's own almond: they open and close in proportion, and a full blink shuts them, whatever
        else moves them; `stare`, 0 to 1 for the right and the left eye, lets them widen.
        """
        each_eye = zip(LIDS, self.lid_gap, self.lid_shut, stare, blinking, strict=True)
        for lids, gap, shut, staring, blink in each_eye:
            upper, lower = lid_lifts(moved, lids)
            height = max(float(gap.mean()), 1e-3)
            widest = MOST_RELAXING + staring * (MOST_WIDENING - MOST_RELAXING)
            change = min(upper + lower, widest * height)
            change += blink**3 * (min(shut, change) - change)
            if change < 0:
                change = -height * min(change / shut, 1.0)
            raised = (
                float(np.clip(lower / min(upper + lower, -1e-6), 0, MOST_LOWER_LID)) if change < 0 else WIDE_LOWER_LID
            )
            profile = gap / height
            between = corner_motion(moved, lids)
            moved[list(lids.upper)] = between
            moved[list(lids.lower)] = between
            moved[list(lids.upper), 1] -= (1 - raised) * change * profile
            moved[list(lids.lower), 1] += raised * change * profile


def middle_of(values: Float[np.ndarray, "odd"]) -> float:
    """The median of an odd number of values."""
    return float(np.sort(values)[len(values) // 2])


def corner_motion(moved: Float[np.ndarray, "landmark 2"], lids: Lids) -> Float[np.ndarray, "7 2"]:
    """The motion of an eye's corners, spread over the columns between them."""
    share = np.linspace(0, 1, len(lids.upper) + 2)[1:-1, None]
    first, last = moved[lids.corners[0]], moved[lids.corners[1]]
    return first + share * (last - first)


def lid_lifts(moved: Float[np.ndarray, "landmark 2"], lids: Lids) -> tuple[float, float]:
    """How far the upper lid rises and the lower lid sinks beyond the corners' motion, over the middle of the eye."""
    between = corner_motion(moved, lids)[1:-1, 1]
    upper, lower = moved[list(lids.upper[1:-1]), 1], moved[list(lids.lower[1:-1]), 1]
    return middle_of(between - upper), middle_of(lower - between)


def lip_gap(points: Float[np.ndarray, "landmark 2"]) -> Float[np.ndarray, "9"]:
    """How far the inner lips stand apart in nine columns."""
    return points[LOWER_ROWS[0], 1] - points[UPPER_ROWS[0], 1]


def lid_gap(points: Float[np.ndarray, "landmark 2"]) -> Float[np.ndarray, "2 7"]:
    """How far the lids of the right and the left eye stand apart in seven columns."""
    return np.stack([points[list(lids.lower), 1] - points[list(lids.upper), 1] for lids in LIDS])
