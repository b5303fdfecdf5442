"""Trains the networks: accelerate launch train/train.py --config FILE.yaml --output DIR [--resume | --start-from FILE].

A config with a `refiner` trains the refiner of the pictures; any other trains AEE, EBM and the motion decoder. The
output folder receives losses.csv, checkpoints to resume from, and refiner.safetensors or emotion_motion.safetensors,
which is what ComfyUI's models/cemnet or `cemnet --models` load.

Several processes learn from several times as many examples a step. On CPUs `torchrun --nproc_per_node N` starts them;
`accelerate launch --cpu` starts one only.
"""

import argparse
import math
import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs, set_seed
from torch import Tensor
from tqdm import tqdm

from cemnet.errors import CEMNetError
from cemnet.training.launching import refuse_lost_processes
from cemnet.training.registry import load_plan
from cemnet.training.run_folder import (
    checkpoints,
    clear,
    finish_checkpoint,
    forget_losses,
    log_losses,
    unfinished_checkpoint,
)
from cemnet.training.task import Task, TaskPlan, build_optimizer, start_from, total_loss

LOG_EVERY = 10  # steps
MOST_NAMED = 12  # clips in a message
PATIENCE = timedelta(hours=6)  # with which other processes wait for the one that prepares the data


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


def run(plan: TaskPlan, output: Path, resume: bool, cpu: bool, first_weights: Path | None) -> Path | None:
    """Runs all steps that are missing, and writes losses, checkpoints and the trained weights into the output folder.

    Returns the path of the weights in the main process, None in others. Each process learns from other examples; a step
    of N processes learns from as many as one process with N times the batch. CEMNetError, with the clips of the batch,
    where a loss or a gradient is no number; nothing is saved then.
    """
    settings = plan.settings
    accelerator = Accelerator(
        cpu=cpu,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        step_scheduler_with_optimizer=False,
        kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
    )
    set_seed(settings.seed)
    with accelerator.main_process_first():  # the others find its caches
        task = plan.build(output, accelerator.device)
    if first_weights is not None:
        start_from(task.network, first_weights)
    optimizer, schedule = build_optimizer(task.objective, settings)
    objective, optimizer, schedule, loader = accelerator.prepare(task.objective, optimizer, schedule, task.loader)
    set_seed(settings.seed, device_specific=True)  # dropout differs among processes
    done = _resumed(accelerator, output) if resume else 0
    if accelerator.is_main_process:
        forget_losses(output / "losses.csv", done)

    per_step = settings.gradient_accumulation_steps
    batches: Iterator[Mapping[str, Tensor]] = iter(accelerator.skip_first_batches(loader, done * per_step))
    objective.train()
    progress = tqdm(range(done + 1, settings.num_steps + 1), disable=not accelerator.is_main_process)
    for step in progress:
        losses, loss = {}, torch.zeros(())
        for _ in range(per_step):
            batch = next(batches)
            with accelerator.accumulate(objective):
                losses = _losses(objective, task, step, batch, output)
                loss = total_loss(losses, settings.loss_weights)
                _stop_unless_finite(accelerator, task, step, batch, {**losses, "loss": loss}, output)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    size = accelerator.clip_grad_norm_(objective.parameters(), 1.0)
                    if accelerator.mixed_precision != "fp16" and size is not None:  # fp16 skips such steps itself
                        _stop_unless_finite(accelerator, task, step, batch, {"gradient": size}, output)
                optimizer.step()
                optimizer.zero_grad()
        schedule.step()
        if step % LOG_EVERY == 0:
            shown = accelerator.reduce({name: value.detach() for name, value in losses.items()}, "mean")
            if accelerator.is_main_process:
                progress.set_postfix(loss=f"{loss.item():.4f}")
                log_losses(output / "losses.csv", step, shown)
        if step % settings.checkpoint_every == 0 and step < settings.num_steps:
            _save(accelerator, output, step, settings.keep_checkpoints)
    return task.release() if accelerator.is_main_process else None


def _save(accelerator: Accelerator, output: Path, step: int, keep: int) -> None:
    """Writes a checkpoint under another name first, so that one that was cut off is never taken for a whole one."""
    path = unfinished_checkpoint(output, step)
    if accelerator.is_main_process:
        clear(path)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(path))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        finish_checkpoint(path, keep)
    accelerator.wait_for_everyone()


def _resumed(accelerator: Accelerator, output: Path) -> int:
    """Loads the newest checkpoint that can be read; returns its step, 0 where there is none."""
    for folder, step in checkpoints(output):
        try:
            accelerator.load_state(str(folder))
        except Exception as error:  # what a damaged file raises depends on where it is damaged
            accelerator.print(f"{folder} cannot be read ({error}); the one before it is tried.")
            continue
        return step
    return 0


def _stop_unless_finite(
    accelerator: Accelerator,
    task: Task,
    step: int,
    batch: Mapping[str, Tensor],
    values: Mapping[str, Tensor],
    output: Path,
) -> None:
    """CEMNetError in every process if a value is no number in one of them."""
    wrong = [name for name, value in values.items() if not math.isfinite(float(value.detach()))]
    flag = torch.tensor(float(bool(wrong)), device=accelerator.device)
    if not torch.as_tensor(accelerator.reduce(flag, "sum")).item():
        return
    if not wrong:
        raise CEMNetError(f"Step {step}: another process met a loss that is not a number.")
    raise CEMNetError(f"Step {step}: not a number: {', '.join(wrong)}. {_what_to_do(task, batch, output)}")


def _losses(
    objective: torch.nn.Module, task: Task, step: int, batch: Mapping[str, Tensor], output: Path
) -> dict[str, Tensor]:
    """The losses of a batch; CEMNetError with its clips where they cannot be calculated."""
    try:
        return objective(batch)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:  # some losses refuse what is no number
        raise CEMNetError(f"Step {step}: {error}. {_what_to_do(task, batch, output)}") from error


def _what_to_do(task: Task, batch: Mapping[str, Tensor], output: Path) -> str:
    names = task.sources(batch)
    listed = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    kept = checkpoints(output)
    saved = f"The newest checkpoint is that of step {kept[0][1]}." if kept else "There is no checkpoint."
    return (
        f"Nothing of this step was saved. {saved} The batch was made of {listed}. Look for damaged clips among them, "
        "or lower learning_rate."
    )


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
