"""Settings of a training run. The yaml files in train/configs override these defaults by name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...config import ModelConfig
from ..config_file import read_config, settings_from

LOSS_WEIGHTS = {
    "emotion": 1.0,
    "contrast": 0.3,
    "strength": 1.0,
    "manner": 0.5,
    "course": 2.0,
    "sounds": 1.0,
    "adversary": 1.0,
    "reconstruction": 10.0,
    "cross_reconstruction": 10.0,
    "closure": 0.5,
    "head": 2.0,
    "captured": 1.0,
    "memory_displacement": 20.0,
    "memory_face": 20.0,
    "memory_manner": 20.0,
}


@dataclass(frozen=True)
class DataSettings:
    """Which clips a run learns from."""

    clips: tuple[str, ...] = ()  # folders of prepared clips, see train/prepare.py
    generated_clips: int = 0  # made on the spot, for trials without data
    action_units: str = ""  # a table of filmed faces, see captured_people; without it people are the literature's alone
    captured: tuple[str, ...] = ()  # folders of prepared clips whose mouth was captured, such as facegood's
    captured_test_takes: tuple[str, ...] = ()  # of them left out, as source/name: facegood/1114_2_04
    filmed_share: float = 0.5  # of examples, where clips have curves of filmed faces; the others are acted
    voice_augmentations: int = 2  # degraded copies of each emotional clip, beside the clean one
    validation_speakers: tuple[str, ...] = ()  # left out, as source/speaker: ravdess/17
    crop_seconds: float = 3.2


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a run that trains AEE, EBM and the motion decoder."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataSettings = field(default_factory=DataSettings)
    loss_weights: dict[str, float] = field(default_factory=lambda: dict(LOSS_WEIGHTS))
    num_steps: int = 4000
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    warmup_steps: int = 100
    heard_share: float = 0.5
    adversary: float = 1.0  # how strongly content is trained against the reader of its emotion; 0: not at all
    temperature_folds: int = 2  # of training speakers, on whom the temperature is chosen; 0 keeps the model's
    gradient_accumulation_steps: int = 1  # batches for each step, where a larger batch does not fit
    checkpoint_every: int = 500
    keep_checkpoints: int = 3  # the newest ones; older ones are removed, and 0 keeps all
    num_workers: int = 0
    seed: int = 0

    @classmethod
    def load(cls, path: Path, overrides: Sequence[str] = ()) -> "TrainingSettings":
        """Reads a yaml file, see `config_file.read_config`; CEMNetError for a setting that cannot be."""
        return settings_from(cls, read_config(path, overrides), str(path))
