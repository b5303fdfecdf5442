"""Does the enhancement help? The emotion branch retrained with it and without it, on voices that are easy and hard."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from ...config import AudioEmotionConfig
from ...emotion.audio_emotion import AudioEmotionEncoder
from ...training.networks.feature_clips import STYLES, FeatureClips
from ...training.networks.voice_statistics import PARTS, VoiceTable
from ..report.report import Table
from .speaker_folds import trained_folds

# Which rows of a clip in the table of voices: a recording's whole comes first, then its parts; the clean one first.
CONDITIONS: dict[str, Callable[[range], range]] = {
    "clean": lambda rows: rows[:1],
    "degraded": lambda rows: rows[PARTS + 1 :: PARTS + 1],
    "short": lambda rows: rows[1 : PARTS + 1],
}


def enhancement_table(
    clips: FeatureClips,
    source: str,
    folds: Sequence[Sequence[str]],
    config: AudioEmotionConfig,
    num_steps: int,
) -> Table:
    """Accuracy and negative log-likelihood of a config over folds of unheard speakers, in every condition.

    Degraded are the augmented copies of unheard clips, short are parts of 1.2 to 4 seconds of the clean ones. Beliefs
    have the config's temperature.
    """
    allowed = sorted({clip.style for clip in clips.clips if clip.is_labelled and clip.clip.source == source})
    found: dict[str, list[tuple[bool, float]]] = {condition: [] for condition in CONDITIONS}
    for fold in trained_folds(clips, source, folds, config, num_steps):
        for condition, choose in CONDITIONS.items():
            rows = [row for clip in fold.unheard for row in choose(fold.voices.rows_of[clip.full_name])]
            found[condition] += _judged(fold.branch, fold.voices, rows, allowed)
    header = ("", *(f"{condition} {measure}" for condition in CONDITIONS for measure in ("%", "NLL")))
    row = (f"enhancement {config.enhancement:g}", *(cell for judged in found.values() for cell in _cells(judged)))
    note = f"{source}: {', '.join(STYLES[style] for style in allowed)}; {len(folds)} folds of unheard speakers."
    return Table("Voices that are easy and hard", header, [row], note)


@torch.no_grad()
def _judged(
    branch: AudioEmotionEncoder, voices: VoiceTable, rows: Sequence[int], allowed: Sequence[int]
) -> list[tuple[bool, float]]:
    """For each row whether it is heard right among the allowed styles, and how surprising the truth is."""
    if not rows:
        return []
    logits = branch.judge(voices.statistics[list(rows)].float()).style_logits[:, list(allowed)]
    truth = torch.searchsorted(torch.tensor(allowed), voices.style[list(rows)])
    surprise = F.cross_entropy(logits / branch.config.temperature, truth, reduction="none")
    return list(zip((logits.argmax(dim=1) == truth).tolist(), surprise.tolist(), strict=True))


def _cells(found: Sequence[tuple[bool, float]]) -> tuple[str, str]:
    if not found:
        return "", ""
    return f"{100 * np.mean([right for right, _ in found]):.1f}", f"{np.mean([nll for _, nll in found]):.3f}"
