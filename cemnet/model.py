"""The whole model: networks, face basis and renderer, loaded from a few files by role."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from .audio_emotion import AudioEmotionEncoder
from .checkpoint import find_weights, load_checkpoint
from .config import ModelConfig
from .emotion_memory import EmotionMemory
from .errors import CEMNetError
from .face import FaceLandmarker, find_face_landmarker
from .face_basis import FaceBasis
from .face_reference import ReferenceEmotionReader
from .motion import MotionDecoder, carried_face
from .mouth import MouthInterior
from .refiner import REFINER_WEIGHTS, Refiner
from .renderer import FaceRenderer
from .speech_encoder import SpeechEncoder

NETWORK_WEIGHTS = "emotion_motion.safetensors"


@dataclass(frozen=True)
class Performed:
    """What the networks made of a face and a voice, at MOTION_FPS."""

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
        """Carries the reference face to the voice's emotion (states: see `emotion_memory.emotion_state`) and speaks.

        `compensation` is the share of the reference's emotion that leaves the face: 1 bridges, 0 adds to what is there.
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
        """What the memory answers. In training, performances teach the emotions that ask and not the memory: what
        leaves a face and what comes to it cancel in a performance, and would drift.
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


@dataclass(frozen=True)
class CEMNet:
    """Everything that a portrait and a voice pass through."""

    landmarker: FaceLandmarker
    basis: FaceBasis
    emotion_reader: ReferenceEmotionReader
    speech_encoder: SpeechEncoder
    network: EmotionNetwork
    renderer: FaceRenderer
    device: torch.device


def choose_device(name: str) -> torch.device:
    """ "auto" takes CUDA, else Apple's MPS, else the CPU."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if name.split(":")[0] not in ("cpu", "cuda", "mps"):
        raise CEMNetError(f"There is no device {name!r}. Choose auto, cpu, cuda or mps.")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise CEMNetError("CUDA was asked for, but PyTorch sees no CUDA device. Use --device auto or cpu.")
    return torch.device(name)


def load_model(folders: Sequence[Path] = (), device: str = "auto") -> CEMNet:
    """Loads released weights, or a user's own where one of `folders` has a file of the same name.

    MissingModelError names the file and where to put it.
    """
    chosen = choose_device(device)
    basis = FaceBasis.load(find_weights("face_basis.safetensors", folders))
    return CEMNet(
        landmarker=FaceLandmarker(find_face_landmarker(folders=folders)),
        basis=basis,
        emotion_reader=ReferenceEmotionReader.load(find_weights("reference_emotion.safetensors", folders)),
        speech_encoder=SpeechEncoder.load(folders=folders).to(chosen),
        network=EmotionNetwork.load(find_weights(NETWORK_WEIGHTS, folders)).to(chosen),
        renderer=FaceRenderer(
            basis,
            MouthInterior.load(find_weights("mouth_interior.safetensors", folders)),
            Refiner.load(find_weights(REFINER_WEIGHTS, folders)),
        ),
        device=chosen,
    )
