"""Light falls on teeth as they stand in the head."""

import numpy as np
import pytest
from render_faces import load_renderer

from cemnet.render.landmark_motion import head_rotation
from cemnet.render.mouth.teeth import TONGUE, light_on_far_side


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


def test_the_far_side_of_a_turned_arch_sinks_into_shadow(renderer):
    jaw = renderer.mouth.lower
    across = jaw.vertices[jaw.faces, 0].mean(1)
    right, left, front = across < -2, across > 2, np.abs(across) < 0.4
    hard = jaw.kinds != TONGUE
    assert (light_on_far_side(jaw, head_rotation(np.radians([4.0, 0, 0]))) == 1).all()
    for yaw, near, far in ((35, right, left), (-35, left, right)):
        light = light_on_far_side(jaw, head_rotation(np.radians([yaw, 0, 0])))
        assert (light[near | front] == 1).all()
        assert light[far & hard].max() < 0.2
