"""The networks that train/train.py trains, as one module: AEE, EBM and motion decoder."""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from .checkpoint import load_checkpoint
from .config import ModelConfig
from .emotion.audio_emotion import AudioEmotionEncoder
from .emotion.bridging_memory import EmotionMemory
from .motion.decoder import MotionDecoder
from .motion.neutralise import carried_face

NETWORK_WEIGHTS = "emotion_motion.safetensors"


@dataclass(frozen=True)
class Performed:
    """The networks' answer to a face and a voice, at MOTION_FPS.

    `closure` says from 0 to 1 how far the lips close, `head` holds yaw, pitch and roll in radians, `displacement` is
    what the memory recalled and `address` how much each of its slots took part.
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
        self.emotion_memory = EmotionMemory(config.emotion_memory)
        self.motion_decoder = MotionDecoder(config.audio_emotion.content_dim, config.motion)

    def perform(
        self,
        content: Float[Tensor, "batch frame content"],
        prosody: Float[Tensor, "batch frame prosody"],
        reference_expression: Float[Tensor, "batch expression"],
        reference_state: Float[Tensor, "batch shown"],
        target_state: Float[Tensor, "batch frame shown"],
        compensation: float = 1.0,
    ) -> Performed:
        """Bridges the reference face to the target emotion and adds the speech (states: `states.emotion_state`).

        `compensation` is the share of the reference's emotion that leaves the face: with 1 the target alone is shown,
        with 0 it is added to the reference.
        """
        identity = self.emotion_memory.identity_code(reference_expression, reference_state)
        displacement, address = self.recall(reference_state, target_state, identity)
        neutral = torch.zeros_like(reference_state)
        shown, _ = self.recall(neutral, reference_state.unsqueeze(1), identity)
        emotional = carried_face(
            reference_expression, shown.squeeze(1), displacement, reference_state, target_state, compensation
        )
        expression, closure, head = self.motion_decoder(content, prosody, target_state, emotional)
        return Performed(expression, closure, head, displacement, address)

    def recall(
        self,
        reference: Float[Tensor, "batch shown"],
        target: Float[Tensor, "batch frame shown"],
        identity: Float[Tensor, "batch identity"],
    ) -> tuple[Float[Tensor, "batch frame expression"], Float[Tensor, "batch frame slot"]]:
        """Displacement and slot addresses from the memory.

        In training the memory's own weights are held: a performance shows only the sum of the displacement that leaves
        and the one that comes, so that the two could drift apart without a loss. Gradients reach the states alone.
        """
        if not self.training:
            return self.emotion_memory(reference, target, identity)
        held = {name: parameter.detach() for name, parameter in self.emotion_memory.named_parameters()}
        return functional_call(self.emotion_memory, held, (reference, target, identity.detach()))

    @classmethod
    def load(cls, path: Path) -> "EmotionNetwork":
        """A trained network in float32, ready to run; MissingModelError where the file is unusable."""
        tensors, config = load_checkpoint(path)
        network = cls(ModelConfig.from_dict(config))
        network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
        return network.eval()
