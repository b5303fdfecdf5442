"""Compares warped, composed and refined frames of held-out heads with their targets: PSNR, SSIM and gradients.

The target is composed by the same renderer, from a portrait with the light and the creases of the frame's expression,
and with a mouth lit through its own opening. So the errors of the warp are the same in all versions.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from kornia.metrics import psnr, ssim

from ...face.landmark_indices import LIDS, LOWER_LIP_ROWS, OUTER_LIP_CORNERS, UPPER_LIP_ROWS
from ...render.mouth.colours import LUMINANCE
from ...render.refiner.crop import CROP_HEIGHT, CROP_ORIGIN, CROP_UNIT, CROP_WIDTH, into_crop
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
CREASED = 0.15  # of the creases' change of relief: what is more belongs to the region of creases
HIGHEST_PSNR = 70.0  # dB, of equal pictures


def unfilled(mouth, /, box, crop, skin, contour, expression, head, by_head):
    """The skin as it is warped over the opening: a `MouthFilling` that paints nothing."""
    return skin


def warping_renderer(renderer: FaceRenderer) -> FaceRenderer:
    """A renderer of the same faces that warps the skin, and paints neither the mouth nor a refinement."""
    return FaceRenderer(renderer.basis, renderer.mouth, fill_mouth=unfilled)


def versions(example: Example, warping: FaceRenderer, refiner: Refiner) -> dict[str, Crop]:
    """The refiner's crop of a frame as a warp alone makes it, as it is composed, and refined; colours 0 to 1."""
    inputs = example.inputs
    warped = warping.region(replace(example.prepared, eyes=()), example.expression, np.zeros(3, np.float32))
    with torch.inference_mode():
        expressions = torch.from_numpy(inputs.expressions)[None]
        change = refiner(as_tensor(inputs.details), as_tensor(inputs.layout), expressions)[0].permute(1, 2, 0).numpy()
    composed = inputs.details[..., :3]
    refined = np.clip(composed + inputs.share * change, 0, 1)
    return {"warp alone": into_crop(warped[..., :3], inputs.to_frame), "composed": composed, "refined": refined}


def regions(example: Example) -> dict[str, Bool[np.ndarray, "height width"]]:
    """Masks of the mouth, of the eyes with the skin up to the brows, and of the creases, in the refiner's crop."""
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
    """PSNR of a region in dB, at most HIGHEST_PSNR; colours 0 to 1."""
    shown, wanted = (torch.from_numpy(each[region]) for each in (picture, target))
    return min(float(psnr(shown, wanted, max_val=1.0)), HIGHEST_PSNR)


def structural_similarity(picture: Crop, target: Crop, region: Bool[np.ndarray, "height width"]) -> float:
    """SSIM of the luminance (Wang et al., 2004), the mean of its map over a region; colours 0 to 1."""
    shown, wanted = (torch.from_numpy(each @ LUMINANCE)[None, None] for each in (picture, target))
    return float(ssim(shown, wanted, window_size=11)[0, 0].numpy()[region].mean())


def gradient_error(picture: Crop, target: Crop, region: Bool[np.ndarray, "height width"]) -> float:
    """Mean absolute difference of horizontal and vertical gradients over GRADIENT_SCALES, in levels of 255."""
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
    """Region, version and measures of every frame of some heads, which are numbered for the seed."""
    warping = warping_renderer(maker.renderer)
    for example in (example for number in numbers for example in maker.frames(seed, number)):
        target, truth = (picture.astype(np.float32) / 255 for picture in (example.target, example.truth))
        made = versions(example, warping, refiner)
        for region, mask in regions(example).items():
            if mask.sum() > 20:
                for version, picture in made.items():
                    measured = {name: of(picture, target, mask) for name, of in MEASURES.items()}
                    yield region, version, measured | {RENDERED: signal_to_noise(picture, truth, mask)}


def scores_table(maker: PairMaker, refiner: Refiner, num_heads: int, seed: int) -> str:
    """The table as text: means over all frames, one line for each region and version."""
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
