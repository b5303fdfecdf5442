"""PSNR, SSIM and gradients of warped, composed and refined frames of held-out rendered heads."""

import argparse
from pathlib import Path

from ...checkpoint import find_weights
from ...render.refiner.network import REFINER_WEIGHTS, Refiner
from ...training.refiner.pairs import PairMaker
from ..picture.refiner import scores_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The heads that are rendered, and the weights."""
    parser.add_argument("--ict", type=Path, help="ict_facekit_light.npz; else CEMNET_ICT_FACEKIT")
    parser.add_argument("--portraits", type=Path, nargs="*", default=[], help="skins that training did not use")
    parser.add_argument("--weights", type=Path, help=f"default: the released {REFINER_WEIGHTS}")
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1000, help="other than the training's")


def run(arguments: argparse.Namespace) -> None:
    """Prints the means over all frames; a line for each region and version."""
    refiner = Refiner.load(arguments.weights or find_weights(REFINER_WEIGHTS))
    print(scores_table(PairMaker(arguments.ict, arguments.portraits), refiner, arguments.heads, arguments.seed))
