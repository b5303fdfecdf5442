"""Does the content of a voice know its emotion? A fresh linear probe tries to read it, on unheard speakers."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from ...emotion.audio_emotion import AudioEmotionEncoder
from ...training.networks.feature_clips import FeatureClip
from ..report.report import Table

INVERSE_PENALTY = 0.1  # C of the logistic regression
MAX_ITERATIONS = 500
DECIMALS = 4  # a probe that scales its inputs would read rounding errors of what is constant
WHOLE, VOICED = "mean and deviation, all frames", "mean and deviation, voiced frames"


def pooled_content(content: Float[Tensor, "frame content"]) -> Float[np.ndarray, "feature"]:
    """Mean and standard deviation over time, rounded to DECIMALS."""
    pooled = torch.cat([content.mean(dim=0), content.std(dim=0, unbiased=False)])
    return pooled.double().numpy().round(DECIMALS)


@torch.no_grad()
def content_features(
    encoder: AudioEmotionEncoder, clips: Sequence[FeatureClip]
) -> dict[str, Float[np.ndarray, "clip feature"]]:
    """Pooled content of each clip's clean recording: over all frames, and over the voiced ones alone."""
    pooled: dict[str, list[np.ndarray]] = {WHOLE: [], VOICED: []}
    for clip in clips:
        recording = clip.recordings[0]
        content = encoder.content(recording.hidden.unsqueeze(0).float())[0]
        voiced = recording.voice[:, 3] > 0.5
        pooled[WHOLE].append(pooled_content(content))
        pooled[VOICED].append(pooled_content(content[voiced] if voiced.any() else content))
    return {name: np.stack(features) for name, features in pooled.items()}


def probe_accuracy(
    features: Float[np.ndarray, "clip feature"],
    labels: Int[np.ndarray, "clip"],
    speakers: Sequence[str],
    folds: Sequence[Sequence[str]],
) -> float:
    """The share of clips whose label a logistic regression names that never saw their speaker, over all folds."""
    speaker_of, right = np.array(speakers), []
    for fold in folds:
        unheard = np.isin(speaker_of, list(fold))
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_PENALTY, max_iter=MAX_ITERATIONS))
        probe.fit(features[~unheard], labels[~unheard])
        right += (probe.predict(features[unheard]) == labels[unheard]).tolist()
    return float(np.mean(right))


def content_table(
    encoder: AudioEmotionEncoder, clips: Sequence[FeatureClip], source: str, folds: Sequence[Sequence[str]]
) -> Table:
    """What the probe reads from the content of a source's labelled clips, and what the commonest label would give."""
    chosen = [clip for clip in clips if clip.is_labelled and clip.clip.source == source]
    labels = np.array([clip.style for clip in chosen])
    speakers = [clip.clip.speaker for clip in chosen]
    rows = [
        (name, f"{100 * probe_accuracy(features, labels, speakers, folds):.1f}")
        for name, features in content_features(encoder, chosen).items()
    ]
    commonest = np.bincount(labels).max() / len(labels)
    note = f"{len(chosen)} clips of {source}, {len(set(labels))} labels, {len(folds)} folds of speakers."
    return Table(
        "Emotion read from content",
        ("probe", "accuracy %"),
        [*rows, ("commonest label", f"{100 * commonest:.1f}")],
        note,
    )
