"""The four networks that are exported, each as one module from tensors to tensors, with the names of its axes.

encoder   log-mel to the hidden states of the speech encoder, for at most 30 s
hearing   hidden states, log-mel, loudness and pitch to what is said and how: content, emotion, course, embedding
bridge    what was heard and a face to the performed face: memory and motion decoder
refiner   crops of composed frames to the change of their colours

docs/export.md has every name and shape, and says what a program has to do before, between and after them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..checkpoint import find_weights
from ..config import PROSODY_DIM
from ..emotion.audio_emotion import AudioEmotionEncoder, in_frames
from ..emotion.states import emotion_state
from ..network import NETWORK_SETS, EmotionNetwork
from ..render.refiner.crop import CROP_HEIGHT, CROP_WIDTH, GRID
from ..render.refiner.inputs import NUM_DETAILS, NUM_LAYOUT
from ..render.refiner.network import REFINER_WEIGHTS, Refiner
from ..speech.voice_features import QUALITY_DIM, STEPS_PER_FRAME
from ..speech.whisper_encoder import WEIGHTS_NAME, SpeechEncoder
from .windows import SlidingWindows, lasting_belief, steps_of

TONE_DIM = PROSODY_DIM + QUALITY_DIM
Axes = dict[
    str, tuple[str | int, ...]
]  # of each tensor, by its name: a word for a free length, a number for a fixed one


@dataclass(frozen=True)
class Graph:
    """One network as it is exported."""

    name: str
    module: nn.Module
    inputs: Axes
    outputs: Axes
    weights: Path  # whose licence and config the file carries


class Hearing(nn.Module):
    """AEE on one sound: hidden states, mel and tone in, everything that a face needs of a voice out."""

    def __init__(self, encoder: AudioEmotionEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.windows = SlidingWindows(encoder.config.window_seconds, encoder.config.hop_seconds)

    def forward(
        self,
        hidden: Float[Tensor, "1 layer token channel"],
        mel: Float[Tensor, "1 mel step"],
        tone: Float[Tensor, "1 frame tone"],
        normal: Float[Tensor, "1 statistic"],
    ) -> tuple[Tensor, ...]:
        """Content, target, embedding, heard, emotion, intensity, course, and the statistics of the whole sound.

        `normal` is the mean of such statistics of the speaker's normal voice; NaN where it is not known.
        """
        num_frames = tone.shape[1]
        tokens = torch.cat([hidden, hidden[:, :, -1:]], dim=2)[:, :, : 2 * num_frames]
        frames = (tokens[:, :, ::2] + tokens[:, :, 1::2]) / 2
        voice = torch.cat([tone[..., :PROSODY_DIM], timbre(mel, num_frames), tone[..., PROSODY_DIM:]], dim=-1)
        features = torch.cat([frames[:, 1:].permute(0, 2, 1, 3).flatten(2), voice], dim=-1)[0]
        voicing = tone[0, :, 3]
        statistics = self.windows.statistics(features, voicing).unsqueeze(0)
        judged = self.encoder.judge(statistics, normal.unsqueeze(1).expand_as(statistics))
        presence, paused = self.windows.presence(voicing), self.windows.pauses(voicing)
        config, believed = self.encoder.config, judged.probabilities[0]
        stays = steps_of(paused, config.believed_through_pauses, config.believed_stays)
        belief = lasting_belief(believed, presence, stays, config.believed_evidence).unsqueeze(0)
        stays = steps_of(paused, config.decided_through_pauses, config.decided_stays)
        emotion = lasting_belief(believed, presence, stays, config.decided_evidence).unsqueeze(0)
        intensity = judged.strength * self.encoder.decide(belief)[1]
        judged = replace(judged, probabilities=belief, emotion=emotion, intensity=intensity)
        heard = in_frames(judged, presence.unsqueeze(0), num_frames)
        course = self.encoder.course_of(voice)
        target = emotion_state(heard.emotion, heard.intensity * course)
        return (
            self.encoder.content(frames), target, heard.embedding, heard.probabilities, heard.emotion, heard.intensity,
            course, whole_statistics(features, voicing),
        )  # fmt: skip


def timbre(mel: Float[Tensor, "1 mel step"], num_frames: int | Tensor) -> Float[Tensor, "1 frame shape_and_flux"]:
    """The columns of `voice_features` that the spectrum alone tells: its shape and how it changes."""
    decades = 4 * torch.cat([mel, mel[..., -1:], mel[..., -1:]], dim=2)[..., : STEPS_PER_FRAME * num_frames]
    change = torch.cat([(decades[..., 1:] - decades[..., :-1]).abs(), torch.zeros_like(decades[..., -1:])], dim=2)
    steps = torch.cat([decades - decades.mean(dim=1, keepdim=True), change], dim=1)
    return steps.unflatten(2, (-1, STEPS_PER_FRAME)).mean(dim=3).transpose(1, 2)


def whole_statistics(
    features: Float[Tensor, "frame feature"], voicing: Float[Tensor, "frame"]
) -> Float[Tensor, "1 statistic"]:
    """Statistics of a whole sound as one window, as `audio_emotion.whole_statistics`."""
    weights = (voicing + 1e-3) / (voicing + 1e-3).sum()
    mean, square = weights @ features, weights @ features.square()
    return torch.cat([mean, (square - mean.square()).clamp_min(1e-6).sqrt()]).unsqueeze(0)


class Bridge(nn.Module):
    """Memory and motion decoder: `EmotionNetwork.perform` from tensors to tensors."""

    def __init__(self, network: EmotionNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        content: Float[Tensor, "batch frame sound"],
        prosody: Float[Tensor, "batch frame prosody"],
        target: Float[Tensor, "batch frame shown"],
        embedding: Float[Tensor, "batch frame embedding"],
        expression: Float[Tensor, "batch portrait expression"],
        reference: Float[Tensor, "batch portrait shown"],
        compensation: Float[Tensor, ""],
    ) -> tuple[Tensor, ...]:
        """Expression, closure, head, displacement and address; see `network.Performed`."""
        performed = self.network.perform(
            content, prosody, expression, reference, target, embedding, compensation=compensation
        )
        return performed.expression, performed.closure, performed.head, performed.displacement, performed.address


@dataclass(frozen=True)
class Networks:
    """The networks that are exported, and the files that they were read from."""

    encoder: SpeechEncoder
    network: EmotionNetwork
    refiner: Refiner
    encoder_path: Path
    network_path: Path
    refiner_path: Path

    @classmethod
    def load(cls, folders: Sequence[Path] = (), weights: str = "best") -> "Networks":
        """The released weights, or those of the same name in one of `folders`; `weights` is one of NETWORK_SETS.

        MissingModelError where a file is missing or unusable.
        """
        encoder, network, refiner = (
            find_weights(name, folders) for name in (WEIGHTS_NAME, NETWORK_SETS[weights], REFINER_WEIGHTS)
        )
        loaded = SpeechEncoder.load(encoder), EmotionNetwork.load(network), Refiner.load(refiner)
        return cls(*loaded, encoder, network, refiner)

    def graphs(self) -> list[Graph]:
        """The four networks, each with the names of its axes; CEMNetError where one cannot be exported."""
        return [
            encoder_graph(self.encoder, self.encoder_path),
            hearing_graph(self.network, self.encoder, self.network_path),
            bridge_graph(self.network, self.network_path),
            refiner_graph(self.refiner, self.refiner_path),
        ]


def encoder_graph(encoder: SpeechEncoder, weights: Path) -> Graph:
    """The speech encoder. Steps come at 100 a second in an even number, at most 3000; tokens at 50."""
    mels = encoder.conv1.in_channels
    hidden = {"hidden": ("batch", encoder.num_layers, "token", encoder.width)}
    return Graph("encoder", encoder, {"mel": ("batch", mels, "step")}, hidden, weights)


def hearing_graph(network: EmotionNetwork, encoder: SpeechEncoder, weights: Path) -> Graph:
    """AEE. Frames come at 25 a second."""
    module = Hearing(network.audio_emotion).eval()
    sizes, audio = width(network), network.audio_emotion
    inputs: Axes = {
        "hidden": (1, encoder.num_layers, "token", encoder.width),
        "mel": (1, encoder.conv1.in_channels, "step"),
        "tone": (1, "frame", TONE_DIM),
        "normal": (1, len(audio.statistics_mean)),
    }
    outputs: Axes = {
        "content": (1, "frame", sizes["sound"]),
        "target": (1, "frame", sizes["shown"]),
        "embedding": (1, "frame", sizes["embedding"]),
        "heard": (1, "frame", sizes["emotion"]),
        "emotion": (1, "frame", sizes["emotion"]),
        "intensity": (1, "frame"),
        "course": (1, "frame"),
        "statistics": (1, len(audio.statistics_mean)),
    }
    return Graph("hearing", module, inputs, outputs, weights)


def bridge_graph(network: EmotionNetwork, weights: Path) -> Graph:
    """Memory and motion decoder."""
    sizes = width(network)
    inputs: Axes = {
        "content": ("batch", "frame", sizes["sound"]),
        "prosody": ("batch", "frame", PROSODY_DIM),
        "target": ("batch", "frame", sizes["shown"]),
        "embedding": ("batch", "frame", sizes["embedding"]),
        "expression": ("batch", "portrait", sizes["expression"]),
        "reference": ("batch", "portrait", sizes["shown"]),
        "compensation": (),
    }
    outputs: Axes = {
        "performed": ("batch", "frame", sizes["expression"]),
        "closure": ("batch", "frame"),
        "head": ("batch", "frame", 3),
        "displacement": ("batch", "frame", sizes["expression"]),
        "address": ("batch", "frame", sizes["slot"]),
    }
    return Graph("bridge", Bridge(network).eval(), inputs, outputs, weights)


def refiner_graph(refiner: Refiner, weights: Path) -> Graph:
    """The refiner; a batch holds frames."""
    rows, columns = GRID
    inputs: Axes = {
        "details": ("batch", NUM_DETAILS, CROP_HEIGHT, CROP_WIDTH),
        "layout": ("batch", NUM_LAYOUT, rows, columns),
        "expressions": ("batch", refiner.style.in_features),
    }
    return Graph("refiner", refiner, inputs, {"change": ("batch", 3, CROP_HEIGHT, CROP_WIDTH)}, weights)


def width(network: EmotionNetwork) -> dict[str, int]:
    """The lengths of the fixed axes of the networks' tensors."""
    memory, audio = network.emotion_memory, network.audio_emotion
    slot, shown, expression = memory.apexes.shape
    return {
        "sound": audio.config.num_sounds,
        "emotion": audio.style_emotion.shape[1],
        "shown": shown,
        "embedding": audio.config.embedding_dim,
        "expression": expression,
        "slot": slot,
    }


def free_axes(axes: tuple[str | int, ...]) -> dict[int, str]:
    """The axes of a tensor whose length is free, by their place."""
    return {place: axis for place, axis in enumerate(axes) if isinstance(axis, str)}
