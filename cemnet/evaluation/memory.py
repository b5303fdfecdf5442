"""Diagnostics of the emotion bridging memory: people in use, addresses, and errors on unseen people.

The people are sampled anew, so that training saw none of them. Each shows an emotion at full strength; the memory is
asked for the displacement to every other emotion and for the face in it, and the truth is the person's own.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from sklearn.linear_model import Ridge
from torch import Tensor

from ..arkit import ARKIT_NAMES, EMOTIONS, GAZE, NUM_EXPRESSIONS, Emotion
from ..emotion.bridging_memory import EmotionMemory
from ..emotion.states import emotion_state, one_hot_emotion
from ..network import bridged_face
from ..training.networks.cross_pairs import MOST_PORTRAITS, PersonSource, apex_displacements
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
    def sample(cls, count: int, seed: int, draw: PersonSource = Person.sample) -> "People":
        """Draws people as training does, with FIT_NOISE on their fitted expressions.

        Gaze is fitted without noise: the bridge keeps it as the portrait has it, whatever it means.
        """
        rng = np.random.default_rng(seed)
        persons = [draw(rng) for _ in range(count)]
        shown = np.stack([[person.show(emotion, 1.0) for emotion in EMOTIONS] for person in persons])
        noise = rng.normal(0, FIT_NOISE, shown.shape)
        noise[..., GAZE] = 0.0
        fitted = (shown + noise).clip(0, 1)
        return cls(torch.from_numpy(shown).float(), torch.from_numpy(fitted).float())

    def faces(self, emotion: Emotion) -> Float[Tensor, "person expression"]:
        """The true expressions in one emotion."""
        return self.shown[:, EMOTIONS.index(emotion)]

    def displacements(self, source: Emotion, target: Emotion) -> Float[Tensor, "person expression"]:
        """The true change of expression from one emotion to another."""
        return self.faces(target) - self.faces(source)

    def portraits(self, source: Emotion) -> Float[Tensor, "person expression"]:
        """The fitted expressions in one emotion."""
        return self.fitted[:, EMOTIONS.index(source)]


@dataclass(frozen=True)
class Bridged:
    """What a system makes of every portrait, for all PAIRS."""

    displacement: Float[Tensor, "pair person expression"]
    face: Float[Tensor, "pair person expression"]  # shown, before speech

    def displacement_errors(self, people: People) -> Float[np.ndarray, "pair person"]:
        """Mean absolute error over the blendshapes."""
        truth = torch.stack([people.displacements(*pair) for pair in PAIRS])
        return (self.displacement - truth).abs().mean(-1).numpy()

    def face_errors(self, people: People) -> Float[np.ndarray, "pair person"]:
        """Mean absolute distance from the person's own face in the target emotion."""
        truth = torch.stack([people.faces(target) for _, target in PAIRS])
        return (self.face - truth).abs().mean(-1).numpy()


def full_state(emotion: Emotion) -> Float[Tensor, "shown"]:
    """The shown-emotion state of one emotion at full strength."""
    return emotion_state(one_hot_emotion(emotion), torch.tensor(1.0))


@torch.no_grad()
def bridge(memory: EmotionMemory, people: People, num_portraits: int = 1) -> Bridged:
    """The memory's answers, given both emotions and the fitted portrait.

    With more portraits, the emotions after the portrait's own in the order of EMOTIONS are shown too, but never the
    one that is asked for.
    """
    displacements, faces = [], []
    for source, target in PAIRS:
        expressions, states = references(people, source, target, num_portraits)
        person = memory.remember(expressions, states)
        reference, wanted = states[:, 0], full_state(target).expand(len(states), 1, -1)
        displacements.append(person.displacement(reference, wanted)[:, 0])
        faces.append(bridged_face(memory, person, expressions[:, 0], reference, wanted)[:, 0])
    return Bridged(torch.stack(displacements), torch.stack(faces))


def references(
    people: People, source: Emotion, target: Emotion, count: int
) -> tuple[Float[Tensor, "person portrait expression"], Float[Tensor, "person portrait shown"]]:
    """Portraits of each person, the one in the source emotion first, and their emotion states."""
    start = EMOTIONS.index(source)
    after: tuple[Emotion, ...] = (*EMOTIONS[start + 1 :], *EMOTIONS[:start])
    others: list[Emotion] = [emotion for emotion in after if emotion != target]
    chosen: Sequence[Emotion] = (source, *others)[:count]
    states = torch.stack([full_state(emotion) for emotion in chosen]).expand(len(people.shown), -1, -1)
    return torch.stack([people.portraits(emotion) for emotion in chosen], 1), states


def alike_for_everybody(
    faces: Float[Tensor, "emotion expression"], people: People, ignore_portrait: bool = False
) -> Bridged:
    """The displacements between one person's faces are added to every portrait, or these faces are shown to all."""
    displacements, shown = [], []
    for source, target in PAIRS:
        displacement = faces[EMOTIONS.index(target)] - faces[EMOTIONS.index(source)]
        displacements.append(displacement.expand(len(people.shown), -1))
        added = (people.portraits(source) + displacement).clamp(0, 1)
        shown.append(faces[EMOTIONS.index(target)].expand_as(added) if ignore_portrait else added)
    return Bridged(torch.stack(displacements), torch.stack(shown))


def table_faces() -> Float[Tensor, "emotion expression"]:
    """The faces of the average person, written by hand: what a constant table in the memory's place would show."""
    person = Person.average()
    shown = torch.from_numpy(apex_displacements(person)).float()
    return torch.cat([torch.zeros(1, NUM_EXPRESSIONS), shown]) + torch.from_numpy(person.resting).float()


def linear_regression(known: People, people: People) -> Bridged:
    """For each pair of emotions ridge regressions of the displacement and of the face on the fitted portrait."""
    displacements, faces = [], []
    for source, target in PAIRS:
        asked = people.portraits(source).numpy()
        for wanted, predicted in ((known.displacements(source, target), displacements), (known.faces(target), faces)):
            ridge = Ridge(alpha=RIDGE).fit(known.portraits(source).numpy(), wanted.numpy())
            predicted.append(torch.from_numpy(ridge.predict(asked)).float())
    return Bridged(torch.stack(displacements), torch.stack(faces).clamp(0, 1))


def compared_systems(memory: EmotionMemory, people: People, known: People) -> dict[str, Bridged]:
    """The memory with one portrait and with MOST_PORTRAITS, and what is simpler, by name."""
    mean = known.shown.mean(0)
    return {
        "memory": bridge(memory, people),
        f"{MOST_PORTRAITS} portraits": bridge(memory, people, MOST_PORTRAITS),
        "linear": linear_regression(known, people),
        "mean displacement": alike_for_everybody(mean, people),
        "mean face": alike_for_everybody(mean, people, ignore_portrait=True),
        "table": alike_for_everybody(table_faces(), people),
        "table's face": alike_for_everybody(table_faces(), people, ignore_portrait=True),
        "portrait": alike_for_everybody(torch.zeros(len(EMOTIONS), NUM_EXPRESSIONS), people),
    }


def error_table(title: str, errors: dict[str, Float[np.ndarray, "pair person"]], note: str) -> Table:
    """Mean errors of systems by target emotion, and over all pairs."""
    rows = [
        (emotion, *(f"{error[[target == emotion for _, target in PAIRS]].mean():.4f}" for error in errors.values()))
        for emotion in EMOTIONS
    ]
    return Table(title, ("to", *errors), [*rows, ("all", *(f"{error.mean():.4f}" for error in errors.values()))], note)


def error_tables(
    memory: EmotionMemory, people: People, seed: int, draw: PersonSource = Person.sample
) -> tuple[Table, Table]:
    """Errors of the displacement and of the shown face, of the memory and of all that is simpler."""
    systems = compared_systems(memory, people, People.sample(NUM_KNOWN_PEOPLE, seed + 1, draw))
    displacements = {
        name: system.displacement_errors(people) for name, system in systems.items() if not name.endswith("face")
    }
    faces = {name: system.face_errors(people) for name, system in systems.items()}
    simplest = min(faces["mean face"].mean(), faces["table's face"].mean())
    note = (
        f"{len(people.shown)} people that nothing learned from, all {len(PAIRS)} pairs of emotions at full strength; "
        "mean absolute error in blendshape units. Linear: a ridge regression on the portrait for every pair, from "
        f"{NUM_KNOWN_PEOPLE} known people. Table: the average person, written by hand."
    )
    below = (
        "Distance to the person's own face in the target emotion, before speech. The memory's error is "
        f"{100 * (1 - faces['memory'].mean() / simplest):.0f} % below that of the better face that ignores it."
    )
    return (
        error_table("Displacements of unseen people", displacements, note),
        error_table("Faces of unseen people", faces, below),
    )


@torch.no_grad()
def worst_table(memory: EmotionMemory, people: People, count: int = 8) -> Table:
    """The blendshapes with the largest mean error of the displacement, and their bias."""
    off = bridge(memory, people).displacement - torch.stack([people.displacements(*pair) for pair in PAIRS])
    error, bias, largest = off.abs().mean((0, 1)), off.mean((0, 1)), off.abs().amax((0, 1))
    rows = [
        (ARKIT_NAMES[index], f"{error[index]:.3f}", f"{bias[index]:+.3f}", f"{largest[index]:.2f}")
        for index in error.argsort(descending=True)[:count].tolist()
    ]
    return Table("Displacements recalled worst", ("blendshape", "mean error", "bias", "largest error"), rows)


@torch.no_grad()
def shares(memory: EmotionMemory, people: People) -> Float[Tensor, "pair person slot"]:
    """The share of each remembered person in the displacement, for every pair and portrait."""
    every = []
    for source, target in PAIRS:
        expressions, states = references(people, source, target, 1)
        wanted = full_state(target).expand(len(states), 1, -1)
        every.append(memory.remember(expressions, states).shares(states[:, 0], wanted)[:, 0])
    return torch.stack(every)


@torch.no_grad()
def usage_table(memory: EmotionMemory, people: People) -> Table:
    """Number of remembered people in use, and the displacement where the emotion does not change."""
    share = shares(memory, people)
    each = torch.stack([slot_perplexity(one.unsqueeze(0)) for one in share.flatten(0, 1)])
    expressions, states = references(people, "happy", "sad", 1)
    still = memory.remember(expressions, states).displacement(states[:, 0], states)
    rows = [
        ("people", str(share.shape[-1])),
        ("perplexity over all pairs and portraits", f"{slot_perplexity(share).item():.1f}"),
        ("perplexity of one portrait, mean", f"{each.mean().item():.1f}"),
        ("people who lead for at least one portrait", str(len(set(share.flatten(0, 1).argmax(-1).tolist())))),
        ("displacement where the emotion stays", f"{still.abs().mean().item():.2e}"),
    ]
    return Table("People in use", ("", "value"), rows)


def address_map(memory: EmotionMemory, people: People) -> Image.Image:
    """Mean share over portraits for every pair; people are sorted by the emotion that uses them most."""
    addresses = shares(memory, people).mean(1).numpy()
    by_target = np.stack([addresses[[target == emotion for _, target in PAIRS]].mean(0) for emotion in EMOTIONS])
    order = np.lexsort((-by_target.max(0), by_target.argmax(0)))
    names = [f"{source} → {target}" for source, target in PAIRS]
    return address_figure(addresses[:, order], names, "Which people are remembered", group=len(EMOTIONS) - 1)
