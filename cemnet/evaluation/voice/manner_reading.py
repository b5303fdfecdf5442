"""How much of a voice's manner the embedding z holds, on speakers that the emotion branch never heard.

What a voice does beyond its emotion is asked: R² counts the spread within each speaker, style and strength. A ridge
regression that is fitted on the training speakers reads z; the branch's own head reads it too; and another ridge reads
the pooled statistics, which is what z is made of.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ...arkit import EMOTIONS
from ...config import MANNER_AXES, AudioEmotionConfig
from ...speech.manner import measure_manner
from ...training.networks.feature_clips import FeatureClip, FeatureClips, full_speaker
from ...training.networks.voice_statistics import VoiceTable
from ..report.report import Table
from .speaker_folds import TrainedFold, trained_folds

PENALTIES = {"statistics": 1000.0, "z": 10.0}  # of the ridges

Read = Float[np.ndarray, "clip manner"]


def within_conditions(values: Read, conditions: Sequence[object]) -> Read:
    """The values less the mean of their condition."""
    centred = values.astype(np.float64)
    for rows in _groups(conditions):
        centred[rows] -= centred[rows].mean(axis=0)
    return centred


def explained(read: Read, true: Read, conditions: Sequence[object]) -> Float[np.ndarray, "manner"]:
    """R² of each axis within conditions: 1 minus squared error over spread."""
    true, read = within_conditions(true, conditions), within_conditions(read, conditions)
    return 1 - ((true - read) ** 2).sum(axis=0) / (true**2).sum(axis=0)


def _groups(conditions: Sequence[object]) -> list[list[int]]:
    groups: dict[object, list[int]] = {}
    for row, condition in enumerate(conditions):
        groups.setdefault(condition, []).append(row)
    return list(groups.values())


def condition_of(clip: FeatureClip) -> tuple[str, int, float]:
    """Speaker, style and strength: clips that differ in nothing else differ in what is said and in manner alone."""
    return full_speaker(clip.clip), clip.style, clip.clip.intensity


def whole_rows(voices: VoiceTable, clips: Sequence[FeatureClip]) -> list[int]:
    """The row of each clip's whole, clean recording."""
    return [voices.rows_of[clip.full_name][0] for clip in clips]


@torch.no_grad()
def read_manner(fold: TrainedFold) -> dict[str, Read]:
    """The manner of unheard clips as it is read from the pooled statistics, from z, and by the head."""
    known, unheard = (whole_rows(fold.voices, clips) for clips in (fold.known, fold.unheard))
    statistics = [fold.voices.statistics[rows].float() for rows in (known, unheard)]
    heard = [fold.branch.judge(rows) for rows in statistics]
    inputs = {"statistics": statistics, "z": [voices.embedding for voices in heard]}
    read = {}
    for name, (given, asked) in inputs.items():
        ridge = make_pipeline(StandardScaler(), Ridge(PENALTIES[name]))
        read[name] = ridge.fit(given.numpy(), fold.voices.manner[known].numpy()).predict(asked.numpy())
    return {**read, "head": heard[1].manner.numpy()}


def manner_table(
    clips: FeatureClips, source: str, folds: Sequence[Sequence[str]], config: AudioEmotionConfig, num_steps: int
) -> Table:
    """R² of each axis over folds of unheard speakers; clips of other sources train along."""
    parts: dict[str, list[np.ndarray]] = {}
    truth: list[np.ndarray] = []
    tested: list[FeatureClip] = []
    for fold in trained_folds(clips, source, folds, config, num_steps):
        for name, read in read_manner(fold).items():
            parts.setdefault(name, []).append(read)
        truth.append(fold.voices.manner[whole_rows(fold.voices, fold.unheard)].numpy())
        tested += fold.unheard
    true = np.concatenate(truth)
    conditions = [condition_of(clip) for clip in tested]
    rows = [
        (name, *(f"{value:.2f}" for value in explained(np.concatenate(read), true, conditions)))
        for name, read in parts.items()
    ]
    note = (
        f"{len(tested)} clips of {source}, {len(folds)} folds of unheard speakers; within speaker, style and strength."
    )
    return Table("Manner read, R²", ("from", *MANNER_AXES), rows, note)


def constants_table(clips: Sequence[FeatureClip]) -> Table:
    """What `speech.manner` and `performer.manner_displays` hold as constants: centre, spread, each emotion's mean."""
    found = [(clip, measure_manner(clip.recordings[0].voice)) for clip in clips if clip.is_labelled]
    spoken = [(clip, values) for clip, values in found if values is not None]
    measured = np.stack([values for _, values in spoken])
    speakers = [full_speaker(clip.clip) for clip, _ in spoken]
    styles = np.array([clip.style for clip, _ in spoken])
    habits = {speaker: _habit(measured, styles, np.array(speakers) == speaker) for speaker in sorted(set(speakers))}
    apart = measured - np.stack([habits[speaker] for speaker in speakers])
    spread = apart.std(axis=0)
    rows: Mapping[str, np.ndarray] = {"centre": np.stack(list(habits.values())).mean(axis=0), "spread": spread}
    emotions = np.array([clip.emotion for clip, _ in spoken])
    means = {name: (apart / spread)[emotions == name].mean(axis=0) for name in EMOTIONS if (emotions == name).any()}
    cells = [(name, *(f"{value:.3f}" for value in values)) for name, values in {**rows, **means}.items()]
    note = f"{len(spoken)} clips of {len(habits)} speakers. Centre and spread in the axes' own units, means in spreads."
    return Table("Manner of the training speakers", ("", *MANNER_AXES), cells, note)


def _habit(measured: Read, styles: np.ndarray, chosen: np.ndarray) -> Float[np.ndarray, "manner"]:
    """A speaker's mean over styles, each counted once."""
    own = [measured[chosen & (styles == style)].mean(axis=0) for style in sorted(set(styles[chosen]))]
    return np.stack(own).mean(axis=0)
