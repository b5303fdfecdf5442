"""The training loop that all tasks share: on any number of processes, resumable, and stopped by what is no number."""

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs, set_seed
from torch import Tensor
from tqdm import tqdm

from ..errors import CEMNetError
from .run_folder import checkpoints, clear, finish_checkpoint, forget_losses, log_losses, unfinished_checkpoint
from .task import Task, TaskPlan, build_optimizer, start_from, total_loss

LOG_EVERY = 10  # steps
MOST_NAMED = 12  # clips in a message
PATIENCE = timedelta(hours=6)  # with which other processes wait for the one that prepares the data


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
    somewhere = accelerator.reduce(torch.tensor(float(bool(wrong)), device=accelerator.device), "sum")
    if not float(somewhere):
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
