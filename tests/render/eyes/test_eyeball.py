"""What lids hide is completed: irises become whole discs, and pixels that are seen stay."""

import cv2
import numpy as np
import pytest
from render_faces import IRIS, astronaut_with_drawn_eyes, load_renderer

from cemnet.render.eyes.eyeball import spread


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def drawn(renderer):
    return renderer.prepare(astronaut_with_drawn_eyes(renderer.basis))


def test_the_hidden_part_of_an_iris_is_completed(drawn):
    for eye in drawn.eyes:
        box, centre = eye.hidden.box, drawn.landmarks[eye.lids.iris[0]]
        radius = np.linalg.norm(drawn.landmarks[eye.lids.iris[1]] - centre)
        inner = np.hypot(box.x - centre[0], box.y - centre[1]) < 0.7 * radius
        np.testing.assert_allclose(np.median(eye.hidden.eyeball[inner], 0), IRIS, atol=0.08)
        assert np.abs(eye.hidden.eyeball[inner] - IRIS).mean() < 0.1


def test_the_seen_part_of_an_eye_is_the_portraits_own(drawn):
    for eye in drawn.eyes:
        own = drawn.crop[eye.hidden.box.area]
        deep = cv2.erode(eye.contour.mask(eye.hidden.box, 0), np.ones((11, 11))) > 0.99
        assert deep.sum() > 50
        np.testing.assert_allclose(eye.hidden.eyeball[deep], own[deep], atol=1e-5)


def test_spreading_keeps_what_is_known_and_fills_the_rest():
    pixels = np.full((40, 60, 3), 0.3, np.float32)
    pixels[:, 30:] = 5.0  # unknown
    known = np.zeros((40, 60), bool)
    known[10:20, 5:15] = True
    np.testing.assert_allclose(spread(pixels, known, 1.0), 0.3, atol=1e-3)
