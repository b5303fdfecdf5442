"""ICT-FaceKit's head for the tests that render it; they are skipped where it or moderngl is missing."""

import numpy as np
import pytest
from paths import ICT_FACEKIT

from cemnet.training.heads.ict_head import HeadModel, rotation
from cemnet.types import Pose


def load_head() -> HeadModel:
    """The head, or a skipped test."""
    if not ICT_FACEKIT.is_file():
        pytest.skip("needs ICT-FaceKit (CEMNET_ICT_FACEKIT)")
    return HeadModel.load(ICT_FACEKIT)


def load_head_renderer(model: HeadModel):
    """A renderer of 512 by 512 pixels, or a skipped test."""
    pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")
    from cemnet.training.heads.head_renderer import HeadRenderer

    return HeadRenderer(model)


def facing_pose(yaw: float = 0.0, pitch: float = 0.0) -> Pose:
    """A head in the middle of a picture of 512 by 512 pixels; radians."""
    turn, scale = rotation(yaw, pitch, 0.0), 18.0
    return Pose(turn, scale, np.array([256.0, 256.0, 0.0]) - scale * (turn @ [0, 0.5, 8]) * [1, -1, -1])
