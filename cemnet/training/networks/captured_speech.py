"""Captured speech for training: parts of takes whose mouth was captured, beside the performer's exact targets.

A capture has one speaker's manner and a rig's own sizes, so only the course of its curves is learned, in any person and
emotion: see `losses.course_loss`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ...arkit import NUM_EXPRESSIONS, arkit_indices
from ...config import WHISPER_TINY
from ...errors import MediaError
from ...types import MOTION_FPS
from ..corpora.clips import list_clips, load_clip
from .feature_clips import FeatureClip, hear_clips
from .settings import DataSettings

# What speech alone moves; corners of the mouth are the emotion's.
SPOKEN = arkit_indices(
    "jawOpen", "mouthFunnel", "mouthPucker", "mouthPress", "mouthRoll", "mouthLowerDown", "mouthUpperUp"
)


@dataclass(frozen=True)
class CapturedSpeech:
    """Takes with curves, of which random parts are drawn."""

    takes: tuple[FeatureClip, ...]
    num_frames: int

    @property
    def license(self) -> str:
        """The licences of the takes."""
        return "; ".join(sorted({take.clip.license for take in self.takes}))

    def crop(self, rng: np.random.Generator) -> dict[str, Tensor]:
        """A random part of a take: what is heard, its curves, and which of them count, by name; longer takes more."""
        lengths = np.array([len(take.recordings[0].prosody) for take in self.takes], np.float64)
        take = self.takes[int(rng.choice(len(self.takes), p=lengths / lengths.sum()))]
        recording, expression = take.recordings[0], take.clip.expression
        assert expression is not None
        total = min(len(recording.prosody), len(expression))
        start = int(rng.integers(0, total - self.num_frames + 1))
        part = slice(start, start + self.num_frames)
        return {
            "captured_hidden": recording.hidden[:, part].float(),
            "captured_prosody": recording.prosody[part],
            "captured_expression": expression[part],
            "captured_known": spoken_and_known(take.clip.known),
        }


def spoken_and_known(known: Bool[Tensor, "expression"] | None) -> Float[Tensor, "expression"]:
    """1 for blendshapes of speech that a capture moved, else 0; None stands for all of them."""
    spoken = torch.zeros(NUM_EXPRESSIONS)
    spoken[SPOKEN] = 1.0
    return spoken if known is None else spoken * known


def load_captured_speech(
    settings: DataSettings, cache: Path, device: torch.device, seed: int, encoder: str = WHISPER_TINY
) -> CapturedSpeech | None:
    """The takes of the settings' `captured` folders but those kept for testing; None without folders.

    Their features are kept in the cache folder. MediaError where no take is left that is long enough.
    """
    if not settings.captured:
        return None
    num_frames = round(settings.crop_seconds * MOTION_FPS)
    clips = [load_clip(path) for folder in settings.captured for path in list_clips(Path(folder))]
    kept = [
        clip
        for clip in clips
        if clip.expression is not None
        and len(clip.expression) > num_frames
        and f"{clip.source}/{clip.name}" not in settings.captured_test_takes
    ]
    if not kept:
        raise MediaError(f"No take with captured curves is left in {', '.join(settings.captured)}. Prepare facegood.")
    return CapturedSpeech(tuple(hear_clips(kept, 0, cache, device, seed, encoder)), num_frames)
