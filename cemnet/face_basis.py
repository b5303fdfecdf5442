"""The face basis: what a face's 478 landmarks say about its pose, its person and its expression.

Landmarks = pose · (mean + identity · modes + expression · blendshapes). Lengths are centimetres, x to the person's
left, y up, z toward the viewer; the origin lies inside the head, where it turns on the neck.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from .arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS, mirrored_name
from .checkpoint import load_checkpoint
from .types import FaceLandmarks, Pose

IMAGE_AXES = np.array([1.0, -1.0, -1.0])  # from the basis to the image: y down, z away
LARGEST_IDENTITY = 3.0  # standard deviations
AT_REST = 6.0  # rate of the exponential prior on blendshapes: most are at rest in most portraits
FIT_ROUNDS = 6
MIRRORED_EXPRESSION = np.array([ARKIT_INDEX[mirrored_name(name)] for name in ARKIT_NAMES])


@dataclass(frozen=True)
class FaceFit:
    """A face in terms of the basis; `residual` is what the basis cannot say, in pixels: detected minus fitted."""

    pose: Pose
    identity: Float[np.ndarray, "identity"]
    expression: Float[np.ndarray, "expression"]
    residual: Float[np.ndarray, "landmark 3"]


@dataclass(frozen=True)
class FaceBasis:
    """A linear face on the 478 landmarks, and how to fit it. Identity weights are standard normal among people."""

    mean: Float[np.ndarray, "landmark 3"]
    identity: Float[np.ndarray, "identity landmark 3"]
    expression: Float[np.ndarray, "expression landmark 3"]
    noise: Float[np.ndarray, "landmark"]  # how far a detected landmark lies from the basis, standard deviation in cm
    score_weight: Float[np.ndarray, "expression"]  # expected coefficient = weight · MediaPipe's score
    score_noise: Float[np.ndarray, "expression"]  # standard deviation of that guess

    @classmethod
    def load(cls, path: Path) -> "FaceBasis":
        """Reads released weights; MissingModelError when they cannot be read."""
        tensors, _ = load_checkpoint(path)
        return cls(**{name: tensor.numpy().astype(np.float64) for name, tensor in tensors.items()})

    def shape(
        self, identity: Float[np.ndarray, "identity"], expression: Float[np.ndarray, "expression"]
    ) -> Float[np.ndarray, "landmark 3"]:
        """Landmarks of a person with an expression, in the basis's own frame."""
        return self.mean + np.tensordot(identity, self.identity, 1) + np.tensordot(expression, self.expression, 1)

    def project(self, pose: Pose, shape: Float[np.ndarray, "landmark 3"]) -> Float[np.ndarray, "landmark 3"]:
        """Image pixels of a shape."""
        return pose.translation + pose.scale * (shape @ pose.rotation.T) * IMAGE_AXES

    def fit(self, landmarks: FaceLandmarks) -> FaceFit:
        """The most plausible pose, identity and expression behind detected landmarks.

        Gauss-Newton on image x and y (MediaPipe's depth is only the first guess of the pose); identity is held by its
        normal prior, expression in [0, 1] by an exponential prior and by MediaPipe's scores, trusted as far as they
        are right on rendered heads.
        """
        guess = (self.score_weight * landmarks.blendshapes).clip(0, 1)
        return self._fit(landmarks.points.astype(np.float64), guess, 1 / self.score_noise**2)

    def fit_known_expression(
        self, points: Float[np.ndarray, "landmark 3"], expression: Float[np.ndarray, "expression"]
    ) -> FaceFit:
        """Pose and identity of a face whose expression is known."""
        return self._fit(points.astype(np.float64), expression.astype(np.float64), np.full(NUM_EXPRESSIONS, 1e8))

    def _fit(
        self,
        points: Float[np.ndarray, "landmark 3"],
        guess: Float[np.ndarray, "expression"],
        trust: Float[np.ndarray, "expression"],
    ) -> FaceFit:
        num_identity = len(self.identity)
        weights = np.concatenate([np.zeros(num_identity), guess])
        centre = np.concatenate([np.zeros(num_identity), guess])
        precision = np.concatenate([np.ones(num_identity), trust])
        low = np.concatenate([np.full(num_identity, -LARGEST_IDENTITY), np.zeros(NUM_EXPRESSIONS)])
        high = np.concatenate([np.full(num_identity, LARGEST_IDENTITY), np.ones(NUM_EXPRESSIONS)])
        modes = np.concatenate([self.identity, self.expression])
        shape = self.mean + np.tensordot(weights, modes, 1)
        pose = similarity_pose(shape, points)
        for _ in range(FIT_ROUNDS):
            pose, weights = self._improve(points, pose, shape, modes, weights, (centre, precision, low, high))
            shape = self.mean + np.tensordot(weights, modes, 1)
        depth = (points - self.project(pose, shape))[:, 2].mean()
        pose = Pose(pose.rotation, pose.scale, pose.translation + np.array([0, 0, depth]))
        residual = points - self.project(pose, shape)
        return FaceFit(pose, weights[:num_identity], weights[num_identity:].astype(np.float32), residual)

    def _improve(self, points, pose: Pose, shape, modes, weights, prior) -> tuple[Pose, np.ndarray]:
        """One Gauss-Newton step on pose and weights together; residuals in centimetres of the face plane."""
        centre, precision, low, high = prior
        turned = shape @ pose.rotation.T
        missing = (points[:, :2] - pose.translation[:2]) / pose.scale * [1, -1] - turned[:, :2]
        ones, zeros = np.ones(len(points)), np.zeros(len(points))
        x, y, z = turned.T
        # Columns: turning about x, y and z, growing, moving right and up.
        pose_columns = np.stack([
            np.stack([zeros, z, -y, x, ones, zeros], axis=1),
            np.stack([-z, zeros, x, y, zeros, ones], axis=1),
        ], axis=1)  # fmt: skip
        mode_columns = (modes @ pose.rotation.T)[:, :, :2].transpose(1, 2, 0)
        certainty = 1 / self.noise[:, None, None]
        matrix = (np.concatenate([pose_columns, mode_columns], axis=2) * certainty).reshape(2 * len(points), -1)
        target = (missing * certainty[:, 0]).ravel()
        hessian = matrix.T @ matrix
        hessian[6:, 6:] += np.diag(precision)
        gradient = matrix.T @ target
        gradient[6:] += precision * (centre - weights)
        gradient[-NUM_EXPRESSIONS:] -= AT_REST
        free = np.full(6, np.inf)
        step = bounded_quadratic_minimum(
            hessian, gradient, np.concatenate([-free, low - weights]), np.concatenate([free, high - weights])
        )
        turn = Rotation.from_rotvec(step[:3]).as_matrix()
        move = np.array([step[4], -step[5], 0.0]) * pose.scale
        moved = Pose(turn @ pose.rotation, pose.scale * float(np.exp(step[3])), pose.translation + move)
        return moved, weights + step[6:]


def similarity_pose(shape: Float[np.ndarray, "landmark 3"], points: Float[np.ndarray, "landmark 3"]) -> Pose:
    """The pose that brings a shape closest to points in space (Umeyama 1991)."""
    target = points * IMAGE_AXES
    shape_centre, target_centre = shape.mean(0), target.mean(0)
    left, stretch, right = np.linalg.svd((target - target_centre).T @ (shape - shape_centre))
    proper = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = left @ np.diag(proper) @ right
    scale = float((stretch * proper).sum() / ((shape - shape_centre) ** 2).sum())
    return Pose(rotation, scale, (target_centre - scale * rotation @ shape_centre) * IMAGE_AXES)


def bounded_quadratic_minimum(
    hessian: Float[np.ndarray, "unknown unknown"],
    gradient: Float[np.ndarray, "unknown"],
    low: Float[np.ndarray, "unknown"],
    high: Float[np.ndarray, "unknown"],
) -> Float[np.ndarray, "unknown"]:
    """Minimises ½ xᵀHx − gᵀx with low ≤ x ≤ high, by block pivoting (Kostreva 1978; a few solves suffice)."""
    at_low = np.zeros(len(gradient), bool)
    at_high = at_low.copy()
    solution = np.zeros_like(gradient)
    for _ in range(30):
        fixed = at_low | at_high
        solution = np.where(at_low, low, np.where(at_high, high, 0.0))
        free = ~fixed
        rest = gradient[free] - hessian[np.ix_(free, fixed)] @ solution[fixed]
        solution[free] = np.linalg.solve(hessian[np.ix_(free, free)], rest)
        pull = gradient - hessian @ solution
        stay_low, stay_high = at_low & (pull <= 0), at_high & (pull >= 0)
        next_low, next_high = stay_low | (free & (solution < low)), stay_high | (free & (solution > high))
        if (next_low == at_low).all() and (next_high == at_high).all():
            break
        at_low, at_high = next_low, next_high
    return solution.clip(low, high)
