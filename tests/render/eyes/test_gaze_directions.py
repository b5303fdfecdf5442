"""Both eyes of a drawn face look the same way, and where they are told to."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.face.landmark_indices import LIDS

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def prepared():
    renderer = load_renderer()
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression()))


@pytest.mark.parametrize(
    ("shown", "direction"),
    [
        ({"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.6}, (1, 0)),  # the person's left is the picture's right
        ({"eyeLookInLeft": 0.6, "eyeLookOutRight": 0.6}, (-1, 0)),
        ({"eyeLookUp": 0.4}, (0, -1)),
        ({"eyeLookDown": 0.4}, (0, 1)),
    ],
)
def test_both_irises_go_where_the_eyes_look(prepared, shown, direction):
    moved, _ = prepared.motion.displacements(expression(**shown), STILL)
    right, left = (moved[list(lids.iris)].mean(0) @ np.array(direction) for lids in LIDS)
    assert min(right, left) > 1.0  # canvas units, of an eye about 50 wide
    assert max(right, left) < 1.8 * min(right, left)
    across = np.array(direction)[::-1]
    assert all(abs(moved[list(lids.iris)].mean(0) @ across) < 0.5 * min(right, left) for lids in LIDS)
