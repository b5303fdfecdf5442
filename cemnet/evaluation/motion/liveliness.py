"""Liveliness of a performance: blinks, head, mouth with loudness, upper face with stress."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d

from ...arkit import BLINK, BROWS_AND_EYES, EMOTIONS, NUM_EXPRESSIONS, Emotion
from ...emotion.states import NUM_SHOWN_EMOTIONS
from ...model import CEMNet
from ...motion.idle import add_life
from ...motion.lip_aperture import visible_aperture
from ...performance_settings import PerformanceSettings
from ...pipeline import encode_speech, rested, spoken_frames, target_emotion
from ...training.corpora.clips import Clip
from ...training.networks.feature_clips import full_speaker
from ...types import MOTION_FPS, SAMPLE_RATE, Audio, Speech
from ..report.report import Table

BLINK_STARTS = 0.05  # closure beyond the lids' own, from which a blink counts
BLINKS_A_MINUTE, LONGEST_BLINK_MS = (8.0, 25.0), 400.0


@torch.no_grad()
def perform_as(
    model: CEMNet, speech: Speech, emotion: Emotion
) -> tuple[Float[torch.Tensor, "frame expression"], Float[torch.Tensor, "frame 3"]]:
    """The words on a neutral face in a named emotion at full strength, with resting lips but no blinks and sway.

    Curves and head.
    """
    target = target_emotion(speech, PerformanceSettings(emotion)).unsqueeze(0)
    face = torch.zeros(1, 1, NUM_EXPRESSIONS), torch.zeros(1, 1, NUM_SHOWN_EMOTIONS)
    unheard = torch.zeros_like(speech.emotion_embedding).unsqueeze(0)
    performed = model.network.perform(speech.content.unsqueeze(0), speech.prosody.unsqueeze(0), *face, target, unheard)
    return rested(performed.expression[0], speech), performed.head[0]


def live_as(
    model: CEMNet, speech: Speech, emotion: Emotion, seed: int
) -> tuple[
    Float[torch.Tensor, "frame expression"], Float[torch.Tensor, "frame expression"], Float[torch.Tensor, "frame 3"]
]:
    """As `perform_as`: the curves without life, and curves and head with it."""
    still, moving = perform_as(model, speech, emotion)
    shown, spoken = target_emotion(speech, PerformanceSettings(emotion)), spoken_frames(speech)
    return still, *add_life(still, moving, MOTION_FPS, seed, shown=shown, speaking=spoken)


def hear_clean(model: CEMNet, clips: Sequence[Clip]) -> list[Speech]:
    """Every clip as the model hears it, without degradation."""
    return [encode_speech(model, Audio(clip.waveform.unsqueeze(0), SAMPLE_RATE)) for clip in clips]


def hear_joined(model: CEMNet, clips: Sequence[Clip], speaker: str, seconds: float) -> Speech:
    """A speaker's clips one after the other, at least this long where there are enough."""
    own, parts, length = [clip.waveform for clip in clips if full_speaker(clip) == speaker], [], 0
    for waveform in own:
        if length >= seconds * SAMPLE_RATE:
            break
        parts.append(waveform)
        length += len(waveform)
    return encode_speech(model, Audio(torch.cat(parts).unsqueeze(0), SAMPLE_RATE))


def loudness(speech: Speech) -> Float[np.ndarray, "frame"]:
    """The voice's level, smoothed over about a syllable."""
    return gaussian_filter1d(speech.prosody[:, 0].numpy(), 1.5, mode="nearest")


def stress(speech: Speech) -> Float[np.ndarray, "frame"]:
    """Prosodic prominence about a word wide: loud, and high in the speaker's range."""
    pitch = speech.prosody[:, 2].numpy() * speech.prosody[:, 3].numpy()
    return gaussian_filter1d(speech.prosody[:, 0].numpy() + 0.5 * pitch, 3.0, mode="nearest")


def speaking(speech: Speech) -> Bool[np.ndarray, "frame"]:
    """Frames from the first voiced to the last."""
    voiced = np.flatnonzero(speech.prosody[:, 3].numpy() > 0.5)
    mask = np.zeros(speech.num_frames, bool)
    if len(voiced):
        mask[voiced[0] : voiced[-1] + 1] = True
    return mask


def correlation(first: Float[np.ndarray, "frame"], second: Float[np.ndarray, "frame"]) -> float:
    """Pearson's; NaN where one of them stays the same."""
    if len(first) < 3 or min(first.std(), second.std()) < 1e-6:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def prosody_table(model: CEMNet, speeches: Sequence[Speech]) -> Table:
    """Correlation of mouth and upper face with the voice, a row for each emotion."""
    rows = []
    for emotion in EMOTIONS:
        jaw, upper, moved = [], [], []
        for speech in speeches:
            expression, mask = perform_as(model, speech, emotion)[0].numpy(), speaking(speech)
            face = expression[:, BROWS_AND_EYES].sum(1)
            jaw.append(correlation(visible_aperture(expression)[mask], loudness(speech)[mask]))
            upper.append(correlation(face[mask], stress(speech)[mask]))
            moved.append(face[mask].std() if mask.any() else np.nan)
        rows.append((emotion, *(f"{np.nanmean(values):.2f}" for values in (jaw, upper, moved))))
    note = (
        "Correlations over the frames from the first voiced one to the last, means over "
        f"{len(speeches)} clips. Upper face: sum of brows, lids and cheeks; stress: loudness and pitch. Moved: the "
        "upper face's deviation."
    )
    header = ("emotion", "mouth with loudness", "upper face with stress", "upper face moved")
    return Table("Moving with the voice", header, rows, note)


@dataclass(frozen=True)
class Blinks:
    """Rate and longest duration of the blinks in one performance."""

    per_minute: float
    longest_ms: float


def blinks(still: Float[torch.Tensor, "frame expression"], alive: Float[torch.Tensor, "frame expression"]) -> Blinks:
    """Counts where lids close beyond what the same performance does without blinking."""
    beyond = (alive - still)[:, BLINK].mean(1).numpy() > BLINK_STARTS
    edges = np.flatnonzero(np.diff(np.concatenate([[0], beyond.astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    minutes = len(alive) / MOTION_FPS / 60
    return Blinks(len(lengths) / minutes, 1000 * float(lengths.max(initial=0)) / MOTION_FPS)


def life_table(model: CEMNet, speeches: Sequence[Speech], seeds: Sequence[int] = (0, 1, 2)) -> Table:
    """Blinks and head of long performances, each with several seeds."""
    counted, largest, speed, jerk, start = [], [], [], [], []
    for speech in speeches:
        for seed in seeds:
            still, alive, head = live_as(model, speech, EMOTIONS[int(speech.heard.mean(0).argmax())], seed)
            counted.append(blinks(still, alive))
            degrees = np.degrees(head.numpy())
            largest.append(np.abs(degrees).max())
            speed.append(np.percentile(np.linalg.norm(np.diff(degrees, axis=0), axis=1) * MOTION_FPS, 95))
            jerk.append(np.sqrt((np.diff(degrees, 3, axis=0) ** 2).sum(1).mean()) * MOTION_FPS**3)
            start.append(np.abs(degrees[0]).max())
    rates, longest = [blink.per_minute for blink in counted], max(blink.longest_ms for blink in counted)
    low, high = BLINKS_A_MINUTE
    met = low <= min(rates) and max(rates) <= high
    rows = [
        ("blinks a minute", f"{np.mean(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})", "met" if met else "MISSED"),
        ("longest blink, ms", f"{longest:.0f}", "met" if longest <= LONGEST_BLINK_MS else "MISSED"),
        ("head, largest turn, degrees", f"{np.mean(largest):.1f} (at most {max(largest):.1f})", ""),
        ("head, 95th percentile of speed, degrees a second", f"{np.mean(speed):.1f}", ""),
        ("head, jerk, degrees a second cubed", f"{np.mean(jerk):.0f}", ""),
        ("head, first frame, degrees", f"{max(start):.2f}", ""),
    ]
    seconds = sum(speech.num_frames for speech in speeches) / MOTION_FPS
    note = f"{len(speeches)} long voices, {seconds:.0f} s, {len(seeds)} seeds each."
    return Table("Life", ("", "value", ""), rows, note)
