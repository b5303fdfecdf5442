"""A fitted smile ends at 1 and a grin may be more than that: it takes a longer way out of the face."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.face.landmark_indices import LIP_CORNERS

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


def corners_moved(renderer, before, after):
    """How far the corners of the mouth move as a portrait's smile goes from one strength to another."""
    prepared = renderer.prepare(astronaut_face(renderer.basis, shown=expression(mouthSmile=before)))
    moved, _ = prepared.motion.displacements(expression(mouthSmile=after), STILL)
    return np.linalg.norm(moved[list(LIP_CORNERS)], axis=1).mean()


def test_a_grin_leaves_by_more_than_it_was_fitted(renderer):
    assert corners_moved(renderer, 1.0, 0.0) > 1.2 * corners_moved(renderer, 0.0, 1.0)


def test_a_slight_smile_leaves_by_as_much_as_it_came(renderer):
    assert corners_moved(renderer, 0.4, 0.0) == pytest.approx(corners_moved(renderer, 0.0, 0.4), rel=0.05)


def test_a_grin_that_stays_or_grows_moves_by_its_change_alone(renderer):
    assert corners_moved(renderer, 1.0, 1.0) < 1e-3
    assert corners_moved(renderer, 0.8, 1.0) == pytest.approx(corners_moved(renderer, 0.0, 0.2), rel=0.1)
