"""Measures whose networks a user brings, as TorchScript files: LPIPS, FID, and the confidence of SyncNet.

Such networks are not part of this project, mostly for their licences. `torch.jit.save`, or `torch.export.save` with a
free batch, writes one as a file that needs no code of its own. docs/benchmark.md says what each is given and has to
return.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy.linalg import sqrtm
from torch import Tensor

from ...errors import CEMNetError, MissingModelError
from ...types import MOTION_FPS, SAMPLE_RATE

AT_ONCE = 16  # pictures that a network is given
INCEPTION_SIDE, SYNC_SIDE = 299, 224  # pixels
SYNC_FRAMES = 5  # of each window
SYNC_SAMPLES = round(SYNC_FRAMES * SAMPLE_RATE / MOTION_FPS)
SYNC_REACH = 15  # frames by which sound is shifted to either side
FEWEST_PICTURES = 2
EXPORTED = ".pt2"
Picture = UInt8[np.ndarray, "side side 3"]


class Backbone:
    """A network from a TorchScript file."""

    def __init__(self, path: Path, what: str):
        """`what` is how sentences call it; MissingModelError where the file is missing or no such network."""
        self.path, self.what = path, what
        if not path.is_file():
            raise MissingModelError(f"There is no {what} at {path}. Give a TorchScript file; see docs/benchmark.md.")
        try:
            self.module = loaded(path)
        except Exception as error:
            words = " ".join(str(error).split())[:120]
            raise MissingModelError(
                f"{path} is no TorchScript file ({words}). Save the {what} with torch.jit.save; see docs/benchmark.md."
            ) from None

    @torch.no_grad()
    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """What the network returns, always as a tuple; CEMNetError where it does not take what it is given."""
        try:
            made = self.module(*given)
        except Exception as error:
            words = " ".join(str(error).split())[-200:]
            shapes = " and ".join(" × ".join(map(str, each.shape)) for each in given)
            raise CEMNetError(f"The {self.what} {self.path} does not take {shapes} ({words}).") from None
        made = made if isinstance(made, tuple | list) else (made,)
        if not all(isinstance(part, Tensor) and len(part) == len(given[0]) for part in made):
            raise CEMNetError(f"The {self.what} {self.path} has to return a row for each of {len(given[0])} inputs.")
        return tuple(part.float() for part in made)


def loaded(path: Path) -> Callable[..., Any]:
    """A network as `torch.export.save` (.pt2) or `torch.jit.save` (all other names) wrote it."""
    if path.suffix == EXPORTED:
        return torch.export.load(path).module()
    return torch.jit.load(str(path), map_location="cpu").eval()


def as_batch(pictures: Sequence[Picture]) -> Float[Tensor, "batch 3 side side"]:
    """Pictures with channels first, 0 to 255."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()


def in_batches(pictures: Iterable[Picture]) -> Iterator[Float[Tensor, "batch 3 side side"]]:
    """AT_ONCE pictures at a time."""
    kept: list[Picture] = []
    for picture in pictures:
        kept.append(picture)
        if len(kept) == AT_ONCE:
            yield as_batch(kept)
            kept = []
    if kept:
        yield as_batch(kept)


def perceptual_distance(network: Backbone, pairs: Sequence[tuple[Picture, Picture]]) -> float:
    """LPIPS (Zhang et al., 2018), the mean over pairs of pictures; the network is given them from -1 to 1."""
    found = []
    for first in range(0, len(pairs), AT_ONCE):
        shown, wanted = (as_batch(side) / 127.5 - 1 for side in zip(*pairs[first : first + AT_ONCE], strict=True))
        found.append(network(shown, wanted)[0].flatten())
    return float(torch.cat(found).mean())


def picture_features(network: Backbone, pictures: Iterable[Picture]) -> Float[np.ndarray, "picture feature"]:
    """A row of Inception's features for each picture of INCEPTION_SIDE; the network is given colours from 0 to 255."""
    return torch.cat([network(batch)[0].flatten(1) for batch in in_batches(pictures)]).double().numpy()


def frechet_distance(first: Float[np.ndarray, "_first feature"], second: Float[np.ndarray, "_second feature"]) -> float:
    """FID (Heusel et al., 2017): between the Gaussians of two sets of features; NaN for fewer than two pictures."""
    if min(len(first), len(second)) < FEWEST_PICTURES:
        return float("nan")
    apart = first.mean(0) - second.mean(0)
    spread, other = (np.atleast_2d(np.cov(features, rowvar=False)) for features in (first, second))
    both = np.real(np.asarray(sqrtm(spread @ other)))
    return float(apart @ apart + np.trace(spread + other - 2 * both))


def sync_scores(
    network: Backbone, pictures: Sequence[Picture], waveform: Float[Tensor, "sample"]
) -> tuple[float, float]:
    """LSE-D and LSE-C (Prajwal et al., 2020, with SyncNet of Chung and Zisserman, 2016); NaN for short videos.

    The network turns windows of SYNC_FRAMES pictures (batch, 3, frame, side, side; 0 to 255) and of SYNC_SAMPLES of
    sound (batch, sample; at 16 kHz) into vectors. D is the least mean distance of all shifts by up to SYNC_REACH
    frames, C how far the median shift is above it.
    """
    per_frame = round(SAMPLE_RATE / MOTION_FPS)
    count = min(len(pictures), len(waveform) // per_frame) - SYNC_FRAMES + 1
    if count <= 2 * SYNC_REACH:
        return float("nan"), float("nan")
    seen, heard = [], []
    for first in range(0, count, AT_ONCE):
        windows = range(first, min(first + AT_ONCE, count))
        films = [as_batch(pictures[start : start + SYNC_FRAMES]).transpose(0, 1) for start in windows]
        sounds = [waveform[start * per_frame :][:SYNC_SAMPLES] for start in windows]
        made = network(torch.stack(films), torch.stack(sounds))
        if len(made) != 2:
            raise CEMNetError(f"The {network.what} {network.path} has to return two vectors: of pictures and of sound.")
        seen.append(made[0].flatten(1))
        heard.append(made[1].flatten(1))
    film, sound = torch.cat(seen), torch.cat(heard)
    inner = film[SYNC_REACH : count - SYNC_REACH]  # every shift is measured on the same frames
    shifts = [sound[SYNC_REACH + shift :][: len(inner)] for shift in range(-SYNC_REACH, SYNC_REACH + 1)]
    distances = torch.stack([(inner - shifted).norm(dim=1).mean() for shifted in shifts])
    least = float(distances.min())
    return least, float(distances.median()) - least
