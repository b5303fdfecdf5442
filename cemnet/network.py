"""The networks that train/train.py trains, as one module: AEE, EBM and motion decoder."""

from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor, nn

from .checkpoint import load_network
from .config import ModelConfig
from .emotion.audio_emotion import AudioEmotionEncoder
from .emotion.bridging_memory import EmotionMemory, RememberedPerson
from .motion.decoder import MotionDecoder
from .motion.neutralise import carried_face

NETWORK_WEIGHTS = "emotion_motion.safetensors"
NETWORK_SETS = {  # which trained networks there are to choose from, and their files
    "best": NETWORK_WEIGHTS,  # learned from non-commercial corpora too
    "free": "emotion_motion_free.safetensors",  # learned from nothing that forbids commercial use
}


@dataclass(frozen=True)
class Performed:
    """The networks' answer to a face and a voice, at MOTION_FPS.

    `closure` says from 0 to 1 how far the lips close, `head` holds yaw, pitch and roll in radians, `displacement` is
    what the memory recalled and `address` the share of each remembered person in it.
    """

    expression: Float[Tensor, "batch frame expression"]
    closure: Float[Tensor, "batch frame"]
    head: Float[Tensor, "batch frame 3"]
    displacement: Float[Tensor, "batch frame expression"]
    address: Float[Tensor, "batch frame slot"]


class EmotionNetwork(nn.Module):
    """AEE, EBM and motion decoder: everything that train/train.py trains."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.audio_emotion = AudioEmotionEncoder(config.audio_emotion)
        self.emotion_memory = EmotionMemory(config.emotion_memory, config.audio_emotion)
        self.motion_decoder = MotionDecoder(
            config.audio_emotion.num_sounds, config.audio_emotion.embedding_dim, config.motion
        )

    def perform(
        self,
        content: Float[Tensor, "batch frame sound"],
        prosody: Float[Tensor, "batch frame prosody"],
        reference_expression: Float[Tensor, "batch portrait expression"],
        reference_state: Float[Tensor, "batch portrait shown"],
        target_state: Float[Tensor, "batch frame shown"],
        embedding: Float[Tensor, "batch frame embedding"],
        compensation: float | Float[Tensor, ""] = 1.0,
        seen: Float[Tensor, "batch portrait"] | None = None,
    ) -> Performed:
        """Bridges the face of the first portrait to the target emotion and adds the speech.

        Further portraits of the same person tell more about the person; `seen` is 0 for those that do not count.
        Emotion states are those of `states.emotion_state`. `embedding` is the voice's, 0 where the voice was not asked.
        `compensation` is the share of the reference's emotion that leaves the face: with 1 the target alone is shown,
        with 0 it is added to the reference.
        """
        person = self.emotion_memory.remember(reference_expression, reference_state, seen)
        expression, reference = reference_expression[:, 0], reference_state[:, 0]
        return self.perform_person(
            person, content, prosody, expression, reference, target_state, embedding, compensation
        )

    def perform_person(
        self,
        person: RememberedPerson,
        content: Float[Tensor, "batch frame sound"],
        prosody: Float[Tensor, "batch frame prosody"],
        expression: Float[Tensor, "batch expression"],
        reference: Float[Tensor, "batch shown"],
        target_state: Float[Tensor, "batch frame shown"],
        embedding: Float[Tensor, "batch frame embedding"],
        compensation: float | Float[Tensor, ""] = 1.0,
    ) -> Performed:
        """As `perform`, for one portrait whose person is known."""
        manner = self.emotion_memory.manner(embedding, target_state)
        shown = reference.unsqueeze(1) @ person.apexes
        added = manner + (1 - compensation) * shown
        emotional = bridged_face(self.emotion_memory, person, expression, reference, target_state, added)
        face, closure, head = self.motion_decoder(content, prosody, target_state, emotional, embedding)
        displacement = person.displacement(reference, target_state) + manner
        return Performed(face, closure, head, displacement, person.shares(reference, target_state))

    @classmethod
    def load(cls, path: Path) -> "EmotionNetwork":
        """A trained network in float32, ready to run; MissingModelError where the file is unusable."""
        return load_network(path, lambda config: cls(ModelConfig.from_dict(config)))


def bridged_face(
    memory: EmotionMemory,
    person: RememberedPerson,
    expression: Float[Tensor, "batch expression"],
    reference: Float[Tensor, "batch shown"],
    target: Float[Tensor, "batch frame shown"],
    added: Float[Tensor, "batch frame expression"] | float = 0.0,
) -> Float[Tensor, "batch frame expression"]:
    """A person's portrait in the reference's emotion, carried to the target's, before it speaks.

    `added` comes on top of the person's own face in the target's emotion.
    """
    expected = person.face(reference.unsqueeze(1)).squeeze(1)
    return carried_face(expression, expected, person.face(target) + added, memory.kept_share(reference, target))
