"""Calibration of the model's belief about a voice, and how much of an unsure belief the face shows."""

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.stats import rankdata

from ...arkit import EMOTION_INDEX, EMOTIONS, NUM_EXPRESSIONS
from ...emotion.states import NUM_SHOWN_EMOTIONS
from ...model import CEMNet
from ...performance_settings import PerformanceSettings
from ...pipeline import target_emotion
from ...training.networks.emotion_branch import MOMENT_FRAMES
from ...types import Speech
from ..report.report import Table
from .heard import Heard

NUM_BINS = 15
CERTAINTY_EDGES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
MOST_ERROR = 0.08


@dataclass(frozen=True)
class Reliability:
    """Accuracy of beliefs in bins of their confidence; NaN in empty bins."""

    confidence: Float[np.ndarray, "bin"]
    accuracy: Float[np.ndarray, "bin"]
    share: Float[np.ndarray, "bin"]

    @classmethod
    def of(cls, confidence: Float[np.ndarray, "belief"], right: Bool[np.ndarray, "belief"]) -> "Reliability":
        """Bins of equal width in confidence, 0 to 1."""
        index = np.minimum((confidence * NUM_BINS).astype(int), NUM_BINS - 1)
        count = np.bincount(index, minlength=NUM_BINS)
        with np.errstate(invalid="ignore"):
            return cls(
                np.bincount(index, confidence, NUM_BINS) / count,
                np.bincount(index, right.astype(float), NUM_BINS) / count,
                count / len(index),
            )

    @property
    def expected_error(self) -> float:
        """Expected calibration error: the mean gap between being sure and being right."""
        return float(np.nansum(self.share * np.abs(self.confidence - self.accuracy)))


def clip_reliability(heard: Heard) -> Reliability:
    """Of the belief about whole clips."""
    return Reliability.of(heard.belief.max(1), heard.right)


def moment_reliability(heard: Heard) -> Reliability:
    """Of the belief at voiced moments, one in every hop of the windows; this is what a face follows."""
    sure, right = [], []
    for label, speech in zip(heard.labels, heard.speeches, strict=True):
        moments = speech.heard[::MOMENT_FRAMES][speech.prosody[::MOMENT_FRAMES, 3] > 0.5]
        sure.append(moments.amax(1).numpy())
        right.append((moments.argmax(1) == int(label)).numpy())
    return Reliability.of(np.concatenate(sure).astype(float), np.concatenate(right))


def reliability_table(name: str, reliability: Reliability) -> Table:
    """A row for each bin that is not empty; the note has the expected calibration error and whether it is met."""
    rows = [
        (
            f"{number / NUM_BINS:.2f} to {(number + 1) / NUM_BINS:.2f}",
            f"{100 * share:.1f}",
            f"{sure:.2f}",
            f"{right:.2f}",
        )
        for number, (sure, right, share) in enumerate(
            zip(reliability.confidence, reliability.accuracy, reliability.share, strict=True)
        )
        if share
    ]
    error = reliability.expected_error
    note = (
        f"Expected calibration error {error:.3f} over {NUM_BINS} bins "
        f"({'met' if error <= MOST_ERROR else 'MISSED'}: at most {MOST_ERROR:.2f})."
    )
    return Table(f"Belief about {name}", ("bin", "share %", "how sure", "how often right"), rows, note)


@torch.no_grad()
def displacement_size(model: CEMNet, speech: Speech, emotion: str = "auto") -> float:
    """Mean visible displacement of a blank face, in blendshape units, over the frames where the voice swells."""
    target = target_emotion(speech, PerformanceSettings(emotion)).unsqueeze(0)
    blank, neutral = torch.zeros(1, 1, NUM_EXPRESSIONS), torch.zeros(1, 1, NUM_SHOWN_EMOTIONS)
    person = model.network.emotion_memory.remember(blank, neutral)
    size = person.displacement(neutral[:, 0], target)[0].clamp(0, 1).mean(-1)
    return float((size * speech.course).sum() / speech.course.sum().clamp_min(1e-6))


@dataclass(frozen=True)
class Displayed:
    """The certainty of each clip, and the displacement shown as a share of the same emotion at full strength."""

    certainty: Float[np.ndarray, "clip"]
    share: Float[np.ndarray, "clip"]
    right: Bool[np.ndarray, "clip"]

    @classmethod
    def of(cls, model: CEMNet, heard: Heard) -> "Displayed":
        """Of all clips that are not heard as neutral, which shows nothing anyway."""
        chosen = np.flatnonzero(heard.belief.argmax(1) != EMOTION_INDEX["neutral"])
        shares = []
        for index in chosen:
            speech = heard.speeches[index]
            most = displacement_size(model, speech, EMOTIONS[int(heard.belief[index].argmax())])
            shares.append(displacement_size(model, speech) / max(most, 1e-6))
        return cls(heard.belief[chosen].max(1), np.array(shares), heard.right[chosen])


def display_table(displayed: Displayed, recordings: str) -> Table:
    """The displacement shown in classes of certainty; the note has their rank correlation (Spearman)."""
    rows = []
    for low, high in itertools.pairwise(CERTAINTY_EDGES):
        chosen = (displayed.certainty > low) & (displayed.certainty <= high)
        if chosen.any():
            share = displayed.share[chosen]
            rows.append(
                (
                    f"{low:.1f} to {high:.1f}",
                    str(int(chosen.sum())),
                    f"{100 * displayed.right[chosen].mean():.0f}",
                    f"{100 * share.mean():.0f}",
                    f"{100 * np.quantile(share, 0.9):.0f}",
                )
            )
    rank = np.corrcoef(rankdata(displayed.certainty), rankdata(displayed.share))[0, 1]
    right, wrong = displayed.share[displayed.right], displayed.share[~displayed.right]
    shown = f"{100 * right.mean():.0f} % where it is right" if len(right) else "none is right"
    shown += f", {100 * wrong.mean():.0f} % where it is wrong" if len(wrong) else ", none is wrong"
    note = (
        "Size of a neutral face's displacement as a share of the heard emotion named and at full strength; clips heard "
        f"as neutral are left out. Rank correlation with certainty {rank:.2f}; {shown}."
    )
    header = ("how sure", "clips", "right %", "shown %, mean", "shown %, 90th percentile")
    return Table(f"How much is shown against how sure the belief is, {recordings}", header, rows, note)
