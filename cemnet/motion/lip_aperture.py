"""The gap between the lips that blendshapes make, as measured on ICT-FaceKit's mean head."""

import numpy as np
from jaxtyping import Float

from ..arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices

# Gap between the inner lips, in units of the gap of jawOpen = 1; a stem without a side stands for both sides at 1.
LIP_GAP = {
    "jawOpen": 1.0, "mouthClose": -1.28, "mouthFunnel": 0.36, "mouthLowerDown": 0.20, "mouthUpperUp": 0.25,
    "noseSneer": 0.22, "mouthShrugUpper": 0.16, "mouthShrugLower": -0.22, "mouthPress": -0.08, "mouthDimple": -0.055,
    "mouthPucker": -0.05,
}  # fmt: skip
MOUTH_CLOSE = ARKIT_INDEX["mouthClose"]


def _gap_weights() -> Float[np.ndarray, "expression"]:
    weights = np.zeros(NUM_EXPRESSIONS, np.float32)
    for stem, gap in LIP_GAP.items():
        sides = arkit_indices(stem)
        weights[sides] = gap / len(sides)
    return weights


LIP_GAP_WEIGHTS = _gap_weights()


def lip_parting(expression: Float[np.ndarray, "*batch expression"]) -> Float[np.ndarray, "*batch"]:
    """Gap between the inner lips, in units of the gap of a fully open jaw; negative where they are pressed together."""
    return expression @ LIP_GAP_WEIGHTS


def visible_aperture(expression: Float[np.ndarray, "*batch expression"]) -> Float[np.ndarray, "*batch"]:
    """The visible gap between the inner lips: 0 for a closed mouth, about 1 for a fully open jaw."""
    return lip_parting(expression).clip(0, None)
