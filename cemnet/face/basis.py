"""The face basis: what a face's 478 landmarks say about its pose, its person and its expression.

Landmarks = pose · (mean + identity · modes + expression · blendshapes). Lengths are centimetres, x to the person's
left, y up, z toward the viewer; the origin lies inside the head, where it turns on the neck.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from ..arkit import NUM_EXPRESSIONS
from ..checkpoint import load_checkpoint
from ..types import FaceLandmarks, Pose

IMAGE_AXES = np.array([1.0, -1.0, -1.0])  # from the basis to the image: y down, z away
FIT_ROUNDS, REFIT_ROUNDS = 6, 2
REFIT_NOISE = 1.6  # landmarks err together: where the emotion is known, they count less against its habit


@dataclass(frozen=True)
class FaceFit:
    """A face in terms of the basis; `residual` is what the basis cannot say, in pixels: detected minus fitted."""

    pose: Pose
    identity: Float[np.ndarray, "identity"]
    expression: Float[np.ndarray, "expression"]
    residual: Float[np.ndarray, "landmark 3"]


@dataclass(frozen=True)
class FaceBasis:
    """A linear face on the 478 landmarks, and how to fit it. Identity weights are standard normal among people.

    The landmarker sees less of most expressions than the skin shows: a quarter of a squint, half of a frown, less of a
    wrinkled nose. What it sees is `expression`, by which faces are read; `skin` is how faces move, by which they are
    drawn.
    Habits are what expressions people show: a mixture of normal distributions, one for each emotion and the last for
    anything else. Without them a lowered brow would pass for a low one.
    """

    mean: Float[np.ndarray, "landmark 3"]
    identity: Float[np.ndarray, "identity landmark 3"]
    expression: Float[np.ndarray, "expression landmark 3"]
    skin: Float[np.ndarray, "expression landmark 3"]
    noise: Float[np.ndarray, "landmark"]  # how far a detected landmark lies from the basis, standard deviation in cm
    habit_mean: Float[np.ndarray, "habit expression"]
    habit_precision: Float[np.ndarray, "habit expression expression"]  # inverse covariance
    habit_share: Float[np.ndarray, "habit"]  # of all faces

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

        Gauss-Newton on image x and y; MediaPipe's depth is only the first guess of the pose. Every habit explains the
        face as well as it can with an expression in [0, 1], and the fitted expression is their mean, weighted by how
        likely each makes what is seen. MediaPipe's own scores are left out: they come from the same landmarks.
        """
        return self._fit(landmarks.points.astype(np.float64), (self.habit_mean, self.habit_precision, self.habit_share))

    def fit_known_emotion(
        self, landmarks: FaceLandmarks, fitted: FaceFit, probabilities: Float[np.ndarray, "emotion"]
    ) -> FaceFit:
        """A fit improved by a belief in the emotions that the face may show: a habit counts as its emotion is likely
        and as it is common, so that a calm face with high brows stays calm.

        Seen alone, a wrinkled nose passes for lowered brows; knowing of disgust, it does not.
        """
        anything = self.habit_share[-1:]
        likely = probabilities.clip(1e-6) * self.habit_share[:-1]
        share = np.concatenate([(1 - anything) * likely / likely.sum(), anything])
        habits = (self.habit_mean, self.habit_precision, share)
        trusting = replace(self, noise=REFIT_NOISE * self.noise)
        return trusting._fit(landmarks.points.astype(np.float64), habits, fitted, REFIT_ROUNDS)

    def fit_known_expression(
        self, points: Float[np.ndarray, "landmark 3"], expression: Float[np.ndarray, "expression"]
    ) -> FaceFit:
        """Pose and identity of a face whose expression is known."""
        certain = (expression[None].astype(np.float64), 1e8 * np.eye(NUM_EXPRESSIONS)[None], np.ones(1))
        return self._fit(points.astype(np.float64), certain)

    def _fit(
        self,
        points: Float[np.ndarray, "landmark 3"],
        habits: tuple[np.ndarray, ...],
        first: FaceFit | None = None,
        rounds: int = FIT_ROUNDS,
    ) -> FaceFit:
        if first is None:
            pose = similarity_pose(self.mean, points)
            identity, expression = np.zeros(len(self.identity)), np.zeros(NUM_EXPRESSIONS)
        else:
            pose, identity, expression = first.pose, first.identity, first.expression
        for _ in range(rounds):
            pose, identity, expression = self._improve(points, pose, identity, expression, habits)
        expression = expression.astype(np.float32)
        shape = self.shape(identity, expression)
        depth = (points - self.project(pose, shape))[:, 2].mean()
        pose = Pose(pose.rotation, pose.scale, pose.translation + np.array([0, 0, depth]))
        return FaceFit(pose, identity, expression, points - self.project(pose, shape))

    def _improve(self, points, pose: Pose, identity, expression, habits) -> tuple[Pose, np.ndarray, np.ndarray]:
        """One Gauss-Newton step on everything together."""
        hessian, gradient = self._normal_equations(points, pose, identity, expression)
        # Pose and identity are eliminated: `rest` says what they become for an expression.
        num_rest = len(gradient) - NUM_EXPRESSIONS
        coupling = hessian[:num_rest, num_rest:]
        rest = np.linalg.solve(hessian[:num_rest, :num_rest], np.column_stack([gradient[:num_rest], coupling]))
        reduced_hessian = hessian[num_rest:, num_rest:] - coupling.T @ rest[:, 1:]
        reduced_gradient = gradient[num_rest:] - coupling.T @ rest[:, 0]
        expression = expected_expression(reduced_hessian, reduced_gradient, *habits)
        step = rest[:, 0] - rest[:, 1:] @ expression
        turn = Rotation.from_rotvec(step[:3]).as_matrix()
        move = np.array([step[4], -step[5], 0.0]) * pose.scale
        moved = Pose(turn @ pose.rotation, pose.scale * float(np.exp(step[3])), pose.translation + move)
        return moved, step[6:], expression

    def _normal_equations(self, points, pose: Pose, identity, expression) -> tuple[np.ndarray, np.ndarray]:
        """Least squares in the step of the pose (6), the identity (with its prior) and the expression (without one)."""
        turned = self.shape(identity, expression) @ pose.rotation.T
        modes = np.concatenate([self.identity, self.expression]) @ pose.rotation.T
        mode_columns = modes[:, :, :2].transpose(1, 2, 0)
        ones, zeros = np.ones(len(points)), np.zeros(len(points))
        x, y, z = turned.T
        # Columns: turning about x, y and z, growing, moving right and up.
        pose_columns = np.stack([
            np.stack([zeros, z, -y, x, ones, zeros], axis=1),
            np.stack([-z, zeros, x, y, zeros, ones], axis=1),
        ], axis=1)  # fmt: skip
        missing = (points[:, :2] - pose.translation[:2]) / pose.scale * [1, -1] - turned[:, :2]
        target = missing + mode_columns @ np.concatenate([identity, expression])
        certainty = 1 / self.noise[:, None]
        columns = np.concatenate([pose_columns, mode_columns], axis=2) * certainty[..., None]
        matrix = columns.reshape(2 * len(points), -1)
        hessian = matrix.T @ matrix
        prior = np.zeros(len(hessian))
        prior[6 : 6 + len(identity)] = 1
        return hessian + np.diag(prior), matrix.T @ (target * certainty).ravel()


def expected_expression(
    hessian: Float[np.ndarray, "expression expression"],
    gradient: Float[np.ndarray, "expression"],
    mean: Float[np.ndarray, "habit expression"],
    precision: Float[np.ndarray, "habit expression expression"],
    share: Float[np.ndarray, "habit"],
) -> Float[np.ndarray, "expression"]:
    """Each habit's best expression in [0, 1], averaged by the habits' evidence (Laplace's approximation)."""
    low, high = np.zeros(len(gradient)), np.ones(len(gradient))
    expressions, evidence = [], np.log(share)
    for index in range(len(share)):
        joint, pull = hessian + precision[index], gradient + precision[index] @ mean[index]
        best = bounded_quadratic_minimum(joint, pull, low, high)
        misfit = 0.5 * best @ joint @ best - pull @ best + 0.5 * mean[index] @ precision[index] @ mean[index]
        evidence[index] += 0.5 * (np.linalg.slogdet(precision[index])[1] - np.linalg.slogdet(joint)[1]) - misfit
        expressions.append(best)
    likely = np.exp(evidence - evidence.max())
    return likely @ np.stack(expressions) / likely.sum()


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
