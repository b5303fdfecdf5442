"""The full model and the baselines it is compared with: each makes a Motion of a portrait and a voice.

All of them share the renderer, the motion decoder and the way in which a face is carried (see
`motion.neutralise.carried_face`); blinks, wandering gaze and head motion are off, as they say nothing about an emotion.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from ...arkit import Emotion
from ...emotion.bridging_memory import RememberedPerson
from ...emotion.states import NUM_SHOWN_EMOTIONS, emotion_state
from ...model import CEMNet
from ...performance_settings import PerformanceSettings
from ...pipeline import bridge_emotion, target_emotion
from ...types import MOTION_FPS, FaceReference, Motion, Speech
from ..memory import People, table_faces

STILL = PerformanceSettings(blinks=0, gaze=0, head_motion=0)  # faces are judged without the life between words

NUM_AVERAGED_PEOPLE = 200


@dataclass(frozen=True)
class Scene:
    """One portrait that is about to speak with one voice."""

    model: CEMNet
    face: FaceReference
    speech: Speech
    speech_without_aee: Speech  # the same words, with the emotion that `LinearBaseline` hears
    emotion: Emotion  # the voice's labels, for the oracle alone
    intensity: float

    @property
    def reference(self) -> Float[Tensor, "1 shown"]:
        """The emotion that the reader sees in the portrait."""
        seen = self.face.emotion
        return emotion_state(torch.from_numpy(seen.probabilities).float(), torch.tensor(seen.intensity)).unsqueeze(0)

    @property
    def target(self) -> Float[Tensor, "1 frame shown"]:
        """The emotion that the voice asks for."""
        return target_emotion(self.speech, PerformanceSettings()).unsqueeze(0)

    @property
    def expression(self) -> Float[Tensor, "1 expression"]:
        """The portrait's fitted expression."""
        return torch.from_numpy(self.face.expression).float().unsqueeze(0)


def full(scene: Scene) -> Motion:
    """The whole model: it hears the voice's emotion and bridges to it from the portrait's."""
    return bridge_emotion(scene.model, scene.face, scene.speech, STILL)


def label_oracle(scene: Scene) -> Motion:
    """The bridge is given the corpus' label and intensity instead of what the model hears."""
    told = replace(STILL, emotion=scene.emotion, intensity=scene.intensity)
    return bridge_emotion(scene.model, scene.face, scene.speech, told)


def without_aee(scene: Scene) -> Motion:
    """The bridge follows the linear baseline on raw speech features: no prototypes, no enhancement, one strength."""
    return bridge_emotion(scene.model, scene.face, scene.speech_without_aee, STILL)


def without_manner(scene: Scene) -> Motion:
    """Memory and decoder are given the emotion and the strength that are heard, and not the voice's embedding."""
    silent = replace(scene.speech, emotion_embedding=torch.zeros_like(scene.speech.emotion_embedding))
    return bridge_emotion(scene.model, scene.face, silent, STILL)


def copy_reference(scene: Scene) -> Motion:
    """Δ = 0: the portrait's emotion stays, speech is added, and the decoder is told that emotion."""
    return perform_as(scene, remembered(scene), scene.reference.unsqueeze(1).expand_as(scene.target))


def neutralise_first(scene: Scene) -> Motion:
    """Two independent steps instead of one bridge: the portrait's emotion is taken out as it is of a blank face's
    person, then the voice's is added as to a blank face."""
    return perform_as(scene, nobody(scene), scene.target)


def blank_face(scene: Scene) -> Motion:
    """The portrait's fitted expression is discarded; the voice's emotion is added to a blank neutral face."""
    blank = replace(scene.face, expression=torch.zeros_like(scene.expression)[0].numpy())
    neutral = torch.zeros_like(scene.reference)
    return perform_as(replace(scene, face=blank), nobody(scene), scene.target, neutral)


def without_memory(scene: Scene) -> Motion:
    """Everybody is the mean of many people: (b − a) · mean displacement, from the portrait's emotion to the voice's."""
    return perform_as(scene, constant_person(mean_faces()), scene.target)


def table(scene: Scene) -> Motion:
    """Everybody is the average person of the table that is written by hand."""
    return perform_as(scene, constant_person(table_faces()), scene.target)


def mean_face(scene: Scene) -> Motion:
    """The portrait is ignored: everybody shows the mean face of many people in the voice's emotion."""
    person = constant_person(mean_faces())
    expected = person.face(scene.reference.unsqueeze(1))[0, 0]
    ignored = replace(scene.face, expression=expected.numpy())
    return perform_as(replace(scene, face=ignored), person, scene.target)


System = Callable[[Scene], Motion]
SYSTEMS: dict[str, System] = {
    "full": full,
    "label oracle": label_oracle,
    "copy reference": copy_reference,
    "neutralise first": neutralise_first,
    "blank face": blank_face,
    "no AEE": without_aee,
    "label only": without_manner,
    "no EBM": without_memory,
    "table": table,
    "mean face": mean_face,
}


@torch.no_grad()
def remembered(scene: Scene) -> RememberedPerson:
    """The person that the memory takes the portrait for."""
    return scene.model.network.emotion_memory.remember(scene.expression.unsqueeze(1), scene.reference.unsqueeze(1))


@torch.no_grad()
def nobody(scene: Scene) -> RememberedPerson:
    """The person that the memory takes a blank neutral face for."""
    blank = torch.zeros_like(scene.expression), torch.zeros_like(scene.reference)
    return scene.model.network.emotion_memory.remember(*(part.unsqueeze(1) for part in blank))


def constant_person(faces: Float[Tensor, "emotion expression"]) -> RememberedPerson:
    """A person in the memory's place who is the same for every portrait, from the faces in the order of EMOTIONS."""
    apexes = (faces[1:] - faces[:1]).unsqueeze(0)
    return RememberedPerson(faces[:1], apexes, torch.zeros(1, NUM_SHOWN_EMOTIONS, 1))


@torch.no_grad()
def perform_as(
    scene: Scene,
    person: RememberedPerson,
    target: Float[Tensor, "1 frame shown"],
    reference: Float[Tensor, "1 shown"] | None = None,
) -> Motion:
    """The performance if the portrait's person were the given one, and its emotion the given reference."""
    speech = scene.speech
    performed = scene.model.network.perform_person(
        person,
        speech.content.unsqueeze(0),
        speech.prosody.unsqueeze(0),
        scene.expression,
        scene.reference if reference is None else reference,
        target,
        speech.emotion_embedding.unsqueeze(0),
    )
    return Motion(performed.expression[0].clamp(0, 1), torch.zeros(target.shape[1], 3), MOTION_FPS)


@functools.cache
def mean_faces() -> Float[Tensor, "emotion expression"]:
    """The mean face of people as training draws them, in each emotion at full strength."""
    return People.sample(NUM_AVERAGED_PEOPLE, seed=0).shown.mean(0)
