"""Poses count angles the way motion does."""

import numpy as np
import pytest

from cemnet.render.landmark_motion import head_rotation
from cemnet.types import Pose


@pytest.mark.parametrize("head", [(0.3, 0.0, 0.0), (0.0, -0.2, 0.0), (0.0, 0.0, 0.4), (0.2, -0.3, 0.1)])
def test_a_poses_angles_are_those_that_turn_a_head_into_it(head):
    pose = Pose(head_rotation(np.array(head)), 1.0, np.zeros(3))
    np.testing.assert_allclose(pose.angles, head, atol=1e-6)
