"""The face basis: a linear model of a face's 478 landmarks, and its fit to detected ones.

Landmarks = pose · (mean + identity · modes + expression · blendshapes). Lengths are centimetres, x to the person's
left, y up, z toward the viewer; the origin lies inside the head, where it turns on the neck.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from ..arkit import EMOTIONS, NUM_EXPRESSIONS
from ..checkpoint import check_arrays, load_checkpoint
from ..types import FaceLandmarks, Pose
from .landmark_indices import NUM_LANDMARKS

IMAGE_AXES = np.array([1.0, -1.0, -1.0])  # from the basis to the image: y down, z away
FIT_ROUNDS, REFIT_ROUNDS = 6, 2  # Gauss-Newton steps
# Factor on the landmarks' noise where the emotion is known. Errors of neighbouring landmarks are correlated, so the
# landmarks must count less against the prior than independent ones would.
REFIT_NOISE = 1.6
EXACT_PRECISION = 1e8  # of a known expression; an expression is 0 to 1
# The released weights name the three tensors of the expression priors like this.
SIZES = {"landmark": NUM_LANDMARKS, "expression": NUM_EXPRESSIONS, "prior": len(EMOTIONS) + 1}
STORED_NAMES = {"prior_mean": "habit_mean", "prior_precision": "habit_precision", "prior_share": "habit_share"}


@dataclass(frozen=True)
class FaceFit:
    """A face in terms of the basis. `residual` is what the basis cannot express: detected minus fitted, in pixels."""

    pose: Pose
    identity: Float[np.ndarray, "identity"]
    expression: Float[np.ndarray, "expression"]
    residual: Float[np.ndarray, "landmark 3"]


@dataclass(frozen=True)
class ExpressionPrior:
    """Expressions that people show: a mixture of normal distributions."""

    mean: Float[np.ndarray, "prior expression"]
    precision: Float[np.ndarray, "prior expression expression"]  # inverse covariance
    share: Float[np.ndarray, "prior"]  # weight of each distribution; they sum to 1


@dataclass(frozen=True)
class FaceBasis:
    """A linear face on the 478 landmarks, and how to fit it. Identity weights are standard normal among people.

    The landmarker sees less of most expressions than the skin shows: a quarter of a squint, half of a frown, less of a
    wrinkled nose. `expression` is what it sees, and is used to read faces. `skin` is how faces move, and is used to
    draw them.
    The expression priors are one normal distribution for each emotion, in the order of `arkit.EMOTIONS`, and a last
    one for any other face. Without them a lowered brow and a brow that is low by nature would be the same.
    """

    mean: Float[np.ndarray, "landmark 3"]
    identity: Float[np.ndarray, "identity landmark 3"]
    expression: Float[np.ndarray, "expression landmark 3"]
    skin: Float[np.ndarray, "expression landmark 3"]
    noise: Float[np.ndarray, "landmark"]  # how far a detected landmark lies from the basis, standard deviation in cm
    prior_mean: Float[np.ndarray, "prior expression"]
    prior_precision: Float[np.ndarray, "prior expression expression"]  # inverse covariance
    prior_share: Float[np.ndarray, "prior"]  # of all faces

    @classmethod
    def load(cls, path: Path) -> "FaceBasis":
        """Reads released weights; MissingModelError when they cannot be read."""
        tensors, _ = load_checkpoint(path)
        names = {stored: name for name, stored in STORED_NAMES.items()}
        tensors = {names.get(name, name): tensor for name, tensor in tensors.items()}
        check_arrays(path, tensors, cls, SIZES)
        return cls(**{name: tensor.numpy().astype(np.float64) for name, tensor in tensors.items()})

    def to_tensors(self) -> dict[str, Tensor]:
        """Tensors (float32) under the names that `load` reads."""
        return {
            STORED_NAMES.get(name, name): torch.tensor(values, dtype=torch.float32)
            for name, values in vars(self).items()
        }

    @property
    def prior(self) -> ExpressionPrior:
        """What is expected of a face of unknown emotion."""
        return ExpressionPrior(self.prior_mean, self.prior_precision, self.prior_share)

    def shape(
        self, identity: Float[np.ndarray, "identity"], expression: Float[np.ndarray, "expression"]
    ) -> Float[np.ndarray, "landmark 3"]:
        """Landmarks of a person with an expression, in centimetres of the basis."""
        return self.mean + np.tensordot(identity, self.identity, 1) + np.tensordot(expression, self.expression, 1)

    def project(self, pose: Pose, shape: Float[np.ndarray, "landmark 3"]) -> Float[np.ndarray, "landmark 3"]:
        """A shape in the image: x and y in pixels from the corner of the first pixel, z away from the viewer."""
        return pose.translation + pose.scale * (shape @ pose.rotation.T) * IMAGE_AXES

    def residual(
        self, points: Float[np.ndarray, "landmark 3"], pose: Pose, expression: Float[np.ndarray, "expression"]
    ) -> Float[np.ndarray, "landmark 3"]:
        """What a face of average identity cannot express: detected landmarks minus its own, in pixels."""
        return points.astype(np.float64) - self.project(pose, self.shape(np.zeros(len(self.identity)), expression))

    def fit(self, landmarks: FaceLandmarks) -> FaceFit:
        """The most plausible pose, identity and expression behind detected landmarks.

        Gauss-Newton on image x and y; MediaPipe's depth gives only the first guess of the pose. Each distribution of
        the prior has its own best expression in [0, 1]. The fitted expression is the mean of these, weighted by how
        likely each distribution makes the landmarks. MediaPipe's blendshape scores are not used: they come from the
        same landmarks.
        """
        return self._fit(landmarks.points.astype(np.float64), self.prior)

    def fit_known_emotion(
        self, landmarks: FaceLandmarks, fitted: FaceFit, probabilities: Float[np.ndarray, "emotion"]
    ) -> FaceFit:
        """A fit improved by the probabilities of the emotions that the face may show.

        Each emotion's prior counts by its probability and by how common it is, so that a calm face with high brows
        stays calm. Without knowing of disgust, a wrinkled nose is fitted as lowered brows.
        """
        anything = self.prior_share[-1:]
        likely = probabilities.clip(1e-6) * self.prior_share[:-1]
        share = np.concatenate([(1 - anything) * likely / likely.sum(), anything])
        trusting = replace(self, noise=REFIT_NOISE * self.noise)
        prior = replace(self.prior, share=share)
        return trusting._fit(landmarks.points.astype(np.float64), prior, fitted, REFIT_ROUNDS)

    def fit_known_expression(
        self, points: Float[np.ndarray, "landmark 3"], expression: Float[np.ndarray, "expression"]
    ) -> FaceFit:
        """Pose and identity of a face whose expression is known."""
        precision = EXACT_PRECISION * np.eye(NUM_EXPRESSIONS)[None]
        certain = ExpressionPrior(expression[None].astype(np.float64), precision, np.ones(1))
        return self._fit(points.astype(np.float64), certain)

    def _fit(
        self,
        points: Float[np.ndarray, "landmark 3"],
        prior: ExpressionPrior,
        first: FaceFit | None = None,
        rounds: int = FIT_ROUNDS,
    ) -> FaceFit:
        if first is None:
            pose = similarity_pose(self.mean, points)
            identity, expression = np.zeros(len(self.identity)), np.zeros(NUM_EXPRESSIONS)
        else:
            pose, identity, expression = first.pose, first.identity, first.expression
        for _ in range(rounds):
            pose, identity, expression = self._improve(points, pose, identity, expression, prior)
        expression = expression.astype(np.float32)
        shape = self.shape(identity, expression)
        depth = (points - self.project(pose, shape))[:, 2].mean()
        pose = Pose(pose.rotation, pose.scale, pose.translation + np.array([0, 0, depth]))
        return FaceFit(pose, identity, expression, points - self.project(pose, shape))

    def _improve(self, points, pose: Pose, identity, expression, prior) -> tuple[Pose, np.ndarray, np.ndarray]:
        """One Gauss-Newton step in pose, identity and expression together."""
        hessian, gradient = self._normal_equations(points, pose, identity, expression)
        # Pose and identity are eliminated (Schur complement): `rest` gives them as a linear function of the expression.
        num_rest = len(gradient) - NUM_EXPRESSIONS
        coupling = hessian[:num_rest, num_rest:]
        rest = np.linalg.solve(hessian[:num_rest, :num_rest], np.column_stack([gradient[:num_rest], coupling]))
        reduced_hessian = hessian[num_rest:, num_rest:] - coupling.T @ rest[:, 1:]
        reduced_gradient = gradient[num_rest:] - coupling.T @ rest[:, 0]
        expression = expected_expression(reduced_hessian, reduced_gradient, prior)
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
    prior: ExpressionPrior,
) -> Float[np.ndarray, "expression"]:
    """The best expression in [0, 1] under each distribution of the prior, averaged by the evidence of each.

    `hessian` and `gradient` are those of the landmarks' misfit. The evidence is Laplace's approximation.
    """
    low, high = np.zeros(len(gradient)), np.ones(len(gradient))
    expressions, evidence = [], np.log(prior.share)
    for index, (mean, precision) in enumerate(zip(prior.mean, prior.precision, strict=True)):
        joint, pull = hessian + precision, gradient + precision @ mean
        best = bounded_quadratic_minimum(joint, pull, low, high)
        misfit = 0.5 * best @ joint @ best - pull @ best + 0.5 * mean @ precision @ mean
        evidence[index] += 0.5 * (np.linalg.slogdet(precision)[1] - np.linalg.slogdet(joint)[1]) - misfit
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
    """The x that minimises ½ xᵀHx − gᵀx with low ≤ x ≤ high, by block pivoting (Kostreva 1978).

    A few solves suffice.
    """
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
