"""The memory of people asked for real faces, and the same model without a memory, in closed form."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...emotion.bridging_memory import EmotionMemory
from ...training.performer.captured_people import (
    NUM_CELLS,
    ActionUnitTable,
    PeopleModel,
    SampledPeople,
    angles_of,
    units_of,
)
from .benchmark import Fit, Predictor, Question

NUM_PEOPLE = 2048
# Of a question, the share of each cell that is to be shown; rows sum to one. The label's is one cell.
Wanted = Callable[[Question], Float[np.ndarray, "cell"]]


def memory_of(people: Float[np.ndarray, "person cell unit"], noise: Float[np.ndarray, "unit"]) -> EmotionMemory:
    """A memory with a slot for each person; its states are the amounts of each cell but the first, rest."""
    faces = torch.from_numpy(people).float()
    return EmotionMemory.of_people(faces[:, 0], faces[:, 1:] - faces[:, :1], torch.from_numpy(noise).float())


def label_of(question: Question) -> Float[np.ndarray, "cell"]:
    """The target's true cell."""
    return np.eye(NUM_CELLS)[question.target]


@torch.no_grad()
def clip_evidence(memory: EmotionMemory, angles: Float[np.ndarray, "cell unit"]) -> Float[Tensor, "cell unit slot"]:
    """The evidence of each of a person's clips alone; that of several clips is its sum."""
    clips = torch.from_numpy(angles).float().unsqueeze(1)
    states = torch.eye(NUM_CELLS)[:, 1:].unsqueeze(1)
    # A memory of known people compares portraits with slots alone: what it is asked for does not matter.
    parts = [memory.evidence(clip, state)[:, 0] for clip, state in zip(clips.split(1), states.split(1), strict=True)]
    return torch.cat(parts)


def remember(people: SampledPeople, wanted: Wanted = label_of) -> Predictor:
    """A memory of these people; references address it as angles, and what it tells is their action units."""
    memory = memory_of(people.angles, people.noise)
    faces = torch.from_numpy(people.units).float().permute(1, 2, 0)  # cell unit slot
    known: dict[str, Tensor] = {}

    def predict(question: Question) -> Float[np.ndarray, "set unit"]:
        if question.actor not in known:
            known.clear()
            known[question.actor] = clip_evidence(memory, angles_of(question.faces))
        evidence = known[question.actor][torch.from_numpy(question.references)].sum(1)
        shares = torch.from_numpy(wanted(question)).float()
        shown = torch.einsum("c,cus->us", shares, faces)
        return (evidence.softmax(dim=-1) * shown).sum(-1).double().numpy()

    return predict


def people_memory(seed: int = 0, num_people: int = NUM_PEOPLE) -> Fit:
    """The memory of people who are sampled from a model of the training actors."""

    def fit(table: ActionUnitTable) -> Predictor:
        model = PeopleModel.fit(table)
        return remember(model.sample(np.random.default_rng(seed), num_people, whole_faces=False))

    return fit


def closed_form(table: ActionUnitTable) -> Predictor:
    """The conditional mean of the Gaussian model itself, which a memory of endlessly many people comes near."""
    return conditional_mean(PeopleModel.fit(table))


def conditional_mean(model: PeopleModel, wanted: Wanted = label_of) -> Predictor:
    """The mean of the wanted cells given the references, as action units."""

    def predict(question: Question) -> Float[np.ndarray, "set unit"]:
        strange = angles_of(question.faces) / model.spread - model.face
        shares, cells = wanted(question), question.references
        between = model.covariance[:, cells[:, :, None], cells[:, None, :]]
        predicted = np.zeros((len(cells), len(model.spread)))
        for target in np.flatnonzero(shares > 1e-4):
            shared = model.covariance[:, target][:, cells]
            weight = np.linalg.solve(between, shared[..., None])[..., 0] if cells.shape[1] else shared
            mean = model.face[target] + np.einsum("usr,sru->su", weight, strange[cells])
            left = model.covariance[:, target, target][:, None] - (weight * shared).sum(-1)
            noise = np.sqrt(np.maximum(left, 0)).T * model.spread
            predicted += shares[target] * units_of(mean * model.spread, noise)
        return predicted

    return predict
