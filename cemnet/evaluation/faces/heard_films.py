"""What is heard of the voices of RAVDESS's films: pooled statistics, or embeddings and emotions by emotion branches.

The voice of the film 01-01-EE-SS-01-01-AA is the recording 03-01-EE-SS-01-01-AA. A branch is trained for each fold,
without the fold's actors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ...config import AudioEmotionConfig
from ...errors import CEMNetError
from ...training.networks.feature_clips import STYLES, FeatureClip, FeatureClips
from ...training.networks.voice_statistics import recording_statistics
from ...training.performer.captured_people import (
    CELLS,
    NUM_CELLS,
    RAVDESS_EMOTIONS,
    ActionUnitTable,
    clip_place,
)
from ...training.performer.filmed_persons import FILMED
from ..voice.speaker_folds import normal_voices, trained_folds
from .voices import Voices

SOURCE = "ravdess"


def spoken_clips(clips: FeatureClips, table: ActionUnitTable) -> list[FeatureClip]:
    """The speech of the table's actors."""
    return [clip for clip in clips.clips if clip.clip.source == SOURCE and clip.clip.speaker in table.actors]


def film_voice(actor: str, cell: int) -> str:
    """The name of the recording that a film was taken with."""
    emotion, strength = CELLS[cell]
    return f"03-01-{emotion + 1:02d}-{strength + 1:02d}-01-01-{actor}"


def arrange(
    features: Float[np.ndarray, "clip feature"], clips: Sequence[FeatureClip], table: ActionUnitTable
) -> Voices:
    """Features of clips in the order of the films; CEMNetError if a film's voice is missing."""
    row_of = {clip.clip.name: row for row, clip in enumerate(clips)}
    names = [[film_voice(actor, cell) for cell in range(NUM_CELLS)] for actor in table.actors]
    missing = [name for of_actor in names for name in of_actor if name not in row_of]
    if missing:
        raise CEMNetError(f"{len(missing)} films have no voice among the prepared clips, such as {missing[0]}.")
    films = features[[[row_of[name] for name in of_actor] for of_actor in names]]
    places = [clip_place(clip.clip.name) for clip in clips]
    return Voices(films, features, [actor for actor, _ in places], np.array([cell for _, cell in places]))


def heard_statistics(clips: FeatureClips, table: ActionUnitTable) -> Voices:
    """The pooled statistics of each clean recording; nothing is learned, so they serve every fold."""
    spoken = spoken_clips(clips, table)
    statistics = [recording_statistics(clip.recordings[0]).double().numpy() for clip in spoken]
    return arrange(np.stack(statistics) if spoken else np.zeros((0, 1)), spoken, table)


@dataclass(frozen=True)
class BranchHeard:
    """What an emotion branch makes of recordings: z, its manner part, and its belief in RAVDESS's eight emotions."""

    embeddings: Voices
    manners: Voices
    emotions: Float[np.ndarray, "actor cell emotion"]  # of every film, in the order of RAVDESS_EMOTIONS
    emotions_beside_normal: Float[np.ndarray, "actor cell emotion"]  # the same where it knows the normal voices


def heard_by_branches(
    clips: FeatureClips,
    table: ActionUnitTable,
    folds: Sequence[Sequence[str]],
    config: AudioEmotionConfig,
    num_steps: int,
) -> dict[tuple[str, ...], BranchHeard]:
    """For each fold what is heard by a branch that heard none of its actors."""
    spoken, heard = spoken_clips(clips, table), {}
    statistics = torch.stack([recording_statistics(clip.recordings[0]) for clip in spoken]).float()
    labels = [STYLES.index(FILMED.get(emotion, emotion)) for emotion in RAVDESS_EMOTIONS]
    for fold, trained in zip(folds, trained_folds(clips, SOURCE, folds, config, num_steps), strict=True):
        with torch.no_grad():
            judged = trained.branch.judge(statistics)
            beside_normal = trained.branch.judge(statistics, normal_voices(trained.voices, spoken))
        beliefs = [each.style_logits[:, labels].softmax(-1).double().numpy() for each in (judged, beside_normal)]
        heard[tuple(sorted(fold))] = BranchHeard(
            arrange(judged.embedding.double().numpy(), spoken, table),
            arrange(judged.mannered.double().numpy(), spoken, table),
            *(arrange(belief, spoken, table).of_film for belief in beliefs),
        )
    return heard
