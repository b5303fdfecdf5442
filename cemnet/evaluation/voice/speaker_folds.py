"""Cross-validation over speakers: the emotion branch trained without some speakers and tested on them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int

from ...config import AudioEmotionConfig
from ...emotion.audio_emotion import AudioEmotionEncoder
from ...training.networks.emotion_branch import train_emotion_branch
from ...training.networks.feature_clips import STYLES, FeatureClip, FeatureClips
from ...training.networks.voice_statistics import VoiceTable, whole_statistics


@torch.no_grad()
def judge_clips(
    encoder: AudioEmotionEncoder, clips: Sequence[FeatureClip], styles: Sequence[str]
) -> Int[np.ndarray, "clip"]:
    """The likeliest of the given styles for each whole, clean clip, as an index into STYLES."""
    allowed = torch.tensor([STYLES.index(style) for style in styles])
    statistics = torch.stack([whole_statistics(clip.recordings[0]) for clip in clips]).float()
    logits = encoder.judge(statistics).style_logits
    return allowed[logits[:, allowed].argmax(1)].numpy()


def fold_accuracies(
    clips: FeatureClips, source: str, folds: Sequence[Sequence[str]], config: AudioEmotionConfig, num_steps: int
) -> list[float]:
    """Accuracy on each fold's speakers of one source; clips of other sources always train along."""
    labelled = [clip for clip in clips.clips if clip.is_labelled]
    styles = sorted({STYLES[clip.style] for clip in labelled if clip.clip.source == source})
    voices, accuracies = VoiceTable.of(labelled, seed=0), []
    for seed, speakers in enumerate(folds):
        held_out = [clip for clip in labelled if clip.clip.source == source and clip.clip.speaker in speakers]
        rest = [clip for clip in labelled if clip.clip.source != source or clip.clip.speaker not in speakers]
        judged = judge_clips(train_emotion_branch(voices.only(rest), config, num_steps, seed), held_out, styles)
        accuracies.append(float(np.mean(judged == np.array([clip.style for clip in held_out]))))
    return accuracies


def speakers_of(clips: FeatureClips, source: str) -> list[str]:
    """The speakers of one source, sorted by name."""
    return sorted({clip.clip.speaker for clip in clips.clips if clip.clip.source == source})


def ravdess_folds(clips: FeatureClips) -> list[list[str]]:
    """RAVDESS actors in folds of four."""
    actors = speakers_of(clips, "ravdess")
    return [actors[start : start + 4] for start in range(0, len(actors), 4)]
