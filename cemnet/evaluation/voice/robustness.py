"""Emotion heard in degraded recordings beside the clean ones, and how sure the model is of what it hears."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from tqdm import tqdm

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ...config import AudioEmotionConfig
from ...model import CEMNet
from ...pipeline import encode_speech
from ...speech.encoder import SpeechEncoder
from ...speech.encoders import load_speech_encoder
from ...training.corpora.augmentation import Waveform, add_noise, limit_band, through_mp3
from ...training.corpora.clips import Clip
from ...training.networks.emotion_branch import train_emotion_branch
from ...training.networks.feature_clips import STYLES, FeatureClip, FeatureClips, Recording, hear
from ...training.networks.voice_statistics import VoiceTable
from ...types import SAMPLE_RATE, Audio
from ..report.intervals import resampled_means
from ..report.report import Table
from .heard import Heard, label_of, mean_heard
from .speaker_folds import judge_clips

CLEAN = "clean"
NOISE_DB = 10.0
TELEPHONE_HZ = 300.0, 3400.0
MP3_KILOBITS = 64
MOST_COST = 0.08

Degradation = Callable[[Waveform, np.random.Generator], Waveform]


def at_level(factor: float) -> Degradation:
    """Multiplies the samples by a factor and clips them to [-1, 1], as a recorder does."""
    return lambda waveform, _: (factor * waveform).clip(-1, 1)


DEGRADATIONS: dict[str, Degradation] = {
    CLEAN: lambda waveform, _: waveform,
    "noise at 10 dB": lambda waveform, rng: add_noise(waveform, NOISE_DB, rng),
    "telephone band": lambda waveform, _: limit_band(waveform, *TELEPHONE_HZ),
    "mp3 at 64 kb/s": lambda waveform, _: through_mp3(waveform, MP3_KILOBITS),
    "half level": at_level(0.5),
    "double level": at_level(2.0),
}


def hear_degraded(model: CEMNet, clips: Sequence[Clip], degradation: Degradation, seed: int) -> Heard:
    """All clips through one degradation and the whole path from sound to belief."""
    rng = np.random.default_rng(seed)
    labels, beliefs, speeches = [], [], []
    for clip in tqdm(clips, desc="Hearing", leave=False, mininterval=10):
        sound = degradation(clip.waveform.numpy(), rng).astype(np.float32)
        speech = encode_speech(model, Audio(torch.from_numpy(sound).unsqueeze(0), SAMPLE_RATE))
        labels.append(label_of(clip))
        beliefs.append(mean_heard(speech.heard, speech.prosody[:, 3]).numpy())
        speeches.append(speech)
    return Heard(np.array(labels), np.stack(beliefs), tuple(speeches))


def fold_right(
    clips: FeatureClips,
    source: str,
    folds: Sequence[Sequence[str]],
    config: AudioEmotionConfig,
    num_steps: int,
    seed: int,
) -> dict[str, Bool[np.ndarray, "clip"]]:
    """For every condition, which clips of a source are heard right by an emotion branch that never heard the speaker.

    The branch is trained and tested as in `speaker_folds.fold_accuracies`: on the corpus' own styles and whole clips.
    """
    speech_encoder, rng = load_speech_encoder(), np.random.default_rng(seed)
    labelled = [clip for clip in clips.clips if clip.is_labelled]
    voices = VoiceTable.of(labelled, seed=0)
    styles = sorted({STYLES[clip.style] for clip in labelled if clip.clip.source == source})
    right: dict[str, list[bool]] = {name: [] for name in DEGRADATIONS}
    for fold, speakers in enumerate(folds):
        held_out = [clip for clip in labelled if clip.clip.source == source and clip.clip.speaker in speakers]
        rest = [clip for clip in labelled if clip.clip.source != source or clip.clip.speaker not in speakers]
        branch = train_emotion_branch(voices.only(rest), config, num_steps, fold)
        truth = np.array([clip.style for clip in held_out])
        for name, degradation in DEGRADATIONS.items():
            changed = [degraded_features(speech_encoder, clip, degradation, rng) for clip in held_out]
            right[name] += (judge_clips(branch, changed, styles) == truth).tolist()
    return {name: np.array(values) for name, values in right.items()}


def degraded_features(
    encoder: SpeechEncoder, clip: FeatureClip, degradation: Degradation, rng: np.random.Generator
) -> FeatureClip:
    """The clip as the branch hears it after a degradation."""
    sound = torch.from_numpy(degradation(clip.clip.waveform.numpy(), rng).astype(np.float32))
    return FeatureClip(clip.clip, (Recording(*hear(encoder, sound)),))


def folds_table(right: Mapping[str, Bool[np.ndarray, "clip"]], source: str, num_folds: int) -> Table:
    """Accuracy over the folds in every condition, and what it costs against the clean clips."""
    rows = []
    for name, values in right.items():
        cost = right[CLEAN].astype(float) - values
        cells = ("", "") if name == CLEAN else (resampled_means(cost).percent(), _verdict(cost))
        rows.append((name, resampled_means(values.astype(float)).percent(), *cells))
    note = f"{len(right[CLEAN])} clips of {source}, all its styles, {num_folds} folds of unheard speakers."
    return Table("Folds, degraded recordings", ("recording", "accuracy %", "cost", ""), rows, note)


def _verdict(cost: Float[np.ndarray, "clip"]) -> str:
    return "met" if cost.mean() < MOST_COST else "MISSED"


def robustness_table(heard: Mapping[str, Heard]) -> Table:
    """Accuracy in every condition and what it costs against the clean clips, clip by clip."""
    clean = heard[CLEAN].right.astype(float)
    rows = []
    for name, result in heard.items():
        cost = clean - result.right.astype(float)
        sure = float(result.belief.max(1).mean())
        rows.append(
            (
                name,
                resampled_means(result.right.astype(float)).percent(),
                "" if name == CLEAN else resampled_means(cost).percent(),
                f"{sure:.2f}",
                "" if name == CLEAN else _verdict(cost),
            )
        )
    note = (
        f"{len(clean)} clips; calm counts as neutral. In brackets: 95 % intervals over clips. The cost, in points, has "
        f"to stay under {100 * MOST_COST:.0f}."
    )
    return Table(
        "Emotion heard in degraded recordings", ("recording", "accuracy %", "cost", "how sure", ""), rows, note
    )


def recall_table(heard: Mapping[str, Heard]) -> Table:
    """Share of each emotion's clips that are heard right, a column for each condition."""
    rows = []
    for emotion in EMOTIONS:
        chosen = [result.labels == EMOTION_INDEX[emotion] for result in heard.values()]
        if chosen[0].any():
            shares = [result.right[mask].mean() for result, mask in zip(heard.values(), chosen, strict=True)]
            rows.append((emotion, *(f"{100 * share:.0f}" for share in shares)))
    return Table("Recall by emotion, %", ("emotion", *heard), rows)


def confused_table(heard: Heard) -> Table:
    """For each label (rows) the share of its clips that is heard as each emotion (columns)."""
    names: list[Emotion] = [emotion for emotion in EMOTIONS if (heard.labels == EMOTION_INDEX[emotion]).any()]
    said = heard.belief.argmax(1)
    rows = []
    for label in names:
        of_label = said[heard.labels == EMOTION_INDEX[label]]
        rows.append((label, *(f"{100 * (of_label == EMOTION_INDEX[name]).mean():.0f}" for name in names)))
    return Table("Clean voices: label (rows) and what is heard, %", ("label", *names), rows)
