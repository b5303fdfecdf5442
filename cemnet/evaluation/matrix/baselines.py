"""The full model and the baselines it is compared with: each makes a Motion of a portrait and a voice.

All of them share the renderer, the motion decoder and the resting face that remains when speech begins (see
`motion.neutralise.face_at_rest`); blinks, wandering gaze and head motion are off, as they say nothing about an emotion.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...arkit import Emotion
from ...emotion.states import NUM_SHOWN_EMOTIONS, emotion_state
from ...model import CEMNet
from ...motion.articulation import into_range
from ...motion.neutralise import face_at_rest
from ...performance_settings import PerformanceSettings
from ...pipeline import bridge_emotion, target_emotion
from ...training.networks.cross_pairs import apex_displacements
from ...training.performer.emotion_prototypes import Person
from ...types import MOTION_FPS, FaceReference, Motion, Speech

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


def copy_reference(scene: Scene) -> Motion:
    """Δ = 0: the portrait's emotion stays, speech is added, and the decoder is told that emotion."""
    shown = scene.reference.unsqueeze(1).expand_as(scene.target)
    return speak(scene, resting_face(scene).unsqueeze(1).expand(-1, shown.shape[1], -1), shown)


def neutralise_first(scene: Scene) -> Motion:
    """Two independent steps instead of one bridge: reference → neutral, then neutral → voice.

    Both displacements are recalled for the identity code of a blank neutral face, not for this person.
    """
    gone = recalled_for_nobody(scene, scene.reference, torch.zeros_like(scene.reference).unsqueeze(1))
    without = face_at_rest(scene.expression, -gone[:, 0])
    coming = recalled_for_nobody(scene, torch.zeros_like(scene.reference), scene.target)
    return speak(scene, into_range(without.unsqueeze(1) + coming), scene.target)


def blank_face(scene: Scene) -> Motion:
    """The portrait's fitted expression is discarded; the voice's emotion is added to a blank neutral face."""
    coming = recalled_for_nobody(scene, torch.zeros_like(scene.reference), scene.target)
    return speak(scene, into_range(coming), scene.target)


def without_memory(scene: Scene) -> Motion:
    """The voice emotion's mean displacement over many people is added to the portrait, whatever the portrait shows."""
    mean = mean_apex_displacements()
    return speak(scene, into_range(resting_face(scene).unsqueeze(1) + scene.target @ mean), scene.target)


System = Callable[[Scene], Motion]
SYSTEMS: dict[str, System] = {
    "full": full,
    "label oracle": label_oracle,
    "copy reference": copy_reference,
    "neutralise first": neutralise_first,
    "blank face": blank_face,
    "no AEE": without_aee,
    "no EBM": without_memory,
}


@torch.no_grad()
def resting_face(scene: Scene) -> Float[Tensor, "1 expression"]:
    """The portrait at rest with its emotion but without its speech, from which the full model starts."""
    memory = scene.model.network.emotion_memory
    identity = memory.identity_code(scene.expression, scene.reference)
    shown, _ = memory(torch.zeros_like(scene.reference), scene.reference.unsqueeze(1), identity)
    return shown.squeeze(1) + face_at_rest(scene.expression, shown.squeeze(1))


@torch.no_grad()
def recalled_for_nobody(
    scene: Scene, source: Float[Tensor, "1 shown"], target: Float[Tensor, "1 frame shown"]
) -> Float[Tensor, "1 frame expression"]:
    """The displacement for the identity code of a blank neutral face."""
    memory = scene.model.network.emotion_memory
    nobody = memory.identity_code(torch.zeros_like(scene.expression), torch.zeros(1, NUM_SHOWN_EMOTIONS))
    return memory(source, target, nobody)[0]


@torch.no_grad()
def speak(scene: Scene, emotional: Float[Tensor, "1 frame expression"], told: Float[Tensor, "1 frame shown"]) -> Motion:
    """Speech on an emotional face; the decoder is told which emotion that is."""
    content, voice = scene.speech.content.unsqueeze(0), scene.speech.prosody.unsqueeze(0)
    expression, _, _ = scene.model.network.motion_decoder(content, voice, told, emotional)
    return Motion(expression[0].clamp(0, 1), torch.zeros(expression.shape[1], 3), MOTION_FPS)


@functools.cache
def mean_apex_displacements() -> Float[Tensor, "shown expression"]:
    """Neutral to each emotion's apex, averaged over people as training draws them."""
    rng = np.random.default_rng(0)
    people = [apex_displacements(Person.sample(rng)) for _ in range(NUM_AVERAGED_PEOPLE)]
    return torch.from_numpy(np.mean(people, axis=0)).float()
