"""Distances of a video from its truth, and how much it shakes.

LMD is that of Chen et al., "Lip Movements Generation at a Glance" (ECCV 2018): landmarks of both videos are brought to
one mean in every frame, and their distances averaged. M-LMD takes the mouth's, F-LMD all of the face. Sizes of faces
differ, so the unit is a percent of the truth's distance between the outer corners of the eyes.
"""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from kornia.metrics import psnr, ssim

from ...face.landmark_indices import FOREHEAD, LIP_OUTLINE, LOWER_INNER_LIP, NOSE, UPPER_INNER_LIP
from .watching import eye_distance

MOUTH = sorted({*LIP_OUTLINE, *UPPER_INNER_LIP, *LOWER_INNER_LIP})
FACE = list(range(468))  # without the irises
STEADY = sorted({*NOSE, *FOREHEAD})  # what neither speech nor blinks move
HIGHEST_PSNR = 70.0  # dB, of equal pictures
SSIM_WINDOW = 11
Points = Float[np.ndarray, "_frame landmark 3"]
Picture = UInt8[np.ndarray, "side side 3"]


def landmark_distance(points: Points, truth: Points, chosen: list[int]) -> float:
    """LMD of the chosen landmarks in percent of the eyes' distance; frames that show no face do not count.

    The shorter video counts; NaN where no frame shows both faces.
    """
    length = min(len(points), len(truth))
    points, truth = points[:length], truth[:length]
    seen = np.isfinite(points[:, 0, 0]) & np.isfinite(truth[:, 0, 0])
    if not seen.any():
        return float("nan")
    found, wanted = (each[seen][:, chosen, :2] for each in (points, truth))
    apart = (found - found.mean(1, keepdims=True)) - (wanted - wanted.mean(1, keepdims=True))
    return float(100 * (np.linalg.norm(apart, axis=2).mean(1) / eye_distance(truth[seen])).mean())


def scaled_to(points: Points, truth: Points) -> Points:
    """Landmarks of a video of another size or cut, in pixels of the truth, by the median distance of the eyes."""
    return points * float(np.nanmedian(eye_distance(truth)) / np.nanmedian(eye_distance(points)))


def jitter(points: Points) -> float:
    """How much nose and forehead shake: the root mean square of their acceleration from frame to frame, in percent of
    the eyes' distance. NaN where no three frames after each other show the face.
    """
    places = points[:, STEADY, :2] / np.nanmedian(eye_distance(points))
    shaking = np.diff(places, n=2, axis=0)
    shaking = shaking[np.isfinite(shaking[:, 0, 0])]
    return float(100 * np.sqrt((shaking**2).sum(2).mean())) if len(shaking) else float("nan")


def signal_to_noise(picture: Picture, truth: Picture) -> float:
    """PSNR in dB, at most HIGHEST_PSNR."""
    return min(float(psnr(as_tensor(picture), as_tensor(truth), max_val=1.0)), HIGHEST_PSNR)


def structural_similarity(picture: Picture, truth: Picture) -> float:
    """SSIM (Wang et al., 2004), the mean over pixels and colours."""
    return float(ssim(as_tensor(picture), as_tensor(truth), window_size=SSIM_WINDOW).mean())


def as_tensor(picture: Picture) -> Float[torch.Tensor, "1 3 side side"]:
    """A picture as a batch of one, 0 to 1."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).unsqueeze(0).float() / 255
