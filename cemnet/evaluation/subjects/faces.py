"""Real faces: from clips of unseen actors in other emotions, their action units in one emotion."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...training.networks.emotion_branch import BRANCH_STEPS
from ...training.performer.captured_people import ActionUnitTable, PeopleModel
from ..faces.baselines import BASELINES
from ..faces.benchmark import ALL, Fit, Predictor, Score, actor_folds, score
from ..faces.bootstrap import r2_gain
from ..faces.heard_films import heard_by_branches, heard_statistics
from ..faces.remembered import NUM_PEOPLE, Wanted, closed_form, conditional_mean, people_memory
from ..faces.voices import beside, by_fold, classified_cells, heard_emotions, label, voice_alone
from ..inputs import features_of_all_speakers
from ..report.report import Report, Table
from .shared import BASE_CONFIG, finish_report

COUNTS = (0, 1, 2, 4, ALL)
COMPARED, MEMORY, LABEL_ALONE = "table and shrunk offset", "memory of people", "the same model in closed form"
OTHER_SPLITS = (1, 2, 3)  # seeds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The table of action units, and the clips whose voices are heard beside."""
    parser.add_argument("--table", type=Path, required=True, help="csv of RAVDESS's films as action units")
    parser.add_argument("--config", type=Path, default=BASE_CONFIG, help="names the prepared clips, for the voices")
    parser.add_argument("--features", type=Path, help="the features folder of a training run; without it, no voices")
    parser.add_argument("--people", type=int, default=NUM_PEOPLE, help="that the memory holds")
    parser.add_argument("--steps", type=int, default=BRANCH_STEPS, help="of each fold's emotion branch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="folder for a report")


def run(arguments: argparse.Namespace) -> None:
    """Prints R² of every way to predict, its gain over the shrunk offset, and the same on other splits of actors."""
    table = ActionUnitTable.read(arguments.table)
    memory = people_memory(arguments.seed, arguments.people)
    ways: dict[str, Fit] = {**BASELINES, MEMORY: memory, LABEL_ALONE: closed_form}
    folds = actor_folds(table.actors)
    with_voices = voice_ways(table, folds, arguments) if arguments.features else {}
    ways |= with_voices
    scores = {name: score(table, folds, fit, COUNTS, arguments.seed) for name, fit in ways.items()}
    report = Report(
        "Real faces",
        f"{table.values.shape[0] * table.values.shape[1]} films of {len(table.actors)} actors, "
        f"{len(table.units)} action units; actors are held out in {len(folds)} folds.",
    )
    report.add(r2_table(scores), gain_table(scores, COMPARED))
    if with_voices:
        report.add(gain_table({name: scores[name] for name in [LABEL_ALONE, *with_voices]}, LABEL_ALONE))
    report.add(split_table(table, {COMPARED: ways[COMPARED], MEMORY: memory}, arguments.seed))
    finish_report(report, arguments)


def voice_ways(
    table: ActionUnitTable, folds: Sequence[tuple[str, ...]], arguments: argparse.Namespace
) -> dict[str, Fit]:
    """The voice beside the label and in its place, with the model in closed form."""
    settings, clips = features_of_all_speakers(arguments.config, arguments.features)
    statistics = heard_statistics(clips, table)
    branches = heard_by_branches(clips, table, folds, settings.model.audio_emotion, arguments.steps)
    pooled, told = (lambda _: statistics), told_in_closed_form
    embeddings = by_fold(table, {fold: heard.embeddings for fold, heard in branches.items()})
    manners = by_fold(table, {fold: heard.manners for fold, heard in branches.items()})
    emotions = by_fold(table, {fold: heard.emotions for fold, heard in branches.items()})
    believed = heard_emotions(table, pooled, emotions)
    beside_normal = by_fold(table, {fold: heard.emotions_beside_normal for fold, heard in branches.items()})
    known = heard_emotions(table, pooled, beside_normal)
    return {
        "label and voice, embedding z": beside(label, table, embeddings, told),
        "label and voice, manner part of z": beside(label, table, manners, told),
        "label and voice, pooled statistics": beside(label, table, pooled, told),
        "voice alone, a ridge classifier": voice_alone(classified_cells(table, pooled), told),
        "voice alone, the emotion branch": voice_alone(believed, told),
        "voice alone, the branch and the residual": beside(believed, table, pooled, told),
        "the same, with the normal voice": beside(known, table, pooled, told),
    }


def told_in_closed_form(known: ActionUnitTable, wanted: Wanted) -> Predictor:
    """The closed form, told which cells to show."""
    return conditional_mean(PeopleModel.fit(known), wanted)


def r2_table(scores: Mapping[str, Score]) -> Table:
    """A row for each way to predict, a column for each number of references."""
    rows = [(name, *(f"{value:.3f}" for value in each.r2)) for name, each in scores.items()]
    note = "R² over standardised units, by the number of references; with all, 13 or 14."
    return Table("Explained variance of unseen actors' faces", ("", *map(_count_name, COUNTS)), rows, note)


def gain_table(scores: Mapping[str, Score], compared: str) -> Table:
    """Differences in R² from one of the scores, with their intervals."""
    rows = []
    for name, each in scores.items():
        gains = [r2_gain(each, scores[compared], column) for column in range(len(COUNTS))]
        rows.append((name, *(f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]" for gain in gains)))
    note = "Difference in R² with its 95 % interval in a paired bootstrap over actors."
    return Table(f"Gain over: {compared}", ("", *map(_count_name, COUNTS)), rows, note)


def split_table(table: ActionUnitTable, ways: Mapping[str, Fit], seed: int) -> Table:
    """The same with other actors held out together, with one and four references."""
    rows: list[Sequence[str]] = []
    for split in OTHER_SPLITS:
        folds = actor_folds(table.actors, seed=split)
        of_split = {name: score(table, folds, fit, (1, 4), seed).r2 for name, fit in ways.items()}
        rows += [(f"split {split}", name, *(f"{value:.3f}" for value in r2)) for name, r2 in of_split.items()]
    return Table("Other splits of the actors", ("", "", "1", "4"), rows)


def _count_name(count: int) -> str:
    return "all" if count == ALL else str(count)
