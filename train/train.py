"""Trains the networks: accelerate launch train/train.py --config FILE.yaml --output DIR [--resume | --start-from FILE].

A config with a `refiner` trains the refiner of the pictures; any other trains AEE, EBM and the motion decoder. The
output folder receives losses.csv, checkpoints to resume from, and refiner.safetensors or emotion_motion.safetensors,
which is what ComfyUI's models/cemnet or `cemnet --models` load.
"""

import argparse
import csv
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.utils.data import DataLoader
from tqdm import tqdm

from cemnet.checkpoint import load_checkpoint, save_checkpoint
from cemnet.config import ModelConfig
from cemnet.errors import CEMNetError
from cemnet.network import NETWORK_WEIGHTS, EmotionNetwork
from cemnet.render.refiner.network import REFINER_WEIGHTS, Refiner
from cemnet.training.networks.cross_pairs import CrossPairs, first_memories
from cemnet.training.networks.feature_clips import FeatureClips, load_feature_clips
from cemnet.training.networks.objective import Objective, total_loss
from cemnet.training.networks.settings import TrainingSettings
from cemnet.training.networks.temperature import choose_temperature
from cemnet.training.networks.voice_statistics import VoiceTable
from cemnet.training.refiner.objective import DATA as REFINER_DATA
from cemnet.training.refiner.objective import PairDataset, RefinerObjective, RefinerSettings, load_settings
from cemnet.training.refiner.pairs import prepared_pairs


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="a yaml file; see train/configs")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoints, losses and weights")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in the output folder")
    begin.add_argument("--start-from", type=Path, metavar="FILE", help="weights of another run to learn on from")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    return parser.parse_args()


def newest_checkpoint(output: Path) -> Path | None:
    found = {int(re.sub(r"\D", "", folder.name)): folder for folder in output.glob("checkpoint-*")}
    return found[max(found)] if found else None


def endless(loader: DataLoader) -> Iterator[dict[str, torch.Tensor]]:
    return itertools.chain.from_iterable(itertools.repeat(loader))


def prepare_output(output: Path, resume: bool) -> None:
    """A finished run is never overwritten by a new one."""
    output.mkdir(parents=True, exist_ok=True)
    if not resume and any(output.iterdir()):
        raise SystemExit(f"{output} is not empty. Give a new folder, or --resume to go on with the run in it.")


def calibrated(settings: TrainingSettings, clips: FeatureClips, voices: VoiceTable) -> ModelConfig:
    """The settings' model with the temperature that suits training speakers who are left out for a try."""
    if not settings.temperature_folds:
        return settings.model
    config, num_steps = settings.model.audio_emotion, settings.num_steps  # as many: longer training is surer of itself
    temperature = choose_temperature(clips.clips, voices, config, settings.temperature_folds, num_steps, settings.seed)
    return replace(settings.model, audio_emotion=replace(config, temperature=temperature))


def build_network(settings: TrainingSettings, clips: FeatureClips, voices: VoiceTable) -> EmotionNetwork:
    network = EmotionNetwork(calibrated(settings, clips, voices))
    network.audio_emotion.standardised(*voices.scale)
    network.audio_emotion.style_heard.copy_(clips.heard_styles())
    with torch.no_grad():
        network.emotion_memory.values.copy_(first_memories(settings.model.emotion_memory.num_slots, settings.seed))
    return network


def log_losses(path: Path, step: int, losses: dict[str, torch.Tensor]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["step", *losses])
        writer.writerow([step, *(f"{value.item():.5f}" for value in losses.values())])


def release(output: Path, network: EmotionNetwork, clips: FeatureClips) -> Path:
    """The trained network as fp16, with config, data and licence inside."""
    tensors = {name: tensor.half() for name, tensor in network.state_dict().items()}
    save_checkpoint(output / NETWORK_WEIGHTS, tensors, network.config.to_dict(), clips.description, clips.license)
    return output / NETWORK_WEIGHTS


@dataclass(frozen=True)
class Task:
    """Something to train: what gives losses by name, what feeds it, and how its weights are released."""

    network: torch.nn.Module
    objective: torch.nn.Module
    loader: DataLoader
    release: Callable[[], Path]


def emotion_task(settings: TrainingSettings, output: Path, device: torch.device) -> Task:
    clips = load_feature_clips(settings.data, output / "features", device, settings.seed)
    voices = VoiceTable.of(clips.clips, settings.seed)
    loader = DataLoader(
        CrossPairs(clips, voices, settings.data.crop_seconds, settings.batch_size * settings.checkpoint_every),
        settings.batch_size,
        num_workers=settings.num_workers,
    )
    network = build_network(settings, clips, voices)
    return Task(network, Objective(network, settings.heard_share), loader, lambda: release(output, network, clips))


def refiner_task(settings: RefinerSettings, output: Path) -> Task:
    folder = settings.pairs or output / "pairs"
    parts = prepared_pairs(folder, settings.num_heads, settings.seed, settings.ict, settings.portraits)
    loader = DataLoader(PairDataset(parts), settings.batch_size, shuffle=True, drop_last=True)
    refiner = Refiner(settings.refiner).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def release_refiner() -> Path:
        tensors = {name: tensor.half() for name, tensor in refiner.state_dict().items()}
        save_checkpoint(output / REFINER_WEIGHTS, tensors, refiner.to_dict(), REFINER_DATA, "Apache-2.0")
        return output / REFINER_WEIGHTS

    return Task(refiner, RefinerObjective(refiner), loader, release_refiner)


def start_from(network: torch.nn.Module, path: Path) -> None:
    """Gives the network the weights of another run; CEMNetError where it was built otherwise."""
    tensors, _ = load_checkpoint(path)
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except RuntimeError as error:
        raise CEMNetError(
            f"{path} holds a network of another kind or size than the config asks for: {error}"
        ) from error


def train(
    settings: TrainingSettings | RefinerSettings, output: Path, resume: bool, cpu: bool, first: Path | None = None
) -> None:
    accelerator = Accelerator(cpu=cpu)
    set_seed(settings.seed)
    if isinstance(settings, RefinerSettings):
        task = refiner_task(settings, output)
    else:
        task = emotion_task(settings, output, accelerator.device)
    if first is not None:
        start_from(task.network, first)
    objective, loader = task.objective, task.loader
    optimizer = torch.optim.AdamW(objective.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        settings.learning_rate,
        settings.num_steps,
        pct_start=min(0.3, settings.warmup_steps / settings.num_steps),
    )
    objective, optimizer, schedule, loader = accelerator.prepare(objective, optimizer, schedule, loader)

    first_step = 0
    checkpoint = newest_checkpoint(output) if resume else None
    if checkpoint is not None:
        accelerator.load_state(str(checkpoint))
        first_step = int(re.sub(r"\D", "", checkpoint.name))

    objective.train()
    progress = tqdm(range(first_step + 1, settings.num_steps + 1), disable=not accelerator.is_main_process)
    for step, batch in zip(progress, endless(loader), strict=False):
        losses = objective(batch)
        loss = total_loss(losses, settings.loss_weights)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(objective.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if accelerator.is_main_process and step % 10 == 0:
            progress.set_postfix(loss=f"{loss.item():.4f}")
            log_losses(output / "losses.csv", step, losses)
        if step % settings.checkpoint_every == 0 and step < settings.num_steps:
            accelerator.save_state(str(output / f"checkpoint-{step}"))
    if accelerator.is_main_process:
        print(f"The trained weights are in {task.release()}")


def main() -> None:
    arguments = parse_arguments()
    prepare_output(arguments.output, arguments.resume)
    settings = load_settings(arguments.config)
    train(settings, arguments.output, arguments.resume, arguments.cpu, arguments.start_from)


if __name__ == "__main__":
    main()
