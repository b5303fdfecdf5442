"""A made voice, a made face and made pictures: what exported networks are tried on, in two lengths.

What is expected of an exported file comes from the functions that the library itself runs, so that the file and the
code that was rewritten for it are tried together.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..config import PROSODY_DIM
from ..emotion.audio_emotion import frames_from_tokens, whole_statistics
from ..emotion.states import emotion_state
from ..network import EmotionNetwork
from ..render.refiner.network import Refiner
from ..speech.mel import LogMel, num_motion_frames
from ..speech.voice_features import QUALITY_DIM, voice_features
from ..types import SAMPLE_RATE
from .graphs import Networks, refiner_graph, width

Tensors = dict[str, Tensor]
# Neither length is a whole number of tokens, frames or windows; the first is the one that is traced.
TRIAL_SECONDS = (2.53, 7.315)
SYLLABLES_A_SECOND, PAUSE_SECONDS = 4.0, (1.6, 2.1)


@dataclass(frozen=True)
class Trial:
    """What the networks are given of one made voice, and what they make of it."""

    inputs: dict[str, Tensors]  # by the name of the network
    expected: dict[str, Tensors]


def made_voice(seconds: float) -> Float[Tensor, "sample"]:
    """A buzz with a moving pitch in syllables, with a pause and a little noise; the same in every run."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 150 + 60 * np.sin(2 * np.pi * 0.4 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    buzz = sum(np.sin(number * phase) / number for number in range(1, 11))
    loudness = 0.1 * np.maximum(0, np.sin(np.pi * SYLLABLES_A_SECOND * time)) ** 0.5
    loudness[(time > PAUSE_SECONDS[0]) & (time < PAUSE_SECONDS[1])] = 0
    noise = np.random.default_rng(0).normal(0, 0.002, len(time))
    return torch.from_numpy(loudness * buzz + noise).float()


def tone_of(voice: Float[Tensor, "frame voice"]) -> Float[Tensor, "frame tone"]:
    """Of `voice_features` the columns that an exported `hearing` is given; it makes the others of the mel."""
    return torch.cat([voice[:, :PROSODY_DIM], voice[:, -QUALITY_DIM:]], dim=1)


@torch.no_grad()
def trial(networks: Networks, seconds: float) -> Trial:
    """Inputs and expected outputs of all networks, for a voice of so many seconds, two pictures and a few frames."""
    waveform = made_voice(seconds)
    num_frames, spectrum = num_motion_frames(len(waveform)), LogMel(waveform)
    mel = spectrum.part(0, spectrum.num_frames).unsqueeze(0)
    hidden, voice = networks.encoder(mel), voice_features(waveform, num_frames, spectrum)
    frames = frames_from_tokens(hidden[0], num_frames)
    normal = torch.full((1, len(networks.network.audio_emotion.statistics_mean)), torch.nan)
    heard = listened(networks, frames, voice)
    given = {name: heard[name] for name in ("content", "target", "embedding")}
    given |= {"prosody": voice[None, :, :PROSODY_DIM]} | made_person(networks.network)
    refined = made_crops(networks.refiner, num_frames % 5 + 2)
    return Trial(
        {
            "encoder": {"mel": mel},
            "hearing": {"hidden": hidden, "mel": mel, "tone": tone_of(voice).unsqueeze(0), "normal": normal},
            "bridge": given,
            "refiner": refined,
        },
        {
            "encoder": {"hidden": hidden},
            "hearing": heard,
            "bridge": performed(networks.network, given),
            "refiner": {"change": networks.refiner(*refined.values())},
        },
    )


def listened(
    networks: Networks,
    frames: Float[Tensor, "layer frame channel"],
    voice: Float[Tensor, "frame voice"],
    normal: Float[Tensor, "statistic"] | None = None,
) -> Tensors:
    """What AEE itself makes of a voice, by the names of the outputs of `hearing`."""
    audio = networks.network.audio_emotion
    content, heard = audio.listen([frames.unsqueeze(0)], voice.unsqueeze(0), normal)
    course = audio.course_of(voice.unsqueeze(0))
    return {
        "content": content,
        "target": emotion_state(heard.emotion, heard.intensity * course),
        "embedding": heard.embedding,
        "heard": heard.probabilities,
        "emotion": heard.emotion,
        "intensity": heard.intensity,
        "course": course,
        "statistics": whole_statistics(frames, voice).unsqueeze(0),
    }


def performed(network: EmotionNetwork, given: Tensors) -> Tensors:
    """What memory and decoder make of the inputs of `bridge`."""
    names = ("content", "prosody", "expression", "reference", "target", "embedding", "compensation")
    made = network.perform(*(given[name] for name in names))
    parts = made.expression, made.closure, made.head, made.displacement, made.address
    return dict(zip(("performed", "closure", "head", "displacement", "address"), parts, strict=True))


def made_person(network: EmotionNetwork) -> Tensors:
    """Two pictures of somebody, the first of them the portrait, and how much of its emotion leaves the face."""
    sizes, rng = width(network), torch.Generator().manual_seed(0)
    expression = torch.rand(1, 2, sizes["expression"], generator=rng) * 0.4
    reference = torch.rand(1, 2, sizes["shown"], generator=rng) / sizes["shown"]
    return {"expression": expression, "reference": reference, "compensation": torch.tensor(0.8)}


def made_crops(refiner: Refiner, num_frames: int) -> Tensors:
    """Noise in place of frames."""
    rng = torch.Generator().manual_seed(num_frames)
    inputs = refiner_graph(refiner, Path()).inputs
    sizes = {name: [size for size in axes if isinstance(size, int)] for name, axes in inputs.items()}
    return {name: torch.rand([num_frames, *size], generator=rng) for name, size in sizes.items()}
