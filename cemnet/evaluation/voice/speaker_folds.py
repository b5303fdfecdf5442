"""Cross-validation over speakers: the emotion branch trained without some speakers and tested on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int

from ...config import AudioEmotionConfig
from ...emotion.audio_emotion import AudioEmotionEncoder
from ...training.networks.emotion_branch import train_emotion_branch
from ...training.networks.feature_clips import STYLES, FeatureClip, FeatureClips
from ...training.networks.voice_statistics import VoiceTable, recording_statistics


@torch.no_grad()
def judge_clips(
    encoder: AudioEmotionEncoder, clips: Sequence[FeatureClip], styles: Sequence[str]
) -> Int[np.ndarray, "clip"]:
    """The likeliest of the given styles for each whole, clean clip, as an index into STYLES."""
    allowed = torch.tensor([STYLES.index(style) for style in styles])
    statistics = torch.stack([recording_statistics(clip.recordings[0]) for clip in clips]).float()
    logits = encoder.judge(statistics).style_logits
    return allowed[logits[:, allowed].argmax(1)].numpy()


@dataclass(frozen=True)
class TrainedFold:
    """A branch, the labelled clips that it was trained on, and those of the speakers whom it never heard."""

    branch: AudioEmotionEncoder
    voices: VoiceTable  # of all labelled clips
    known: Sequence[FeatureClip]
    unheard: Sequence[FeatureClip]


def trained_folds(
    clips: FeatureClips, source: str, folds: Sequence[Sequence[str]], config: AudioEmotionConfig, num_steps: int
) -> Iterator[TrainedFold]:
    """A branch trained from scratch without each fold's speakers; clips of other sources always train along."""
    labelled = [clip for clip in clips.clips if clip.is_labelled]
    voices = VoiceTable.of(labelled, seed=0)
    for seed, speakers in enumerate(folds):
        unheard = [clip for clip in labelled if clip.clip.source == source and clip.clip.speaker in speakers]
        known = [clip for clip in labelled if clip.clip.source != source or clip.clip.speaker not in speakers]
        yield TrainedFold(train_emotion_branch(voices.only(known), config, num_steps, seed), voices, known, unheard)


def fold_accuracies(
    clips: FeatureClips, source: str, folds: Sequence[Sequence[str]], config: AudioEmotionConfig, num_steps: int
) -> list[float]:
    """Accuracy on each fold's speakers of one source, among the styles of that source."""
    styles = sorted({STYLES[clip.style] for clip in clips.clips if clip.is_labelled and clip.clip.source == source})
    accuracies = []
    for fold in trained_folds(clips, source, folds, config, num_steps):
        judged = judge_clips(fold.branch, fold.unheard, styles)
        accuracies.append(float(np.mean(judged == np.array([clip.style for clip in fold.unheard]))))
    return accuracies


def speakers_of(clips: FeatureClips, source: str) -> list[str]:
    """The speakers of one source, sorted by name."""
    return sorted({clip.clip.speaker for clip in clips.clips if clip.clip.source == source})


def ravdess_folds(clips: FeatureClips, size: int = 4) -> list[list[str]]:
    """RAVDESS actors in folds of four, or of another size."""
    actors = speakers_of(clips, "ravdess")
    return [actors[start : start + size] for start in range(0, len(actors), size)]
