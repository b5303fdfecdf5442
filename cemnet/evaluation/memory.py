"""Diagnostics of the emotion bridging memory: slots in use, addresses, and errors on unseen people.

The people are sampled anew, so that training saw none of them. Each shows an emotion at full strength; the memory is
asked for the displacement to every other emotion, and the truth is the person's own.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from sklearn.linear_model import Ridge
from torch import Tensor

from ..arkit import ARKIT_NAMES, EMOTIONS, Emotion
from ..emotion.bridging_memory import EmotionMemory
from ..emotion.states import emotion_state, one_hot_emotion
from ..motion.neutralise import carried_face
from ..training.networks.losses import slot_perplexity
from ..training.performer.emotion_prototypes import Person
from .report.figures import address_figure
from .report.report import Table

PAIRS: tuple[tuple[Emotion, Emotion], ...] = tuple(itertools.permutations(EMOTIONS, 2))
FIT_NOISE = 0.05  # how far a fitted expression is off, as in training
RIDGE = 3.0  # weight of the squared coefficients
NUM_KNOWN_PEOPLE = 600  # that the baselines learn from


@dataclass(frozen=True)
class People:
    """Expressions of many people in every emotion: the true ones, and those that a fit of the face returns."""

    shown: Float[Tensor, "person emotion expression"]
    fitted: Float[Tensor, "person emotion expression"]

    @classmethod
    def sample(cls, count: int, seed: int) -> "People":
        """Draws people as training does, with FIT_NOISE on their fitted expressions."""
        rng = np.random.default_rng(seed)
        persons = [Person.sample(rng) for _ in range(count)]
        shown = np.stack([[person.show(emotion, 1.0) for emotion in EMOTIONS] for person in persons])
        fitted = (shown + rng.normal(0, FIT_NOISE, shown.shape)).clip(0, 1)
        return cls(torch.from_numpy(shown).float(), torch.from_numpy(fitted).float())

    def displacements(self, source: Emotion, target: Emotion) -> Float[Tensor, "person expression"]:
        """The true change of expression from one emotion to another."""
        return self.shown[:, EMOTIONS.index(target)] - self.shown[:, EMOTIONS.index(source)]

    def portraits(self, source: Emotion) -> Float[Tensor, "person expression"]:
        """The fitted expressions in one emotion."""
        return self.fitted[:, EMOTIONS.index(source)]


@dataclass(frozen=True)
class Recalled:
    """Displacements of all PAIRS and the addresses behind them."""

    displacement: Float[Tensor, "pair person expression"]
    address: Float[Tensor, "pair person slot"]


def full_state(emotion: Emotion) -> Float[Tensor, "shown"]:
    """The shown-emotion state of one emotion at full strength."""
    return emotion_state(one_hot_emotion(emotion), torch.tensor(1.0))


@torch.no_grad()
def recall(memory: EmotionMemory, people: People) -> Recalled:
    """The memory's displacement for every pair, given both emotions and the fitted portrait."""
    displacements, addresses = [], []
    for source, target in PAIRS:
        portrait = people.portraits(source)
        reference, wanted = (full_state(emotion).expand(len(portrait), -1) for emotion in (source, target))
        identity = memory.identity_code(portrait, reference)
        displacement, address = memory(reference, wanted.unsqueeze(1), identity)
        displacements.append(displacement[:, 0])
        addresses.append(address[:, 0])
    return Recalled(torch.stack(displacements), torch.stack(addresses))


def mean_displacements(known: People, people: People) -> Float[Tensor, "pair person expression"]:
    """A baseline without memory: the mean displacement of known people, the same for everybody."""
    means = [known.displacements(*pair).mean(0) for pair in PAIRS]
    return torch.stack(means).unsqueeze(1).expand(-1, len(people.shown), -1)


def linear_displacements(known: People, people: People) -> Float[Tensor, "pair person expression"]:
    """For each pair of emotions a ridge regression of the displacement on the fitted portrait."""
    predicted = []
    for source, target in PAIRS:
        wanted, portraits = known.displacements(source, target), known.portraits(source)
        ridge = Ridge(alpha=RIDGE).fit(portraits.numpy(), wanted.numpy())
        predicted.append(torch.from_numpy(ridge.predict(people.portraits(source).numpy())))
    return torch.stack(predicted)


def retrieval_errors(
    predicted: Float[Tensor, "pair person expression"], people: People
) -> Float[np.ndarray, "pair person"]:
    """Mean absolute error over the blendshapes."""
    truth = torch.stack([people.displacements(*pair) for pair in PAIRS])
    return (predicted - truth).abs().mean(-1).numpy()


def retrieval_table(memory: EmotionMemory, people: People, seed: int) -> Table:
    """Errors by target emotion: of the memory, of a linear map, of a mean, and of no displacement."""
    known = People.sample(NUM_KNOWN_PEOPLE, seed + 1)
    recalled = recall(memory, people).displacement
    errors = {
        "memory": retrieval_errors(recalled, people),
        "linear": retrieval_errors(linear_displacements(known, people), people),
        "mean displacement": retrieval_errors(mean_displacements(known, people), people),
        "no displacement": retrieval_errors(torch.zeros_like(recalled), people),
    }
    rows = [
        (emotion, *(f"{error[[target == emotion for _, target in PAIRS]].mean():.4f}" for error in errors.values()))
        for emotion in EMOTIONS
    ]
    better = (errors["memory"] < errors["mean displacement"]).mean()
    note = (
        f"{len(people.shown)} people that nothing learned from, all {len(PAIRS)} pairs of emotions at full strength; "
        f"mean absolute error of the displacement, in blendshape units. Mean displacement: the same for everybody. "
        f"Linear: a ridge regression on the portrait for every pair, from {NUM_KNOWN_PEOPLE} known people. The memory "
        f"is nearer than the mean for {100 * better:.0f} % of people and pairs."
    )
    mean_row = ("all", *(f"{error.mean():.4f}" for error in errors.values()))
    return Table("Retrieval error on unseen people", ("to", *errors), [*rows, mean_row], note)


@torch.no_grad()
def worst_table(memory: EmotionMemory, people: People, count: int = 8) -> Table:
    """The blendshapes with the largest mean error of the displacement, and their bias."""
    off = recall(memory, people).displacement - torch.stack([people.displacements(*pair) for pair in PAIRS])
    error, bias, largest = off.abs().mean((0, 1)), off.mean((0, 1)), off.abs().amax((0, 1))
    rows = [
        (ARKIT_NAMES[index], f"{error[index]:.3f}", f"{bias[index]:+.3f}", f"{largest[index]:.2f}")
        for index in error.argsort(descending=True)[:count].tolist()
    ]
    note = (
        "What the face clips to [0, 1] can hide here: errors above 1 mean that training pushed a displacement too far."
    )
    return Table("Displacements recalled worst", ("blendshape", "mean error", "bias", "largest error"), rows, note)


@torch.no_grad()
def stored_error(memory: EmotionMemory, people: People) -> float:
    """Mean absolute error of the true apexes after value addressing, the best that the slots can represent."""
    apexes = torch.stack([people.displacements("neutral", emotion) for emotion in EMOTIONS if emotion != "neutral"])
    return (memory.address_of_displacement(apexes) @ memory.values - apexes).abs().mean().item()


@torch.no_grad()
def bridged_faces(memory: EmotionMemory, people: People) -> Float[Tensor, "pair person expression"]:
    """The face that the bridge makes of every portrait, before it speaks (see `EmotionNetwork.perform`)."""
    recalled, faces = recall(memory, people).displacement, []
    for pair, displacement in zip(PAIRS, recalled, strict=True):
        portrait = people.portraits(pair[0])
        reference, target, neutral = (full_state(emotion).expand(len(portrait), -1) for emotion in (*pair, "neutral"))
        identity = memory.identity_code(portrait, reference)
        shown, _ = memory(neutral, reference.unsqueeze(1), identity)
        face = carried_face(portrait, shown.squeeze(1), displacement.unsqueeze(1), reference, target.unsqueeze(1))
        faces.append(face.squeeze(1))
    return torch.stack(faces)


def faces_table(memory: EmotionMemory, people: People, seed: int) -> Table:
    """Distance of the shown faces from the person's own, by target emotion."""
    truth = torch.stack([people.shown[:, EMOTIONS.index(target)] for _, target in PAIRS])
    portraits = torch.stack([people.portraits(source) for source, _ in PAIRS])
    known = People.sample(NUM_KNOWN_PEOPLE, seed + 1)
    faces = {
        "bridge": bridged_faces(memory, people),
        "portrait + mean displacement": (portraits + mean_displacements(known, people)).clamp(0, 1),
        "everybody's mean face": torch.stack([known.shown[:, EMOTIONS.index(target)].mean(0) for _, target in PAIRS])
        .unsqueeze(1)
        .expand_as(truth),
        "portrait": portraits,
    }
    errors = {name: (face - truth).abs().mean((1, 2)) for name, face in faces.items()}
    rows = [
        (emotion, *(f"{error[[target == emotion for _, target in PAIRS]].mean():.4f}" for error in errors.values()))
        for emotion in EMOTIONS
    ]
    note = "Mean absolute distance to the person's own face in the target emotion, before speech."
    mean_row = ("all", *(f"{error.mean():.4f}" for error in errors.values()))
    return Table("Faces of unseen people after the bridge", ("to", *errors), [*rows, mean_row], note)


@torch.no_grad()
def usage_table(memory: EmotionMemory, people: People) -> Table:
    """Number of slots in use, and deviations of the bridge from its algebraic properties."""
    recalled = recall(memory, people)
    each = torch.stack([slot_perplexity(address.unsqueeze(0)) for address in recalled.address.flatten(0, 1)])
    largest = recalled.address.mean(1).argmax(-1)
    rows = [
        ("slots", str(recalled.address.shape[-1])),
        ("perplexity over all pairs and people", f"{slot_perplexity(recalled.address).item():.1f}"),
        ("perplexity of one address, mean", f"{each.mean().item():.1f}"),
        ("slots that lead for at least one pair", str(len(set(largest.tolist())))),
        ("error of apexes by value addressing", f"{stored_error(memory, people):.4f}"),
        *((name, f"{value:.2e}") for name, value in bridge_deviations(memory, people).items()),
    ]
    return Table("Slots in use, and the bridge's promises", ("", "value"), rows)


@torch.no_grad()
def bridge_deviations(memory: EmotionMemory, people: People) -> dict[str, float]:
    """Deviations from a → a = 0, from a → b = −(b → a), and from a → c → b = a → b.

    Mean absolute, in blendshape units, with one identity code for each person.
    """
    identity = memory.identity_code(people.portraits("neutral"), full_state("neutral").expand(len(people.shown), -1))
    states = torch.stack([full_state(emotion) for emotion in EMOTIONS])
    ways = [
        memory(state.expand(len(identity), -1), states.expand(len(identity), -1, -1), identity)[0] for state in states
    ]
    table = torch.stack(ways)  # from, person, to
    back = table.permute(2, 1, 0, 3)
    through = table.unsqueeze(3) + table.permute(1, 0, 2, 3).unsqueeze(0)  # from, person, third, to
    direct = table.unsqueeze(2)
    return {
        "a to a, from nothing": table.diagonal(dim1=0, dim2=2).abs().mean().item(),
        "a to b, from b to a turned around": (table + back).abs().mean().item(),
        "through a third emotion, from the direct way": (through - direct).abs().mean().item(),
    }


def address_map(memory: EmotionMemory, people: People) -> Image.Image:
    """Mean address over people for every pair; slots are sorted by the emotion that uses them most."""
    addresses = recall(memory, people).address.mean(1).numpy()
    by_target = np.stack([addresses[[target == emotion for _, target in PAIRS]].mean(0) for emotion in EMOTIONS])
    order = np.lexsort((-by_target.max(0), by_target.argmax(0)))
    names = [f"{source} → {target}" for source, target in PAIRS]
    return address_figure(addresses[:, order], names, "Which memories speak", group=len(EMOTIONS) - 1)
