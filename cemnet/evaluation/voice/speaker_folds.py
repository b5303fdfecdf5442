"""Cross-validation over speakers: the emotion branch trained without some speakers and tested on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped

from ...config import AudioEmotionConfig
from ...emotion.audio_emotion import VOICE_STYLES, AudioEmotionEncoder
from ...training.networks.emotion_branch import train_emotion_branch
from ...training.networks.feature_clips import STYLES, FeatureClip, FeatureClips
from ...training.networks.voice_statistics import VoiceTable, recording_statistics


@torch.no_grad()
def judge_clips(
    encoder: AudioEmotionEncoder,
    clips: Sequence[FeatureClip],
    styles: Sequence[str],
    normal: Float[torch.Tensor, "clip statistic"] | None = None,
) -> Int[np.ndarray, "clip"]:
    """The likeliest of the given styles for each whole, clean clip, as an index into STYLES.

    `normal` are the statistics of the speakers' normal voices, where they are known.
    """
    allowed = torch.tensor([STYLES.index(style) for style in styles])
    statistics = torch.stack([recording_statistics(clip.recordings[0]) for clip in clips]).float()
    logits = encoder.judge(statistics, normal).style_logits
    return allowed[logits[:, allowed].argmax(1)].numpy()


def normal_voices(voices: VoiceTable, clips: Sequence[FeatureClip]) -> Float[torch.Tensor, "clip statistic"]:
    """The normal voice of each clip's speaker, of other clips than this one; the same for every call."""
    rng = np.random.default_rng(0)
    return torch.stack([voices.normal(voices.rows_of[clip.full_name][0], rng, 1.0, clean=True) for clip in clips])


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
) -> tuple[list[float], list[float]]:
    """Accuracy on each fold's speakers of one source, among its styles; then the same with their normal voices."""
    styles = styles_of(clips, source)
    alone, beside_normal = [], []
    for fold in trained_folds(clips, source, folds, config, num_steps):
        truth = np.array([clip.style for clip in fold.unheard])
        normal = normal_voices(fold.voices, fold.unheard)
        alone.append(float(np.mean(judge_clips(fold.branch, fold.unheard, styles) == truth)))
        beside_normal.append(float(np.mean(judge_clips(fold.branch, fold.unheard, styles, normal) == truth)))
    return alone, beside_normal


def unheard_corpus_recall(
    clips: FeatureClips, source: str, config: AudioEmotionConfig, num_steps: int
) -> tuple[float, float]:
    """Recall on a corpus that the branch never heard, then with the speakers' normal voices.

    It is averaged over the emotions that the other corpora have too; those that they lack are left out. The branch
    judges among all that it knows.
    """
    labelled = [clip for clip in clips.clips if clip.is_labelled]
    known = [clip for clip in labelled if clip.clip.source != source]
    styles = sorted({STYLES[clip.style] for clip in known})
    emotions = {VOICE_STYLES[style] for style in styles}
    unheard = [clip for clip in labelled if clip.clip.source == source and clip.emotion in emotions]
    voices = VoiceTable.of(labelled, seed=0)
    branch = train_emotion_branch(voices.only(known), config, num_steps, seed=0)
    truth = np.array([clip.emotion for clip in unheard])
    alone, beside_normal = (
        mean_recall(
            np.array([VOICE_STYLES[STYLES[style]] for style in judge_clips(branch, unheard, styles, normal)]), truth
        )
        for normal in (None, normal_voices(voices, unheard))
    )
    return alone, beside_normal


def mean_recall(judged: Shaped[np.ndarray, "clip"], truth: Shaped[np.ndarray, "clip"]) -> float:
    """The share of each label's clips that are judged right, averaged over labels."""
    return float(np.mean([np.mean(judged[truth == label] == label) for label in np.unique(truth)]))


def styles_of(clips: FeatureClips, source: str) -> list[str]:
    """The styles of one source's labels."""
    return sorted({STYLES[clip.style] for clip in clips.clips if clip.is_labelled and clip.clip.source == source})


def speakers_of(clips: FeatureClips, source: str) -> list[str]:
    """The speakers of one source, sorted by name."""
    return sorted({clip.clip.speaker for clip in clips.clips if clip.clip.source == source})


def ravdess_folds(clips: FeatureClips, size: int = 4) -> list[list[str]]:
    """RAVDESS actors in folds of four, or of another size."""
    actors = speakers_of(clips, "ravdess")
    return [actors[start : start + size] for start in range(0, len(actors), size)]
