"""Persons of the performer who differ as filmed people do: measured deviations on the literature's prototypes.

What an emotion looks like on average stays as the literature has it; how far one person strays from that, in which
action units, and that a person strays alike in all emotions, is measured (`captured_people`). A film's action units are
no weights of ours, so each unit has a scale: by how much our prototypes of six emotions move it for each standard
deviation that the filmed people's mean faces move it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ...arkit import EMOTIONS, Emotion
from .captured_people import CELLS, RAVDESS_EMOTIONS, ActionUnitTable, PeopleModel
from .emotion_prototypes import (
    ACTION_UNITS,
    CONTEMPT_LEFT_SHARE,
    PROTOTYPES,
    Person,
    action_units_to_arkit,
    sample_gains,
)

FILMED: dict[str, Emotion] = {
    "happy": "happy", "sad": "sad", "angry": "angry", "fearful": "fear", "disgust": "disgust", "surprised": "surprise",
}  # fmt: skip
STRONG_CELLS = [CELLS.index((RAVDESS_EMOTIONS.index(name), 1)) for name in FILMED]
NUM_PEOPLE = 4096  # quasi-random, of whom each draw takes one


@dataclass(frozen=True)
class FilmedPersons:
    """Deviations of people from the usual face, in weights of action units; `draw` makes a Person of one of them."""

    units: tuple[str, ...]
    usual: dict[Emotion, Float[np.ndarray, "unit"]]  # of the average person, at intensity 1
    rest: Float[np.ndarray, "person unit"]
    shown: Float[np.ndarray, "person filmed unit"]  # deviations at strong intensity, emotions as in FILMED
    literature_share: float = 0.5

    @classmethod
    def fit(cls, table: ActionUnitTable, seed: int = 0) -> "FilmedPersons":
        """Learns from all actors of a table; see `captured_people` for what it raises."""
        people = PeopleModel.fit(table).sample(np.random.default_rng(seed), NUM_PEOPLE)
        known = {unit: unit.replace("AU0", "AU") for unit in table.units if unit.replace("AU0", "AU") in ACTION_UNITS}
        columns = [table.units.index(unit) for unit in known]
        units = tuple(known.values())
        usual: dict[Emotion, Float[np.ndarray, "unit"]] = {
            emotion: usual_weights(emotion, units) for emotion in EMOTIONS
        }
        faces = people.standard_units[..., columns]
        rest, displacements = faces[:, 0], faces[:, STRONG_CELLS] - faces[:, :1]
        scale = unit_scales(displacements.mean(0), np.stack([usual[emotion] for emotion in FILMED.values()]))
        return cls(
            units, usual, scale * (rest - rest.mean(0)), scale * (displacements - displacements.mean(0))
        )  # fmt: skip

    def draw(self, rng: np.random.Generator) -> Person:
        """A random person, a share of them the literature's, whose habits differ more than twenty actors' do.

        Nobody was filmed in contempt, where a person strays as in the mean of the emotions.
        """
        if rng.random() < self.literature_share:
            return Person.sample(rng)
        index = int(rng.integers(len(self.rest)))
        strays = dict(zip(FILMED.values(), self.shown[index], strict=True)) | {"contempt": self.shown[index].mean(0)}
        habits: dict[Emotion, dict[str, float]] = {
            emotion: dict(usual) for emotion, usual in Person.average().habits.items()
        }
        for emotion, prototype in PROTOTYPES.items():
            weights = dict(zip(self.units, self.usual[emotion] + strays.get(emotion, 0.0), strict=True))
            habits[emotion] |= {unit: float(weight) - prototype.core.get(unit, 0.0) for unit, weight in weights.items()}
        habits["neutral"] = {}
        resting = action_units_to_arkit(dict(zip(self.units, self.rest[index].tolist(), strict=True)))
        return Person(sample_gains(rng, alike=True), resting, habits, bool(rng.random() < CONTEMPT_LEFT_SHARE))


def usual_weights(emotion: Emotion, units: tuple[str, ...]) -> Float[np.ndarray, "unit"]:
    """The weights of action units of the average person."""
    weights = dict(PROTOTYPES[emotion].core)
    for unit, weight in Person.average().habits[emotion].items():
        weights[unit] = weights.get(unit, 0.0) + weight
    return np.array([weights.get(unit, 0.0) for unit in units])


def unit_scales(
    filmed: Float[np.ndarray, "filmed unit"], ours: Float[np.ndarray, "filmed unit"]
) -> Float[np.ndarray, "unit"]:
    """Our weights for a filmed standard deviation of each unit: least squares, shrunk to the scale of all units.

    A unit that speech moves more than emotion, such as the parting of the lips, says little by itself.
    """
    product, power = (filmed * ours).sum(0), (filmed**2).sum(0)
    common = product.sum() / power.sum()
    return np.maximum((product + common * power.mean()) / (power + power.mean()), 0.0)
