"""Trains the networks: accelerate launch train/train.py --config FILE.yaml --output DIR [--resume | --start-from FILE].

A config with a `refiner` trains the refiner of the pictures; any other trains AEE, EBM and the motion decoder. The
output folder receives losses.csv, checkpoints to resume from, and refiner.safetensors or emotion_motion.safetensors,
which is what ComfyUI's models/cemnet or `cemnet --models` load.

Several processes learn from several times as many examples a step. On CPUs `torchrun --nproc_per_node N` starts them;
`accelerate launch --cpu` starts one only.
"""

import argparse
import os
from pathlib import Path

from cemnet.errors import CEMNetError
from cemnet.training.launching import refuse_lost_processes
from cemnet.training.registry import load_plan
from cemnet.training.run import run


def parse_arguments() -> argparse.Namespace:
    """The command line; it exits with a message where an argument is missing or unknown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="a yaml file; see train/configs")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints, losses and weights")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in the output folder")
    begin.add_argument("--start-from", type=Path, metavar="FILE", help="weights of another run to learn on from")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="overrides the config: data.crop_seconds=2",
    )
    return parser.parse_args()


def prepare_output(output: Path, resume: bool) -> None:
    """Makes the folder; SystemExit if a new run would overwrite what is in it."""
    output.mkdir(parents=True, exist_ok=True)
    is_first_process = os.environ.get("RANK", "0") == "0"
    if is_first_process and not resume and any(output.iterdir()):
        raise SystemExit(f"{output} is not empty. Give a new folder, or --resume to go on with the run in it.")


def main() -> None:
    """Reads the command line and trains."""
    arguments = parse_arguments()
    try:
        refuse_lost_processes()
        plan = load_plan(arguments.config, arguments.set)
        prepare_output(arguments.output, arguments.resume)
        weights = run(plan, arguments.output, arguments.resume, arguments.cpu, arguments.start_from)
    except CEMNetError as error:
        raise SystemExit(f"Error: {error}") from None
    if weights is not None:
        print(f"The trained weights are in {weights}")


if __name__ == "__main__":
    main()
