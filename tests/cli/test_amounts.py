"""Every option of the command changes what it names."""

import pytest
import torch

from cemnet.arkit import BLINK, GAZE, NUM_EXPRESSIONS
from cemnet.cli.arguments import build_parser
from cemnet.cli.commands import life
from cemnet.motion.editing import edit_motion
from cemnet.types import Motion


@pytest.mark.parametrize(("option", "part"), [("--blinks", "blinks"), ("--gaze", "gaze"), ("--head-motion", "head")])
def test_an_amount_of_zero_stills_what_the_option_names_and_nothing_else(option, part):
    given = ["render", "--portrait", "face.png", "--motion-csv", "take.csv", "--output", "talk.mp4", option, "0"]
    generator = torch.Generator().manual_seed(0)
    curves = torch.rand(50, NUM_EXPRESSIONS, generator=generator), torch.randn(50, 3, generator=generator)
    edited = edit_motion(Motion(*curves, 25.0), **life(build_parser().parse_args(given)))
    parts = {"blinks": edited.expression[:, BLINK], "gaze": edited.expression[:, GAZE], "head": edited.head}
    still = {name: bool(moved.std(dim=0).max() < 1e-6) for name, moved in parts.items()}
    assert still == {name: name == part for name in parts}
