"""The inputs of an evaluation: the model with the weights in question, and the clips of held-out speakers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import safe_open

from ..checkpoint import find_weights
from ..errors import CEMNetError
from ..model import CEMNet
from ..network import NETWORK_WEIGHTS, EmotionNetwork
from ..pipeline import load_model
from ..training.corpora.clips import Clip, list_clips, load_clip
from ..training.networks.feature_clips import SYNTHESISED, FeatureClips, fitted, full_speaker, load_feature_clips
from ..training.networks.settings import TrainingSettings


def evaluated_model(weights: Path | None) -> CEMNet:
    """The released model, with other networks where weights are given."""
    model = load_model(device="cpu")
    return model if weights is None else replace(model, network=EmotionNetwork.load(weights))


def describe_weights(weights: Path | None) -> str:
    """One phrase for a report: given or released weights, and the training data that their file names."""
    path = weights or find_weights(NETWORK_WEIGHTS)
    with safe_open(path, framework="pt") as file:
        data = (file.metadata() or {}).get("data", "unknown data")
    return f"{'given' if weights else 'released'} weights, trained on {data}"


def labelled_clips(config: Path) -> list[Clip]:
    """All recorded clips of a training config whose emotion is known, held-out speakers included."""
    folders = TrainingSettings.load(config).data.clips
    clips = [load_clip(path) for folder in folders for path in list_clips(Path(folder))]
    return [clip for clip in clips if clip.emotion is not None and clip.source != SYNTHESISED]


def split_speakers(clips: Sequence[Clip], speakers: Sequence[str]) -> tuple[list[Clip], list[Clip]]:
    """Clips of the named speakers, and clips of all others; CEMNetError for a speaker without clips."""
    known = {full_speaker(clip) for clip in clips}
    missing = [speaker for speaker in speakers if speaker not in known]
    if missing:
        raise CEMNetError(f"No clip is by {', '.join(missing)}. Speakers are named as in ravdess/17.")
    return [clip for clip in clips if full_speaker(clip) in speakers], [
        clip for clip in clips if full_speaker(clip) not in speakers
    ]


def features_of_all_speakers(config: Path, features: Path) -> tuple[TrainingSettings, FeatureClips]:
    """A config's settings and all of its clips as features, those of speakers whom training leaves out too.

    `features` is the folder in which a training run stored them; clips that are missing there are encoded and added.
    """
    settings = TrainingSettings.load(config)
    data = replace(settings.data, validation_speakers=())
    encoder = settings.model.speech_encoder
    clips = load_feature_clips(data, features, torch.device("cpu"), settings.seed, encoder=encoder)
    return replace(settings, model=fitted(settings.model, clips)), clips
