"""The memory of people asked for real faces, and the same model without a memory, in closed form."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

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


@dataclass(frozen=True)
class SlotMemory:
    """Slots of people, each channel addressed by itself; states are amounts of each cell but the first, rest."""

    rest: Float[Tensor, "slot channel"]
    apexes: Float[Tensor, "slot state channel"]
    noise: Float[Tensor, "channel"]

    def evidence(
        self, expression: Float[Tensor, "batch channel"], reference: Float[Tensor, "batch state"]
    ) -> Float[Tensor, "batch channel slot"]:
        """Logarithmic likelihood of each reference under each slot, up to a constant."""
        own = self.rest + torch.einsum("bk,skc->bsc", reference, self.apexes)
        return (-0.5 * ((expression.unsqueeze(1) - own) / self.noise).square()).transpose(1, 2)

    def address(self, evidence: Float[Tensor, "batch channel slot"]) -> Float[Tensor, "batch channel slot"]:
        """Shares of the slots."""
        return evidence.softmax(dim=-1)

    def face(
        self, address: Float[Tensor, "batch channel slot"], state: Float[Tensor, "state"]
    ) -> Float[Tensor, "batch channel"]:
        """The addressed people's mean face in a state."""
        faces = self.rest + torch.einsum("k,skc->sc", state, self.apexes)
        return torch.einsum("bcs,sc->bc", address, faces)


def memory_of(people: Float[np.ndarray, "person cell unit"], noise: Float[np.ndarray, "unit"]) -> SlotMemory:
    """A slot for each person."""
    faces = torch.from_numpy(people).float()
    return SlotMemory(faces[:, 0], faces[:, 1:] - faces[:, :1], torch.from_numpy(noise).float())


def label_of(question: Question) -> Float[np.ndarray, "cell"]:
    """The target's true cell."""
    return np.eye(NUM_CELLS)[question.target]


def remember(people: SampledPeople, wanted: Wanted = label_of) -> Predictor:
    """A memory of these people; references address it as angles, and what it tells is their action units."""
    keys, values = memory_of(people.angles, people.noise), memory_of(people.units, people.noise)
    states = torch.eye(NUM_CELLS)[:, 1:]

    def predict(question: Question) -> Float[np.ndarray, "set unit"]:
        clips = torch.from_numpy(angles_of(question.faces)).float()
        evidence = keys.evidence(clips, states)[torch.from_numpy(question.references)].sum(1)
        state = torch.from_numpy(wanted(question)[1:]).float()
        return values.face(keys.address(evidence), state).double().numpy()

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
