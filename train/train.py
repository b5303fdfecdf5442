"""Trains the networks: accelerate launch train/train.py --config FILE.yaml --output DIR [--resume | --start-from FILE].

A config with a `refiner` trains the refiner of the pictures; any other trains AEE, EBM and the motion decoder. The
output folder receives losses.csv, validation.csv, losses.png, checkpoints to resume from, and refiner.safetensors or
emotion_motion.safetensors, which is what ComfyUI's models/cemnet or `cemnet --models` load.

Several processes learn from several times as many examples a step. On CPUs `torchrun --nproc_per_node N` starts them;
`accelerate launch --cpu` starts one only. train/configs/accelerate has files for `accelerate launch --config_file`.
"""

import argparse
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.tracking import get_available_trackers
from accelerate.utils import InitProcessGroupKwargs, LoggerType, set_seed
from torch import Tensor, nn
from tqdm import tqdm

from cemnet.errors import CEMNetError
from cemnet.training.launching import refuse_lost_processes
from cemnet.training.loss_plots import draw_losses
from cemnet.training.registry import load_plan
from cemnet.training.run_folder import (
    BEST,
    LOSSES,
    VALIDATION,
    checkpoints,
    clear,
    finish_checkpoint,
    forget_losses,
    log_losses,
    refuse_used_folder,
    unfinished_checkpoint,
    what_to_do,
)
from cemnet.training.run_state import RunState, holding
from cemnet.training.task import RunSettings, Task, TaskPlan, build_optimizer, start_from, total_loss
from cemnet.training.validation import validation_losses

LOG_EVERY = 10  # steps
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


def launch_accelerator(settings: RunSettings, output: Path, cpu: bool) -> Accelerator:
    """What spreads a run over processes; CEMNetError for a tracker that is unknown or not installed."""
    known, available = LoggerType.list(), [str(each) for each in get_available_trackers()]
    for tracker in settings.trackers:
        if tracker not in known or tracker == LoggerType.ALL:
            raise CEMNetError(f"trackers: there is no {tracker!r}. There are: {', '.join(map(str, known[1:]))}.")
        if tracker not in available:
            raise CEMNetError(f"trackers: {tracker} is not installed. Install it: pip install {tracker}.")
    return Accelerator(
        cpu=cpu,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        step_scheduler_with_optimizer=False,
        log_with=list(settings.trackers) or None,
        project_dir=output,
        kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
    )


@dataclass
class Run:
    """A task in training: spread over processes, with what is kept of it."""

    accelerator: Accelerator
    settings: RunSettings
    task: Task
    output: Path
    objective: nn.Module
    optimizer: Any
    schedule: Any
    loader: Any
    state: RunState

    @classmethod
    def begin(cls, plan: TaskPlan, output: Path, cpu: bool, first_weights: Path | None) -> "Run":
        """Builds the task. The first process prepares the data, and the others find its caches."""
        settings = plan.settings
        accelerator = launch_accelerator(settings, output, cpu)
        set_seed(settings.seed)
        with accelerator.main_process_first():
            output.mkdir(parents=True, exist_ok=True)
            task = plan.build(output, accelerator.device)
        if first_weights is not None:
            start_from(task.network, first_weights)
        optimizer, schedule = build_optimizer(task.objective, settings)
        objective, optimizer, schedule, loader = accelerator.prepare(task.objective, optimizer, schedule, task.loader)
        state = RunState(task.network, settings.ema_decay)
        accelerator.register_for_checkpointing(state)
        accelerator.init_trackers("cemnet")
        set_seed(settings.seed, device_specific=True)  # dropout differs among processes
        return cls(accelerator, settings, task, output, objective, optimizer, schedule, loader, state)

    def train(self, done: int) -> None:
        """All steps after those that are done, or as many as the validations ask for."""
        settings, main = self.settings, self.accelerator.is_main_process
        per_step = settings.gradient_accumulation_steps
        batches: Iterator[Mapping[str, Tensor]] = iter(
            self.accelerator.skip_first_batches(self.loader, done * per_step)
        )
        self.objective.train()
        progress = tqdm(range(done + 1, settings.num_steps + 1), disable=not main)
        for step in progress:
            if settings.patience and self.state.validations_since_best >= settings.patience:
                self.accelerator.print(f"The validation's loss has not fallen since step {self.state.best_step}.")
                break
            losses, loss = self.step(step, batches)
            if step % LOG_EVERY == 0:
                progress.set_postfix(loss=f"{loss.item():.4f}")
                self.log(LOSSES, "train", step, self.reduced(losses, "mean"))
            is_last = step == settings.num_steps
            if settings.validate_every and (step % settings.validate_every == 0 or is_last):
                self.validate(step)
            if step % settings.checkpoint_every == 0 and not is_last:
                self.save(step)

    def step(self, step: int, batches: Iterator[Mapping[str, Tensor]]) -> tuple[dict[str, Tensor], Tensor]:
        """One step of the optimizer; returns the losses of its last batch, and their weighted sum.

        CEMNetError, with the clips of the batch, where a loss or a gradient is no number.
        """
        losses, loss = {}, torch.zeros(())
        for _ in range(self.settings.gradient_accumulation_steps):
            batch = next(batches)
            with self.accelerator.accumulate(self.objective):
                losses = self.losses(step, batch)
                loss = total_loss(losses, self.settings.loss_weights)
                self.stop_unless_finite(step, batch, {**losses, "loss": loss})
                self.accelerator.backward(loss)
                if self.accelerator.sync_gradients:
                    size = self.accelerator.clip_grad_norm_(self.objective.parameters(), 1.0)
                    if self.accelerator.mixed_precision != "fp16" and size is not None:  # fp16 skips such steps itself
                        self.stop_unless_finite(step, batch, {"gradient": size})
                self.optimizer.step()
                self.optimizer.zero_grad()
        self.schedule.step()
        self.state.update()
        return losses, loss

    def losses(self, step: int, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The losses of a batch; CEMNetError with its clips where they cannot be calculated."""
        try:
            return self.objective(batch)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # some losses refuse what is no number
            raise CEMNetError(f"Step {step}: {error}. {what_to_do(self.task.sources(batch), self.output)}") from error

    def stop_unless_finite(self, step: int, batch: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
        """CEMNetError in every process if a value is no number in one of them."""
        wrong = [name for name, value in values.items() if not math.isfinite(float(value.detach()))]
        flag = torch.tensor(float(bool(wrong)), device=self.accelerator.device)
        if not self.reduced({"wrong": flag}, "sum")["wrong"].item():
            return
        if not wrong:
            raise CEMNetError(f"Step {step}: another process met a loss that is not a number.")
        advice = what_to_do(self.task.sources(batch), self.output)
        raise CEMNetError(f"Step {step}: not a number: {', '.join(wrong)}. {advice}")

    def validate(self, step: int) -> None:
        """The losses of the weights that would be released, on what is not learned from; the best weights are kept."""
        assert self.task.validation is not None
        accelerator, network = self.accelerator, self.task.network
        with holding(network, self.state.weights()):
            measured = validation_losses(
                self.task.validation,
                accelerator.device,
                lambda: accelerator.autocast(),
                accelerator.process_index,
                accelerator.num_processes,
            )
            losses = {name: values.mean() for name, values in self.reduced(measured, "sum").items()}
        loss = total_loss(losses, self.settings.loss_weights)
        if not math.isfinite(float(loss)):
            raise CEMNetError(f"Step {step}: the validation's loss is not a number. Lower learning_rate.")
        if self.state.judge(step, float(loss)) and accelerator.is_main_process:
            with holding(network, self.state.best_weights):
                (self.output / BEST).mkdir(exist_ok=True)
                self.task.release(self.output / BEST)
        self.log(VALIDATION, "validation", step, {"loss": loss, **losses})

    def log(self, name: str, group: str, step: int, values: Mapping[str, Tensor]) -> None:
        """A row in a csv file of the output folder, and in the trackers."""
        if self.accelerator.is_main_process:
            log_losses(self.output / name, step, values)
        self.accelerator.log({f"{group}/{each}": float(value) for each, value in values.items()}, step)

    def reduced(self, values: Mapping[str, Tensor], how: str) -> dict[str, Tensor]:
        """Sum or mean over the processes."""
        reduced: Any = self.accelerator.reduce({name: value.detach() for name, value in values.items()}, how)
        return reduced

    def save(self, step: int) -> None:
        """Writes a checkpoint under another name first, so that one that was cut off is never taken for a whole one."""
        path = unfinished_checkpoint(self.output, step)
        if self.accelerator.is_main_process:
            clear(path)
        self.accelerator.wait_for_everyone()
        self.accelerator.save_state(str(path))
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            finish_checkpoint(path, self.settings.keep_checkpoints)
        self.accelerator.wait_for_everyone()

    def resume(self) -> int:
        """Loads the newest checkpoint that can be read; returns its step, 0 where there is none."""
        for folder, step in checkpoints(self.output):
            try:
                self.accelerator.load_state(str(folder))
            except Exception as error:  # what a damaged file raises depends on where it is damaged
                self.accelerator.print(f"{folder} cannot be read ({error}); the one before it is tried.")
                continue
            return step
        return 0

    def release(self) -> Path:
        """Writes the weights that the settings ask for, and the picture of the losses; returns the former."""
        best = self.settings.release == "best"
        with holding(self.task.network, self.state.best_weights if best else self.state.weights()):
            path = self.task.release(self.output)
        draw_losses(self.output)
        return path


def run(plan: TaskPlan, output: Path, resume: bool, cpu: bool, first_weights: Path | None) -> Path | None:
    """Runs all steps that are missing, and writes losses, checkpoints and the trained weights into the output folder.

    Returns the path of the weights in the main process, None in others. Each process learns from other examples; a step
    of N processes learns from as many as one process with N times the batch. CEMNetError, with the clips of the batch,
    where a loss or a gradient is no number; nothing is saved then.
    """
    running = Run.begin(plan, output, cpu, first_weights)
    done = running.resume() if resume else 0
    if running.accelerator.is_main_process:
        forget_losses(output / LOSSES, done)
        forget_losses(output / VALIDATION, done)
    running.train(done)
    running.accelerator.end_training()
    return running.release() if running.accelerator.is_main_process else None


def main() -> None:
    """Reads the command line and trains."""
    arguments = parse_arguments()
    try:
        refuse_lost_processes()
        plan = load_plan(arguments.config, arguments.set)
        if not arguments.resume and os.environ.get("RANK", "0") == "0":
            refuse_used_folder(arguments.output)
        weights = run(plan, arguments.output, arguments.resume, arguments.cpu, arguments.start_from)
    except CEMNetError as error:
        raise SystemExit(f"Error: {error}") from None
    if weights is not None:
        print(f"The trained weights are in {weights}")


if __name__ == "__main__":
    main()
