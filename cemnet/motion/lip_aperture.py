"""How far blendshapes part the lips, measured on ICT-FaceKit's mean head."""

import numpy as np
from jaxtyping import Float

from ..arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices

# Gap between the inner lips, in units of the gap of jawOpen = 1 (stems without a side: both sides on).
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
    """Gap between the inner lips in units of a fully open jaw; negative where lips are pressed together."""
    return expression @ LIP_GAP_WEIGHTS


def visible_aperture(expression: Float[np.ndarray, "*batch expression"]) -> Float[np.ndarray, "*batch"]:
    """How far the mouth is open, 0 (closed) to about 1 (jaw fully dropped)."""
    return lip_parting(expression).clip(0, None)
