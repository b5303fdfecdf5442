"""A table of the emotion branch's inputs: statistics of labelled recordings, whole and in parts, computed once.

The branch takes only the statistics of windows of a sound, so one training example costs no more than a table look-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from ...emotion.audio_emotion import window_statistics
from .feature_clips import FeatureClip, Recording

PARTS = 3  # of each recording, beside the whole
SHORTEST_FRAMES, LONGEST_FRAMES = 30, 100


@dataclass(frozen=True)
class VoiceTable:
    """Rows of statistics with their labels; the rows of one clip are consecutive."""

    statistics: Float[Tensor, "row statistic"]  # fp16
    style: Int[Tensor, "row"]
    strength: Float[Tensor, "row"]
    rows_of: dict[str, range]  # by the clip's full name

    @classmethod
    def of(cls, clips: Sequence[FeatureClip], seed: int) -> "VoiceTable":
        """All recordings of the labelled clips; the parts are drawn with the seed."""
        rng = np.random.default_rng(seed)
        rows_of, blocks, styles, strengths, first = {}, [], [], [], 0
        for clip in tqdm([clip for clip in clips if clip.is_labelled], desc="Voices", leave=False):
            block = torch.cat([recording_statistics(recording, rng) for recording in clip.recordings])
            rows_of[clip.full_name] = range(first, first + len(block))
            first += len(block)
            blocks.append(block)
            styles += [clip.style] * len(block)
            strengths += [clip.clip.intensity] * len(block)
        return cls(torch.cat(blocks), torch.tensor(styles), torch.tensor(strengths, dtype=torch.float32), rows_of)

    @cached_property
    def scale(self) -> tuple[Float[Tensor, "statistic"], Float[Tensor, "statistic"]]:
        """Mean and standard deviation of each statistic, to standardise the branch's input."""
        table = self.statistics.float()
        return table.mean(0), table.std(0).clamp_min(1e-3)

    def only(self, clips: Sequence[FeatureClip]) -> "VoiceTable":
        """The rows of some of its clips."""
        rows_of, rows = {}, []
        for clip in clips:
            own = self.rows_of[clip.full_name]
            rows_of[clip.full_name] = range(len(rows), len(rows) + len(own))
            rows += own
        return VoiceTable(self.statistics[rows], self.style[rows], self.strength[rows], rows_of)

    def judged(self, count: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """A batch of random rows (with replacement) and their labels, by name."""
        rows = torch.from_numpy(rng.integers(len(self.style), size=count))
        return {
            "judged_statistics": self.statistics[rows].float(),
            "judged_style": self.style[rows],
            "judged_strength": self.strength[rows],
        }

    def of_clip(self, clip: FeatureClip, rng: np.random.Generator) -> Float[Tensor, "statistic"]:
        """A random row of the clip."""
        rows = self.rows_of[clip.full_name]
        return self.statistics[rows[int(rng.integers(len(rows)))]].float()


def recording_statistics(recording: Recording, rng: np.random.Generator) -> Float[Tensor, "part statistic"]:
    """Statistics of the whole recording, then of PARTS random parts around its voice."""
    return part_statistics(recording, [slice(None), *(random_part(recording.voice, rng) for _ in range(PARTS))])


def whole_statistics(recording: Recording) -> Float[Tensor, "statistic"]:
    """Statistics of a whole recording as one window."""
    return part_statistics(recording, [slice(None)])[0]


def part_statistics(recording: Recording, parts: Sequence[slice]) -> Float[Tensor, "part statistic"]:
    """Statistics of each part of a recording as one window; fp16, because many are kept."""
    voice = recording.voice
    weights = torch.stack([voiced_weights(voice, part) for part in parts])
    hidden = recording.hidden.unsqueeze(0).float()
    return window_statistics(hidden, voice.unsqueeze(0), weights.unsqueeze(0))[0].half()


def random_part(voice: Float[Tensor, "frame voice"], rng: np.random.Generator) -> slice:
    """A random part of 30 to 100 frames, about the length of a window, that reaches into the voiced frames."""
    total = len(voice)
    length = min(total, int(rng.integers(SHORTEST_FRAMES, LONGEST_FRAMES + 1)))
    voiced = torch.nonzero(voice[:, 3]).flatten().tolist() or [0, total - 1]
    start = int(rng.integers(0, max(0, min(voiced[-1] - length // 2, total - length)) + 1))
    return slice(start, start + length)


def voiced_weights(voice: Float[Tensor, "frame voice"], part: slice) -> Float[Tensor, "frame"]:
    """Weights (sum 1) that average the voiced frames of a part, as `window_weights` makes for many windows."""
    weights = torch.zeros(len(voice))
    weights[part] = voice[part, 3] + 1e-3
    return weights / weights.sum()
