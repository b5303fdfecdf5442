"""The voice beside the label and in its place: what is heard of a film's own voice helps to predict its face.

In the label's place, a ridge classifier says how likely each emotion and strength is, or an emotion branch the emotion
and the classifier only how strong it is. Beside a label or a belief, a ridge regression reads from the voice what the
memory's prediction misses. The ridges learn from the training actors alone; their penalty and certainty are chosen on
training actors who are left out one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int
from scipy.special import log_softmax, softmax

from ...training.performer.captured_people import CELL_EMOTION, NUM_CELLS, ActionUnitTable, PeopleModel
from .benchmark import Fit, Predictor, Question, reference_sets
from .remembered import Wanted, conditional_mean, label_of

PENALTIES = np.geomspace(0.3, 300, 10)  # relative to the features' mean square
CLASS_PENALTIES = np.geomspace(0.03, 3, 5)
CERTAINTIES = np.geomspace(1, 100, 41)  # by which the classifier's scores are multiplied before a softmax
T = TypeVar("T")
MOST_STANDARD = 5.0  # deviations, to which a standardised feature is clipped
RESIDUAL_SETS = 24  # sets of references from which the residual of a training film is taken


@dataclass(frozen=True)
class Voices:
    """Features of voices: of every film of the table, and of all labelled clips of its actors."""

    of_film: Float[np.ndarray, "actor cell feature"]  # the film's own voice, in the order of the table's actors
    clips: Float[np.ndarray, "clip feature"]
    actor: Sequence[str]  # of each clip
    cell: Int[np.ndarray, "clip"]


Heard = Callable[[ActionUnitTable], Voices]  # by models that heard no other actors than these
EmotionsHeard = Callable[[ActionUnitTable], Float[np.ndarray, "actor cell emotion"]]  # of every film of the table
Remember = Callable[[ActionUnitTable, Wanted], Predictor]
Belief = Callable[[ActionUnitTable], Wanted]  # what stands in for the label, learned from these actors
OF_CELL = np.eye(CELL_EMOTION.max() + 1)[CELL_EMOTION]  # cell emotion


def standardised(
    features: Float[np.ndarray, "row feature"], known: Float[np.ndarray, "known feature"]
) -> Float[np.ndarray, "row feature"]:
    """Features in deviations from the mean of the known ones, clipped, scaled to rows with a mean square of 1."""
    spread = np.maximum(known.std(0), 1e-6)
    return ((features - known.mean(0)) / spread).clip(-MOST_STANDARD, MOST_STANDARD) / np.sqrt(known.shape[1])


@dataclass(frozen=True)
class GroupedRidge:
    """Ridge regression in its dual form, with predictions for each known person from all others."""

    weights: Float[np.ndarray, "known output"]
    left_out: Float[np.ndarray, "known output"]

    @classmethod
    def fit(
        cls,
        kernel: Float[np.ndarray, "known known"],
        outputs: Float[np.ndarray, "known output"],
        people: Sequence[str],
        penalty: float,
    ) -> "GroupedRidge":
        """The closed form of leaving whole people out: An, Liu & Venkatesh, Pattern Recognition 2007."""
        inverse = np.linalg.inv(kernel + penalty * np.eye(len(kernel)))
        weights, left_out = inverse @ outputs, np.empty_like(outputs)
        for person in set(people):
            rows = np.flatnonzero(np.asarray(people) == person)
            left_out[rows] = outputs[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], weights[rows])
        return cls(weights, left_out)


def likeliest_cells(known: Voices, actors: Sequence[str]) -> Callable[[Float[np.ndarray, "row feature"]], np.ndarray]:
    """A calibrated classifier of the cell, learned from the clips of these actors."""
    rows = [row for row, actor in enumerate(known.actor) if actor in actors]
    features, cells = known.clips[rows], known.cell[rows]
    people = [known.actor[row] for row in rows]
    inputs = standardised(features, features)
    kernel, wanted = inputs @ inputs.T, np.eye(NUM_CELLS)[cells] - 1 / NUM_CELLS
    best = (np.inf, 1.0, np.zeros_like(wanted))
    for penalty in CLASS_PENALTIES:
        ridge = GroupedRidge.fit(kernel, wanted, people, penalty)
        for certainty in CERTAINTIES:
            surprise = -log_softmax(certainty * ridge.left_out, axis=1)[np.arange(len(cells)), cells].mean()
            if surprise < best[0]:
                best = (surprise, certainty, inputs.T @ ridge.weights)
    _, certainty, coefficients = best
    return lambda heard: softmax(certainty * standardised(heard, features) @ coefficients, axis=1)


def label(known: ActionUnitTable) -> Wanted:
    """The true cell, whatever is heard."""
    return label_of


def classified_cells(table: ActionUnitTable, heard: Heard) -> Belief:
    """The classifier's belief in place of the label."""

    def belief(known: ActionUnitTable) -> Wanted:
        voices = heard(known)
        classify = likeliest_cells(voices, known.actors)
        cells = {actor: classify(films) for actor, films in zip(table.actors, voices.of_film, strict=True)}
        return lambda question: cells[question.actor][question.target]

    return belief


def heard_emotions(table: ActionUnitTable, heard: Heard, emotions: EmotionsHeard) -> Belief:
    """A branch's belief in the emotion, divided among its strengths as the classifier divides its own."""
    classified = classified_cells(table, heard)

    def belief(known: ActionUnitTable) -> Wanted:
        classify, believed = classified(known), emotions(known)

        def wanted(question: Question) -> Float[np.ndarray, "cell"]:
            cells = np.maximum(classify(question), 1e-9)
            emotion = believed[table.actors.index(question.actor), question.target]
            return emotion[CELL_EMOTION] * cells / (cells @ OF_CELL)[CELL_EMOTION]

        return wanted

    return belief


def voice_alone(belief: Belief, remember: Remember) -> Fit:
    """A belief in place of the label, for any way to predict."""
    return lambda known: remember(known, belief(known))


def beside(belief: Belief, table: ActionUnitTable, heard: Heard, remember: Remember) -> Fit:
    """The prediction for a label or a belief, and what the voice tells of its residual.

    One ridge by number of references, learned from what the true label's prediction misses.
    """

    def fit(known: ActionUnitTable) -> Predictor:
        voices, wanted = heard(known), belief(known)
        predict = remember(known, wanted)
        films = voices.of_film[[table.actors.index(actor) for actor in known.actors]]
        model, readers = PeopleModel.fit(known), {}

        def residual(question: Question) -> Float[np.ndarray, "unit"]:
            count = question.references.shape[1]
            if count not in readers:
                readers[count] = likeliest_residual(films, missed_by_memory(known, model, count) / known.scale[1])
            film = voices.of_film[table.actors.index(question.actor), question.target]
            return readers[count](film, wanted(question)) * known.scale[1]

        return lambda question: predict(question) + residual(question)

    return fit


@dataclass(frozen=True)
class ResidualReader:
    """A ridge regression of what is missed on what a voice has beyond other voices in its cell.

    Both are taken within cells, as the label is known already.
    """

    typical: Float[np.ndarray, "cell feature"]
    spread: Float[np.ndarray, "feature"]
    inputs: Float[np.ndarray, "film feature"]
    modes: tuple[Float[np.ndarray, "film"], Float[np.ndarray, "film film"]]  # eigenvalues, vectors of the kernel
    missed: Float[np.ndarray, "film unit"]

    @classmethod
    def of(
        cls, films: Float[np.ndarray, "actor cell feature"], missed: Float[np.ndarray, "actor cell unit"]
    ) -> "ResidualReader":
        """From the training actors' voices and what was missed of their faces."""
        typical = films.mean(0)
        within = (films - typical).reshape(-1, films.shape[-1])
        spread = np.maximum(within.std(0), 1e-6) * np.sqrt(films.shape[-1])
        inputs = within / spread
        values, vectors = np.linalg.eigh(inputs @ inputs.T)
        return cls(typical, spread, inputs, (values, vectors), (missed - missed.mean(0)).reshape(len(inputs), -1))

    def coefficients(self, penalty: float) -> Float[np.ndarray, "feature unit"]:
        """Of the ridge with a penalty; the mean square of the inputs is 1."""
        values, vectors = self.modes
        return self.inputs.T @ (vectors / (values + penalty) @ (vectors.T @ self.missed))

    def inputs_of(
        self, film: Float[np.ndarray, "*row feature"], cells: Float[np.ndarray, "*row cell"]
    ) -> Float[np.ndarray, "*row feature"]:
        """What the voices have beyond others in their cells, or in the cells that are believed (rows sum to one)."""
        return (film - cells @ self.typical) / self.spread


def likeliest_residual(
    films: Float[np.ndarray, "actor cell feature"], missed: Float[np.ndarray, "actor cell unit"]
) -> Callable[[Float[np.ndarray, "feature"], Float[np.ndarray, "cell"]], Float[np.ndarray, "unit"]]:
    """A reader of a voice in its cells, with the penalty that reads left-out actors best; 0 where none reads them.

    The cells' means leave the actor out too. Else what all other actors have in sum would betray the actor.
    """
    errors = np.zeros(len(PENALTIES))
    for actor in range(len(films)):
        reader = ResidualReader.of(np.delete(films, actor, 0), np.delete(missed, actor, 0))
        inputs = reader.inputs_of(films[actor], np.eye(films.shape[1]))
        for index, penalty in enumerate(PENALTIES):
            errors[index] += ((missed[actor] - inputs @ reader.coefficients(penalty)) ** 2).sum()
    if errors.min() >= (missed**2).sum():
        return lambda film, cells: np.zeros(missed.shape[-1])
    reader = ResidualReader.of(films, missed)
    coefficients = reader.coefficients(PENALTIES[errors.argmin()])
    return lambda film, cells: reader.inputs_of(film, cells) @ coefficients


def missed_by_memory(known: ActionUnitTable, model: PeopleModel, count: int) -> Float[np.ndarray, "actor cell unit"]:
    """What the model of all other actors misses of each training film, in the mean over sets of references."""
    rng, missed = np.random.default_rng(0), []
    for actor, faces in zip(known.actors, known.values, strict=True):
        predict = conditional_mean(PeopleModel.fit(known.without([actor]), model.smoothing))
        for target in range(NUM_CELLS):
            sets = reference_sets(target, count, rng)[:RESIDUAL_SETS]
            missed.append(faces[target] - predict(Question(actor, faces, sets, target)).mean(0))
    return np.array(missed).reshape(known.values.shape)


def by_fold(table: ActionUnitTable, heard: Mapping[tuple[str, ...], T]) -> Callable[[ActionUnitTable], T]:
    """Looks up what was heard without the actors who are missing among the known ones."""
    return lambda known: heard[tuple(actor for actor in table.actors if actor not in known.actors)]
