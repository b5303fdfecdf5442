"""How neck and shoulders rise and sink with breath: a field of the warp that leaves the face alone.

A portrait counts as taken with the lungs full: shoulders that sink need no pixels from beyond the picture's lower
border, where shoulders of close portraits are.
"""

import numpy as np
from jaxtyping import Float

from ..curves import smoothstep
from ..face.landmark_indices import OVAL
from .canvas import edge_fade
from .warp import FaceWarp

# By eye, on the bundled portraits.
RISE = 3.2  # canvas units by a full breath, 0.012 of the height from hairline to chin
NECK, SHOULDERS = 0.02, 0.4  # below the chin, in heights of the face: where the rise begins, and where it is whole


def chest_field(warp: FaceWarp, landmarks: Float[np.ndarray, "landmark 2"]) -> Float[np.ndarray, "row column 2"]:
    """The displacement of every node by a full breath, as `FaceWarp.forward` has displacements; 0 above the chin.

    `landmarks` are in canvas units.
    """
    outline = landmarks[list(OVAL), 1]
    nodes = warp.node_positions()
    below = (nodes[..., 1] - outline.max()) / np.ptp(outline)
    rise = RISE * smoothstep((below - NECK) / (SHOULDERS - NECK)) * edge_fade(nodes)
    return (rise[..., None] * (warp.axes() @ np.array([0.0, -1.0]))).astype(np.float32)
