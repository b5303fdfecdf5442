"""What the memory of people is compared with: four ways from references to a target that a few lines can say.

All of them work on plain action units. They stay as they are, so that figures of different days can be compared.
"""

import numpy as np
from jaxtyping import Float

from ...training.performer.captured_people import ActionUnitTable
from .benchmark import Fit, Predictor, Question


def copy_reference(table: ActionUnitTable) -> Predictor:
    """The mean of the references, whatever they show; without references, the mean of all training clips."""
    mean = table.values.mean((0, 1))

    def predict(question: Question) -> Float[np.ndarray, "set unit"]:
        if not question.references.shape[1]:
            return mean[None]
        return question.faces[question.references].mean(1)

    return predict


def table_alone(table: ActionUnitTable) -> Predictor:
    """The mean of the training actors in the target's emotion and strength."""
    typical = table.values.mean(0)
    return lambda question: np.repeat(typical[question.target][None], len(question.references), axis=0)


def neutralise_first(table: ActionUnitTable) -> Predictor:
    """The table, and all that the references have beyond the table in their own cells."""
    typical = table.values.mean(0)
    return lambda question: typical[question.target] + offsets(question, typical)


def shrunk_offset(table: ActionUnitTable) -> Predictor:
    """The same with the offset shrunk unit by unit: u / (u + noise / number of references)."""
    typical = table.values.mean(0)
    people, noise = offset_variances(table)

    def predict(question: Question) -> Float[np.ndarray, "set unit"]:
        count = max(1, question.references.shape[1])
        return typical[question.target] + people / (people + noise / count) * offsets(question, typical)

    return predict


BASELINES: dict[str, Fit] = {
    "copy the reference": copy_reference,
    "table of emotion and strength": table_alone,
    "neutralise first, then the table": neutralise_first,
    "table and shrunk offset": shrunk_offset,
}


def offsets(question: Question, typical: Float[np.ndarray, "cell unit"]) -> Float[np.ndarray, "set unit"]:
    """How the references differ from the typical face of their cells, in the mean; 0 without references."""
    if not question.references.shape[1]:
        return np.zeros((len(question.references), typical.shape[1]))
    return (question.faces - typical)[question.references].mean(1)


def offset_variances(table: ActionUnitTable) -> tuple[Float[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
    """Variances of people's offsets, and of clips around a person's offset: one-way analysis of variance by unit."""
    deviations = table.values - table.values.mean(0)
    num_actors, num_cells, _ = deviations.shape
    level = deviations.mean(1)
    noise = ((deviations - level[:, None]) ** 2).sum((0, 1)) / (num_actors * (num_cells - 1))
    people = np.maximum(level.var(0, ddof=1) - noise / num_cells, 0)
    return people, np.maximum(noise, 1e-12)
