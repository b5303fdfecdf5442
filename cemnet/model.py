"""The whole model: networks, speech encoder, face basis and renderer, loaded from weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from .checkpoint import find_weights
from .emotion.portrait_emotion import ReferenceEmotionReader
from .errors import CEMNetError
from .face.basis import FaceBasis
from .face.landmarker import FaceLandmarker, find_face_landmarker
from .network import NETWORK_SETS, EmotionNetwork
from .render.mouth.interior import MouthInterior
from .render.refiner.network import REFINER_WEIGHTS, Refiner
from .render.renderer import FaceRenderer
from .speech.encoder import SpeechEncoder
from .speech.encoders import load_speech_encoder


@dataclass(frozen=True)
class CEMNet:
    """The parts that a portrait and a voice pass through. Loaded once, never changed, safe to use again and again."""

    landmarker: FaceLandmarker
    basis: FaceBasis
    emotion_reader: ReferenceEmotionReader
    speech_encoder: SpeechEncoder
    network: EmotionNetwork
    renderer: FaceRenderer
    device: torch.device


def choose_device(name: str) -> torch.device:
    """The device of a name; "auto" takes CUDA, else Apple's MPS, else the CPU. CEMNetError where it is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if name.split(":")[0] not in ("cpu", "cuda", "mps"):
        raise CEMNetError(f"There is no device {name!r}. Choose auto, cpu, cuda or mps.")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise CEMNetError("CUDA was asked for, but PyTorch sees no CUDA device. Choose the device auto or cpu.")
    return torch.device(name)


def load_model(folders: Sequence[Path] = (), device: str = "auto", weights: str = "best") -> CEMNet:
    """Loads the released weights; a file of the same name in one of `folders` goes first.

    `weights` names the emotion networks, one of `NETWORK_SETS`: "best" is not for commercial use, "free" is.
    MissingModelError names a file that is missing and where to put it, or the speech encoder that the networks need;
    CEMNetError for an unknown device or set.
    """
    chosen = choose_device(device)
    if weights not in NETWORK_SETS:
        raise CEMNetError(f"There are no weights {weights!r}. Choose {' or '.join(NETWORK_SETS)}.")
    basis = FaceBasis.load(find_weights("face_basis.safetensors", folders))
    path = find_weights(NETWORK_SETS[weights], folders)
    network = EmotionNetwork.load(path)
    speech_encoder = load_speech_encoder(network.config.speech_encoder, folders)
    network.check_encoder(speech_encoder, f"The networks {path}")
    return CEMNet(
        landmarker=FaceLandmarker(find_face_landmarker(folders=folders)),
        basis=basis,
        emotion_reader=ReferenceEmotionReader.load(find_weights("reference_emotion.safetensors", folders)),
        speech_encoder=speech_encoder.to(chosen),
        network=network.to(chosen),
        renderer=FaceRenderer(
            basis,
            MouthInterior.load(find_weights("mouth_interior.safetensors", folders)),
            Refiner.load(find_weights(REFINER_WEIGHTS, folders)),
        ),
        device=chosen,
    )
