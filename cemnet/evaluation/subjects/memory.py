"""People in use, who is remembered for which emotions, and the errors on unseen people."""

import argparse
from dataclasses import replace
from pathlib import Path

from ...checkpoint import find_weights
from ...network import NETWORK_WEIGHTS, EmotionNetwork
from ...training.networks.cross_pairs import PersonSource
from ...training.performer.captured_people import ActionUnitTable
from ...training.performer.emotion_prototypes import Person
from ...training.performer.filmed_persons import FilmedPersons
from ..inputs import describe_weights
from ..memory import People, address_map, error_tables, usage_table, worst_table
from ..report.report import Picture, Report
from .shared import add_network_argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The weights, and the people who are drawn to test them."""
    add_network_argument(parser)
    parser.add_argument("--people", type=int, default=200, help="drawn anew")
    parser.add_argument("--table", type=Path, help="csv of filmed action units: people like these")
    parser.add_argument("--seed", type=int, default=1_000_003)
    parser.add_argument("--output", type=Path, required=True, help="folder for memory.html and address_map.png")


def filmed_persons(table: Path) -> PersonSource:
    """Draws persons like the filmed ones alone."""
    return replace(FilmedPersons.fit(ActionUnitTable.read(table)), literature_share=0.0).draw


def run(arguments: argparse.Namespace) -> None:
    """Writes the report and the address map into the output folder, and prints the tables."""
    network = EmotionNetwork.load(arguments.weights or find_weights(NETWORK_WEIGHTS))
    draw = Person.sample if arguments.table is None else filmed_persons(arguments.table)
    people = People.sample(arguments.people, arguments.seed, draw)
    picture = address_map(network.emotion_memory, people)
    report = Report("Emotion bridging memory", describe_weights(arguments.weights))
    report.add(
        usage_table(network.emotion_memory, people),
        *error_tables(network.emotion_memory, people, arguments.seed, draw),
        worst_table(network.emotion_memory, people),
        Picture("Address map", picture),
    )
    report.save(arguments.output, "memory")
    picture.save(arguments.output / "address_map.png")
    print(report.text())
