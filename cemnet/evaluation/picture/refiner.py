"""How near warped, composed and refined frames of held-out heads come to the heads as they should look.

They should look as the renderer composes them from a portrait that the light and the folds of the frame's expression
have reached, with a mouth lit through its own opening: what a warp displaces is the same in all versions.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float

from ...face.landmark_indices import LIDS, LOWER_LIP_ROWS, OUTER_LIP_CORNERS, UPPER_LIP_ROWS
from ...render.mouth.colours import LUMINANCE
from ...render.mouth.interior import PosedMouth
from ...render.refiner.inputs import CROP_HEIGHT, CROP_ORIGIN, CROP_UNIT, CROP_WIDTH, into_crop
from ...render.refiner.network import Refiner, as_tensor
from ...render.renderer import FaceRenderer
from ...training.refiner.objective import GRADIENT_SCALES
from ...training.refiner.pairs import Example, PairMaker

Crop = Float[np.ndarray, "height width 3"]
REGIONS = {
    "mouth": ((*UPPER_LIP_ROWS[3], *OUTER_LIP_CORNERS, *LOWER_LIP_ROWS[3]),),
    "eyes": tuple((*lids.upper, *lids.lower, *lids.corners, *lids.brow_edge) for lids in LIDS),
}
REGION_MARGIN = 7  # pixels of the crop
CREASED = 0.15  # of the creases' change of relief


class BareMouth(PosedMouth):
    """A mouth in which nothing is painted: skin stretches over it."""

    def fill(self, box, crop, skin, contour, expression, head, by_head):
        return skin


def versions(example: Example, refiner: Refiner) -> dict[str, Crop]:
    """The frame as a warp alone makes it, as it is composed, and refined."""
    inputs, prepared = example.inputs, example.prepared
    bare = replace(prepared, mouth=BareMouth(**vars(prepared.mouth)), eyes=())
    renderer = FaceRenderer(prepared.motion.basis, mouth=None)  # pyright: ignore[reportArgumentType]
    warped = renderer.region(bare, example.expression, np.zeros(3, np.float32))
    with torch.inference_mode():
        expressions = torch.from_numpy(inputs.expressions)[None]
        change = refiner(as_tensor(inputs.details), as_tensor(inputs.layout), expressions)[0].permute(1, 2, 0).numpy()
    composed = inputs.details[..., :3]
    refined = np.clip(composed + inputs.share * change, 0, 1)
    return {"warp alone": into_crop(warped[..., :3], inputs.to_frame), "composed": composed, "refined": refined}


def regions(example: Example) -> dict[str, Bool[np.ndarray, "height width"]]:
    """Where mouth, eyes with the skin up to the brows, and creases are."""
    moved, _ = example.prepared.motion.displacements(example.expression, np.zeros(3, np.float32))
    pixels = (example.prepared.landmarks + moved - np.array(CROP_ORIGIN)) / CROP_UNIT - 0.5
    found = {}
    for name, outlines in REGIONS.items():
        mask = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.uint8)
        for outline in outlines:
            cv2.fillConvexPoly(mask, cv2.convexHull(np.round(pixels[list(outline)]).astype(np.int32)), 1)
        found[name] = cv2.dilate(mask, np.ones((REGION_MARGIN, REGION_MARGIN))) > 0
    found["creases"] = np.abs(example.inputs.details[..., 3]) > CREASED
    return found


def signal_to_noise(picture: Crop, target: Crop, region: Bool[np.ndarray, "height width"]) -> float:
    """PSNR in dB."""
    return float(-10 * np.log10(((picture - target)[region] ** 2).mean() + 1e-7))


def structural_similarity(picture: Crop, target: Crop, region: Bool[np.ndarray, "height width"]) -> float:
    """SSIM of the luminance (Wang et al., 2004), its map averaged over a region."""

    def blurred(values):
        return cv2.GaussianBlur(values, (11, 11), 1.5)

    first, second = picture @ LUMINANCE, target @ LUMINANCE
    mean, other = blurred(first), blurred(second)
    spread, other_spread = blurred(first**2) - mean**2, blurred(second**2) - other**2
    together = blurred(first * second) - mean * other
    stable, stable_spread = 0.01**2, 0.03**2
    similarity = (2 * mean * other + stable) * (2 * together + stable_spread)
    similarity /= (mean**2 + other**2 + stable) * (spread + other_spread + stable_spread)
    return float(similarity[region].mean())


def gradient_error(picture: Crop, target: Crop, region: Bool[np.ndarray, "height width"]) -> float:
    """Mean difference of horizontal and vertical gradients, over several scales, in 255ths."""
    errors = []
    for scale in GRADIENT_SCALES:
        size = (CROP_WIDTH // scale, CROP_HEIGHT // scale)
        coarse = cv2.resize(picture - target, size, interpolation=cv2.INTER_AREA)
        inside = cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA)[:-1, :-1] > 0.5
        across, down = np.abs(np.diff(coarse, axis=1))[:-1], np.abs(np.diff(coarse, axis=0))[:, :-1]
        errors.append(float((across + down)[inside].mean()) / 2 if inside.any() else 0.0)
    return 255 * float(np.mean(errors))


RENDERED = "dB to render"  # PSNR against the head as it is rendered, which the warp's own errors displace
MEASURES = {"PSNR dB": signal_to_noise, "SSIM": structural_similarity, "gradient error": gradient_error}


def scores(
    maker: PairMaker, refiner: Refiner, numbers: range, seed: int
) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Region, version and measures of every frame of some heads."""
    for example in (example for number in numbers for example in maker.frames(seed, number)):
        target, truth = (picture.astype(np.float32) / 255 for picture in (example.target, example.truth))
        made = versions(example, refiner)
        for region, mask in regions(example).items():
            if mask.sum() > 20:
                for version, picture in made.items():
                    measured = {name: of(picture, target, mask) for name, of in MEASURES.items()}
                    yield region, version, measured | {RENDERED: signal_to_noise(picture, truth, mask)}


def scores_table(maker: PairMaker, refiner: Refiner, num_heads: int, seed: int) -> str:
    """Means over all frames, a line for each region and version."""
    rows: dict[tuple[str, str], list[dict[str, float]]] = {}
    for region, version, measured in scores(maker, refiner, range(num_heads), seed):
        rows.setdefault((region, version), []).append(measured)
    columns = (*MEASURES, RENDERED)
    lines = [f"{f'{num_heads} held-out heads':36s}" + "".join(f"{name:>16s}" for name in columns)]
    for (region, version), measured in sorted(rows.items()):
        means = [np.mean([one[name] for one in measured]) for name in columns]
        label = f"{region}, {version}, {len(measured)} frames"
        lines.append(f"{label:36s}" + "".join(f"{mean:16.3f}" for mean in means))
    return "\n".join(lines)
