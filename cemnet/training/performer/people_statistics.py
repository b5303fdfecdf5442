"""Statistics of few people in many cells: covariances that borrow strength, and a table of typical faces.

A cell is one emotion at one strength; `cell_emotion` says which cells are of one emotion. All values are already
divided by each unit's spread from clip to clip, so that all units share one covariance of the cells.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

LEVEL_VARIANCE = 20.0  # of a unit's level over all cells: so wide that it is not shrunk
TABLE_SIMPLICITY = 0.2  # share of the simple covariance in that of the typical faces
Cells = Int[np.ndarray, "cell"]
Covariance = Float[np.ndarray, "cell cell"]


@dataclass(frozen=True)
class Smoothing:
    """How far the covariance of people over cells is trusted, and how much their displacements are scaled."""

    simple: float  # share of the covariance that knows only same cell, same emotion, or another emotion
    by_emotion: float  # share of the rest that is averaged over the strengths of each pair of emotions
    gain: float  # variance of a person's gain along the typical displacement of a unit


SMOOTHINGS = [
    Smoothing(simple, by_emotion, gain)
    for simple in (0.3, 0.5, 0.7)
    for by_emotion in (0.0, 0.5)
    for gain in (0.0, 0.02)
]


@dataclass(frozen=True)
class Typical:
    """The faces that a new person is expected to show, how unsure they are, and how such a person strays from them."""

    face: Float[np.ndarray, "cell unit"]
    covariance: Float[np.ndarray, "unit cell cell"]  # of a new person's clips around `face`


def clip_spread(deviations: Float[np.ndarray, "person cell unit"]) -> Float[np.ndarray, "unit"]:
    """Standard deviation of a person's clips around the person's own level, of deviations from the mean person."""
    num_people, num_cells, _ = deviations.shape
    within = deviations - deviations.mean(1, keepdims=True)
    spread = np.sqrt((within**2).sum((0, 1)) / ((num_people - 1) * (num_cells - 1)))
    return np.maximum(spread, 1e-3)


def fit_typical(values: Float[np.ndarray, "person cell unit"], cell_emotion: Cells, smoothing: Smoothing) -> Typical:
    """Typical faces and covariances of people who were all seen once in every cell."""
    mean = values.mean(0)
    deviations = values - mean
    pooled = np.einsum("pcu,pdu->cd", deviations, deviations) / ((len(values) - 1) * values.shape[2])
    people = smooth(pooled, cell_emotion, smoothing)
    face, doubt = shrink_table(mean, people / len(values), cell_emotion)
    displacement = face - face[:1]
    gains = smoothing.gain * np.einsum("cu,du->ucd", displacement, displacement)
    return Typical(face, people + doubt + gains)


def simplify(covariance: Covariance, cell_emotion: Cells) -> Covariance:
    """The nearest covariance with three values: of a cell, of two cells of one emotion, and of two emotions."""
    same_cell = np.eye(len(covariance), dtype=bool)
    same_emotion = (cell_emotion[:, None] == cell_emotion) & ~same_cell
    other = ~same_cell & ~same_emotion
    simple = np.zeros_like(covariance)
    for where in (same_cell, same_emotion, other):
        simple[where] = covariance[where].mean() if where.any() else 0.0
    return simple


def smooth(covariance: Covariance, cell_emotion: Cells, smoothing: Smoothing) -> Covariance:
    """A covariance of few people drawn toward simpler ones."""
    simple = simplify(covariance, cell_emotion)
    member = (cell_emotion[:, None] == np.unique(cell_emotion)).astype(float)
    of_pairs = member @ (member.T @ covariance @ member / np.outer(member.sum(0), member.sum(0))) @ member.T
    other = cell_emotion[:, None] != cell_emotion
    averaged = np.where(other, smoothing.by_emotion * of_pairs + (1 - smoothing.by_emotion) * covariance, 0)
    own = (1 - smoothing.by_emotion) * covariance + smoothing.by_emotion * simple
    own[np.diag_indices_from(own)] = np.diag(covariance)
    kept = np.where(other, averaged, own)
    return positive((1 - smoothing.simple) * kept + smoothing.simple * simple, least=1e-3)


def shrink_table(
    mean: Float[np.ndarray, "cell unit"], error: Covariance, cell_emotion: Cells
) -> tuple[Float[np.ndarray, "cell unit"], Covariance]:
    """Empirical Bayes: the mean faces of few people shrunk toward what cells and units have in common, and the doubt.

    `error` is the covariance of a unit's means over cells. The prior covariance is that of the units' means, less the
    error (Efron & Morris, JASA 1973).
    """
    num_cells, num_units = mean.shape
    centring = np.eye(num_cells) - 1 / num_cells
    profile = centring @ mean
    prior = profile @ profile.T / num_units - centring @ error @ centring
    prior = positive((1 - TABLE_SIMPLICITY) * prior + TABLE_SIMPLICITY * simplify(prior, cell_emotion))
    prior += LEVEL_VARIANCE
    gain = prior @ np.linalg.inv(prior + error)
    return mean.mean() + gain @ (mean - mean.mean()), prior - gain @ prior


def positive(matrix: Covariance, least: float = 0.0) -> Covariance:
    """The symmetric matrix with its eigenvalues raised to at least `least`."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * np.maximum(values, least)) @ vectors.T


def log_likelihood(values: Float[np.ndarray, "cell unit"], typical: Typical) -> float:
    """Logarithmic density of one person's faces, unit by unit."""
    factor = np.linalg.cholesky(typical.covariance)
    scaled = np.linalg.solve(factor, (values - typical.face).T[..., None])
    size = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum()
    return float(-0.5 * (scaled**2).sum() - size - 0.5 * values.size * np.log(2 * np.pi))


def likeliest_smoothing(values: Float[np.ndarray, "person cell unit"], cell_emotion: Cells) -> Smoothing:
    """The one of SMOOTHINGS under which each person is likeliest to a model of all others."""

    def likelihood(smoothing: Smoothing) -> float:
        others = (np.delete(values, person, axis=0) for person in range(len(values)))
        fits = (fit_typical(known, cell_emotion, smoothing) for known in others)
        return sum(log_likelihood(person, fit) for person, fit in zip(values, fits, strict=True))

    return max(SMOOTHINGS, key=likelihood)
