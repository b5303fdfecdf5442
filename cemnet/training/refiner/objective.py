"""Training of the refiner: settings, stored pairs as batches, their augmentation, and the losses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from kornia.enhance import adjust_gamma
from kornia.morphology import dilation
from torch import Tensor, nn
from torch.utils.data import Dataset

from ...arkit import MIRRORED_EXPRESSION
from ...render.refiner.network import Refiner, RefinerConfig
from ..config_file import read_config, settings_from
from ..task import RunSettings
from .pairs import RefinerPairs

REFINER_LOSS_WEIGHTS = {"colour": 1.0, "gradient": 1.0}
DATA = (
    "Frames of rendered USC ICT-FaceKit heads (MIT), some with the skin of generated portraits and of paintings in the "
    "public domain; mouths, creases and light are rendered."
)
# Creases weigh most: thin lines are few pixels of a face and much of its expression.
MOUTH_WEIGHT, EYE_WEIGHT, CREASE_WEIGHT = 3.0, 1.5, 8.0  # added to 1, the weight of the rest of the face
FULLY_CREASED = 0.25  # change of the creases' relief from which on CREASE_WEIGHT counts fully
MIRRORED_LAYOUT = (3, 5)  # layout channels that hold a sideways coordinate
GRADIENT_SCALES = (1, 2, 4)  # pixels of the crop that are averaged before differences are taken


@dataclass(frozen=True)
class RefinerSettings(RunSettings):
    """What a run that trains the refiner can be told; the defaults made the released weights."""

    refiner: RefinerConfig = field(default_factory=RefinerConfig)
    ict: Path | None = None  # ict_facekit_light.npz; else CEMNET_ICT_FACEKIT
    portraits: tuple[Path, ...] = ()  # whose skin heads wear
    pairs: Path | None = None  # a folder to keep pairs in; else one beside the checkpoints
    num_heads: int = 800
    validation_pairs: int = 0  # the last ones, which are not learned from; see validate_every
    loss_weights: dict[str, float] = field(default_factory=lambda: dict(REFINER_LOSS_WEIGHTS))
    num_steps: int = 12000
    batch_size: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 300
    checkpoint_every: int = 1000

    @classmethod
    def load(cls, path: Path, overrides: Sequence[str] = ()) -> "RefinerSettings":
        """Reads a yaml file, see `config_file.read_config`; CEMNetError for a setting that cannot be."""
        settings = settings_from(cls, read_config(path, overrides), str(path))
        settings.check_validation(str(path), bool(settings.validation_pairs), "validation_pairs")
        return settings


class PairDataset(Dataset):
    """Pairs as they are stored, one frame an item; `PairBatch.of` makes network inputs of whole batches."""

    def __init__(self, parts: Sequence[RefinerPairs]):
        self.parts = parts
        self.places = [(part, index) for part in parts for index in range(len(part))]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        part, row = self.places[index]
        stored = {name: torch.from_numpy(values[row]) for name, values in vars(part).items()}
        return {**stored, "number": torch.tensor(index)}


@dataclass(frozen=True)
class PairBatch:
    """A batch of pairs as the network takes it: floats, channels first, colours 0 to 1."""

    composed: Float[Tensor, "batch 3 height width"]
    target: Float[Tensor, "batch 3 height width"]
    folds: Float[Tensor, "batch 1 height width"]
    openings: Float[Tensor, "batch 1 height width"]
    share: Float[Tensor, "batch 1 height width"]
    layout: Float[Tensor, "batch layout row column"]
    expressions: Float[Tensor, "batch two_expressions"]

    @classmethod
    def of(cls, stored: dict[str, Tensor]) -> "PairBatch":
        """From a batch of `PairDataset`: channels last, colours and masks in 8 bits."""
        colours = {name: stored[name].permute(0, 3, 1, 2).float() / 255 for name in ("composed", "target")}
        masks = {name: stored[name].unsqueeze(1).float() / 255 for name in ("openings", "share")}
        layout, folds = stored["layout"].permute(0, 3, 1, 2).float(), stored["folds"].unsqueeze(1).float()
        return cls(**colours, **masks, folds=folds, layout=layout, expressions=stored["expressions"].float())

    def mirrored(self) -> "PairBatch":
        """The mirror image of every frame, with layout and expression to match."""
        pictures = ("composed", "target", "folds", "openings", "share", "layout")
        flipped = {name: getattr(self, name).flip(-1) for name in pictures}
        flipped["layout"][:, MIRRORED_LAYOUT] *= -1
        order = torch.from_numpy(MIRRORED_EXPRESSION)
        halves = [half[:, order] for half in self.expressions.chunk(2, dim=1)]
        return PairBatch(**flipped, expressions=torch.cat(halves, dim=1))

    def recoloured(self) -> "PairBatch":
        """Random exposure, tint, contrast, saturation (0 for 15 %) and grain, the same for a frame and its target."""
        count, device = len(self.composed), self.composed.device

        def between(low: float, high: float, channels: int = 1) -> Tensor:
            return low + (high - low) * torch.rand(count, channels, 1, 1, device=device)

        gamma, gain, tint = between(0.7, 1.4), between(0.7, 1.15), between(0.88, 1.1, 3)
        colour = torch.where(between(0, 1) < 0.15, 0.0, between(0.4, 1.2))
        grain = between(-0.02, 0.03).clamp_min(0) * torch.randn_like(self.composed[:, :1])

        def changed(picture: Tensor) -> Tensor:
            picture = adjust_gamma(picture.clamp(0, 1), gamma, gain * tint)
            grey = picture.mean(dim=1, keepdim=True)
            return grey + colour * (picture - grey)

        layout = torch.cat([changed(self.layout[:, :3]), self.layout[:, 3:]], dim=1)
        composed, target = changed(self.composed) + grain, changed(self.target) + grain
        return PairBatch(composed, target, self.folds, self.openings, self.share, layout, self.expressions)

    def refined(self, refiner: nn.Module) -> Float[Tensor, "batch 3 height width"]:
        """The composed frames with the refiner's change, as far as it is shown."""
        details = torch.cat([self.composed, self.folds, self.openings], dim=1)
        return self.composed + self.share * refiner(details, self.layout, self.expressions).float()


class RefinerObjective(nn.Module):
    """The losses of a batch of stored pairs, by the names of REFINER_LOSS_WEIGHTS."""

    def __init__(self, refiner: Refiner):
        super().__init__()
        self.refiner = refiner

    def forward(self, stored: dict[str, Tensor]) -> dict[str, Tensor]:
        """Losses without weights. Every batch is recoloured at random, and half of the batches are mirrored."""
        batch = PairBatch.of(stored).recoloured()
        if torch.rand(()) < 0.5:
            batch = batch.mirrored()
        with torch.autocast(batch.composed.device.type, torch.bfloat16):
            refined = batch.refined(self.refiner)
        importance = pixel_importance(batch)
        return {
            "colour": (importance * (refined - batch.target).abs()).mean(),
            "gradient": gradient_loss(refined, batch.target, importance),
        }


def pixel_importance(batch: PairBatch) -> Float[Tensor, "batch 1 height width"]:
    """The weight of each pixel in the losses: more for mouth, eyes and creases, 0 where no change is shown."""
    mouth, eyes = (batch.openings > 0.75).float(), ((batch.openings > 0.2) & (batch.openings < 0.75)).float()
    around = [widened(mask) for mask in (mouth, eyes)]
    creased = (batch.folds.abs() / FULLY_CREASED).clamp(max=1)
    return (1 + MOUTH_WEIGHT * around[0] + EYE_WEIGHT * around[1] + CREASE_WEIGHT * creased) * (batch.share > 0)


def widened(mask: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """The mask, four pixels wider on every side."""
    return dilation(mask, mask.new_ones(9, 9))


def gradient_loss(
    picture: Float[Tensor, "batch 3 height width"],
    target: Float[Tensor, "batch 3 height width"],
    importance: Float[Tensor, "batch 1 height width"],
) -> Float[Tensor, ""]:
    """Weighted mean absolute error of horizontal and vertical differences, the mean over GRADIENT_SCALES."""
    error = picture - target
    losses = []
    for scale in GRADIENT_SCALES:
        coarse, weight = F.avg_pool2d(error, scale), F.avg_pool2d(importance, scale)
        across, down = coarse.diff(dim=3).abs() * weight[..., 1:], coarse.diff(dim=2).abs() * weight[:, :, 1:]
        losses.append(across.mean() + down.mean())
    return torch.stack(losses).mean()
