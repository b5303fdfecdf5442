"""How real people's faces change from one emotion to another: a statistical model of filmed action units.

The films are RAVDESS's (Livingstone & Russo, PLOS ONE 2018): every actor shows every emotion, at two strengths. What a
person does differs from the typical person in some way in each emotion and action unit. The model holds that, after
each unit is divided by its spread from clip to clip, these differences hang together over emotions in the same way for
every unit. Then other units tell nothing more about a unit (autokrigeability: Wackernagel, Multivariate Geostatistics,
2003), and twenty units of few actors estimate one covariance of the emotions together.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.stats import norm, qmc

from ...errors import CEMNetError
from .people_statistics import Smoothing, clip_spread, fit_typical, likeliest_smoothing, positive

RAVDESS_EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
# Emotion (index) and strength (0 normal, 1 strong) of each cell. Neutral comes first and has one strength.
CELLS = ((0, 0), *((emotion, strength) for emotion in range(1, len(RAVDESS_EMOTIONS)) for strength in (0, 1)))
NUM_CELLS = len(CELLS)
CELL_EMOTION = np.array([emotion for emotion, _ in CELLS])
CELL_STRENGTH = np.array([strength for _, strength in CELLS])
NUM_MANNERS = 4  # directions in which a person differs over cells; the rest is spread from clip to clip
LEAST_PEOPLE = 3


class CapturedDataError(CEMNetError):
    """A table of filmed faces that cannot be used."""


@dataclass(frozen=True)
class ActionUnitTable:
    """Mean action units (0 to 1) of one clip for each actor and cell."""

    actors: tuple[str, ...]
    units: tuple[str, ...]
    values: Float[np.ndarray, "actor cell unit"]

    @classmethod
    def read(cls, path: Path) -> "ActionUnitTable":
        """Reads a csv with columns AU.._mean and `file`, which names the clip as RAVDESS does.

        CapturedDataError if there is no such file or column, or an actor lacks a cell or has it twice.
        """
        if not path.is_file():
            raise CapturedDataError(f"There is no table of action units at {path}.")
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        units = tuple(name for name in (rows[0] if rows else {}) if name.startswith("AU") and name.endswith("_mean"))
        if not units or "file" not in rows[0]:
            raise CapturedDataError(f"{path} needs rows with a column `file` and columns such as AU12_mean.")
        clips: dict[tuple[str, int], list[float]] = {}
        for row in rows:
            actor, cell = clip_place(row["file"])
            if (actor, cell) in clips:
                raise CapturedDataError(
                    f"{row['file']}: {path.name} has two clips of this actor, emotion and strength."
                )
            clips[actor, cell] = [_share(row[unit], row["file"]) for unit in units]
        actors = tuple(sorted({actor for actor, _ in clips}))
        for actor in actors:
            missing = [cell_name(cell) for cell in range(NUM_CELLS) if (actor, cell) not in clips]
            if missing:
                raise CapturedDataError(f"Actor {actor} has no clip of {', '.join(missing)} in {path.name}.")
        values = [[clips[actor, cell] for cell in range(NUM_CELLS)] for actor in actors]
        return cls(actors, tuple(unit.removesuffix("_mean") for unit in units), np.array(values))

    def only(self, actors: Sequence[str]) -> "ActionUnitTable":
        """The clips of some actors, in their order here."""
        rows = [index for index, actor in enumerate(self.actors) if actor in actors]
        return replace(self, actors=tuple(self.actors[row] for row in rows), values=self.values[rows])

    def without(self, actors: Sequence[str]) -> "ActionUnitTable":
        """The clips of all other actors."""
        return self.only([actor for actor in self.actors if actor not in actors])

    @property
    def scale(self) -> tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
        """Mean and standard deviation of each unit over all clips, to standardise."""
        return self.values.mean((0, 1)), np.maximum(self.values.std((0, 1)), 1e-6)


@dataclass(frozen=True)
class SampledPeople:
    """People who never lived: their faces in every cell, as angles (see `angles_of`)."""

    angles: Float[np.ndarray, "person cell unit"]
    noise: Float[np.ndarray, "unit"]  # standard deviation of a clip around its person's face, as an angle
    scale: tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]  # of the clips that the model was fitted to

    @property
    def units(self) -> Float[np.ndarray, "person cell unit"]:
        """The mean action units of such a person's clips, 0 to 1."""
        return units_of(self.angles, self.noise)

    @property
    def standard_units(self) -> Float[np.ndarray, "person cell unit"]:
        """The same in standard deviations of the clips from their mean."""
        return (self.units - self.scale[0]) / self.scale[1]

    def rest_and_displacements(
        self, standardised: bool = False
    ) -> tuple[Float[np.ndarray, "person unit"], Float[np.ndarray, "person shown unit"]]:
        """Each person's neutral face, and from there the displacement to each of the other cells."""
        faces = self.standard_units if standardised else self.units
        return faces[:, 0], faces[:, 1:] - faces[:, :1]


@dataclass(frozen=True)
class PeopleModel:
    """A Gaussian model of people in every cell, fitted to a table; of angles divided by `spread`."""

    face: Float[np.ndarray, "cell unit"]  # of the typical person
    covariance: Float[np.ndarray, "unit cell cell"]  # of a new person's clips
    spread: Float[np.ndarray, "unit"]  # from clip to clip, as an angle
    correlation: Float[np.ndarray, "unit unit"]  # of what differs from clip to clip
    scale: tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]
    smoothing: Smoothing

    @classmethod
    def fit(cls, table: ActionUnitTable, smoothing: Smoothing | None = None) -> "PeopleModel":
        """Everything is estimated from this table's actors; CapturedDataError for fewer than LEAST_PEOPLE.

        The smoothing is the likeliest one, unless it is given.
        """
        if len(table.actors) < LEAST_PEOPLE:
            raise CapturedDataError(f"A model of people needs at least {LEAST_PEOPLE} actors, not {len(table.actors)}.")
        angles = angles_of(table.values)
        deviations = angles - angles.mean(0)
        spread = clip_spread(deviations)
        smoothing = smoothing or likeliest_smoothing(angles / spread, CELL_EMOTION)
        typical = fit_typical(angles / spread, CELL_EMOTION, smoothing)
        within = (deviations - deviations.mean(1, keepdims=True)) / spread
        within = within.reshape(-1, within.shape[-1])
        correlation = positive(np.corrcoef(within.T), least=1e-3)
        return cls(typical.face, typical.covariance, spread, correlation, table.scale, smoothing)

    def sample(self, rng: np.random.Generator, count: int, whole_faces: bool = True) -> SampledPeople:
        """Draws people; quasi-random (Sobol), so that few thousands represent the model evenly.

        On whole faces, a person's units hang together as they do from clip to clip. Otherwise each unit is drawn by
        itself, which represents it more evenly where units are asked one by one.
        """
        kernel, noise = self.people_and_noise()
        seed = int(rng.integers(2**31))
        sobol = qmc.Sobol(NUM_CELLS, seed=seed)  # pyright: ignore[reportCallIssue]  # named rng from scipy 1.15 on
        even = norm.ppf(sobol.random(count).clip(1e-6, 1 - 1e-6))
        draws = np.stack([even[rng.permutation(count)] for _ in self.spread], axis=-1)
        if whole_faces:
            draws = draws @ np.linalg.cholesky(self.correlation).T
        values, vectors = np.linalg.eigh(kernel)
        roots = vectors[..., ::-1] * np.sqrt(np.maximum(values[:, None, ::-1], 0))
        faces = self.face + np.einsum("ucd,pdu->pcu", roots, draws)
        return SampledPeople(faces * self.spread, noise * self.spread, self.scale)

    def people_and_noise(self) -> tuple[Float[np.ndarray, "unit cell cell"], Float[np.ndarray, "unit"]]:
        """The covariance split in two: people in NUM_MANNERS directions, and the deviation from clip to clip.

        Probabilistic principal components (Tipping & Bishop, JRSS B 1999): the noise is the mean of what is left.
        """
        values, vectors = np.linalg.eigh(self.covariance)
        noise = values[:, :-NUM_MANNERS].mean(1)
        kept = np.maximum(values - noise[:, None], 0)
        return np.einsum("ucd,ud,ued->uce", vectors, kept, vectors), np.sqrt(noise)


def angles_of(units: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Action units of 0 to 1 as angles, asin √unit: their spread depends little on their size then."""
    return np.arcsin(np.sqrt(units.clip(0, 1)))


def units_of(
    angles: Float[np.ndarray, "*shape unit"], noise: Float[np.ndarray, "*#shape unit"]
) -> Float[np.ndarray, "*shape unit"]:
    """The mean action unit of an angle with a normal deviation of `noise`: E sin²(angle + noise)."""
    return 0.5 - 0.5 * np.cos(2 * angles) * np.exp(-2 * noise**2)


def clip_place(file: str) -> tuple[str, int]:
    """Actor and cell of a clip by its name, such as 01-01-05-02-01-01-13.mp4; CapturedDataError for another name."""
    parts = file.split(".")[0].split("-")
    try:
        return parts[6], CELLS.index((int(parts[2]) - 1, int(parts[3]) - 1))
    except (IndexError, ValueError):
        raise CapturedDataError(f"{file!r} is not a name of RAVDESS, such as 01-01-05-02-01-01-13.mp4.") from None


def cell_name(cell: int) -> str:
    """Such as "strong fearful"."""
    emotion, strength = CELLS[cell]
    return f"{('normal', 'strong')[strength]} {RAVDESS_EMOTIONS[emotion]}"


def _share(text: str, file: str) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = float("nan")
    if not 0 <= value <= 1:
        raise CapturedDataError(f"{file}: {text!r} is no action unit between 0 and 1.")
    return value
