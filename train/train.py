"""Trains the networks: accelerate launch train/train.py --config FILE.yaml --output DIR [--resume | --start-from FILE].

A config with a `refiner` trains the refiner of the pictures; any other trains AEE, EBM and the motion decoder. The
output folder receives losses.csv, checkpoints to resume from, and refiner.safetensors or emotion_motion.safetensors,
which is what ComfyUI's models/cemnet or `cemnet --models` load.
"""

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.utils.data import DataLoader
from tqdm import tqdm

from cemnet.training.registry import load_plan
from cemnet.training.run_folder import log_losses, newest_checkpoint
from cemnet.training.task import TaskPlan, build_optimizer, start_from, total_loss

LOG_EVERY = 10  # steps


def parse_arguments() -> argparse.Namespace:
    """The command line; it exits with a message where an argument is missing or unknown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="a yaml file; see train/configs")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints, losses and weights")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in the output folder")
    begin.add_argument("--start-from", type=Path, metavar="FILE", help="weights of another run to learn on from")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    return parser.parse_args()


def endless(loader: DataLoader) -> Iterator[dict[str, torch.Tensor]]:
    """The loader's batches, from the beginning again whenever it is at its end."""
    return itertools.chain.from_iterable(itertools.repeat(loader))


def prepare_output(output: Path, resume: bool) -> None:
    """Makes the folder; SystemExit if a new run would overwrite what is in it."""
    output.mkdir(parents=True, exist_ok=True)
    if not resume and any(output.iterdir()):
        raise SystemExit(f"{output} is not empty. Give a new folder, or --resume to go on with the run in it.")


def train(plan: TaskPlan, output: Path, resume: bool, cpu: bool, first_weights: Path | None) -> None:
    """Runs all steps that are missing, and writes losses, checkpoints and the trained weights into the output."""
    settings = plan.settings
    accelerator = Accelerator(cpu=cpu)
    set_seed(settings.seed)
    task = plan.build(output, accelerator.device)
    if first_weights is not None:
        start_from(task.network, first_weights)
    optimizer, schedule = build_optimizer(task.objective, settings)
    objective, optimizer, schedule, loader = accelerator.prepare(task.objective, optimizer, schedule, task.loader)

    first_step = 1
    checkpoint = newest_checkpoint(output) if resume else None
    if checkpoint is not None:
        accelerator.load_state(str(checkpoint[0]))
        first_step += checkpoint[1]

    objective.train()
    progress = tqdm(range(first_step, settings.num_steps + 1), disable=not accelerator.is_main_process)
    for step, batch in zip(progress, endless(loader), strict=False):
        losses = objective(batch)
        loss = total_loss(losses, settings.loss_weights)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(objective.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if accelerator.is_main_process and step % LOG_EVERY == 0:
            progress.set_postfix(loss=f"{loss.item():.4f}")
            log_losses(output / "losses.csv", step, losses)
        if step % settings.checkpoint_every == 0 and step < settings.num_steps:
            accelerator.save_state(str(output / f"checkpoint-{step}"))
    if accelerator.is_main_process:
        print(f"The trained weights are in {task.release()}")


def main() -> None:
    """Reads the command line and trains."""
    arguments = parse_arguments()
    prepare_output(arguments.output, arguments.resume)
    plan = load_plan(arguments.config)
    train(plan, arguments.output, arguments.resume, arguments.cpu, arguments.start_from)


if __name__ == "__main__":
    main()
