"""The mouth that the refiner learns to paint: where the painted one is, in the light of its own opening."""

import dataclasses

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.training.refiner.lit_mouth import face_light, lit_mouth, lit_teeth

STILL = np.zeros(3, np.float32)
FRONT = 9.5  # centimetres in front of the basis' origin: what lies further ahead is a front tooth


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def closed(renderer):
    """A portrait with shut lips."""
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression()))


def test_light_changes_the_inside_of_the_mouth_and_nothing_else(renderer, closed):
    shown = expression(jawOpen=0.6)
    lit = dataclasses.replace(closed, mouth=lit_mouth(closed.mouth, renderer.mouth, shown))
    change = np.abs(renderer.region(lit, shown, STILL) - renderer.region(closed, shown, STILL)).max(-1)
    rows, columns = closed.lips.box.area
    assert change[rows, columns].max() > 0.1
    change[rows, columns] = 0
    assert not change.any()


def test_teeth_stay_where_they_are_painted(closed, renderer):
    mesh, posed = renderer.mouth.upper, closed.mouth.upper
    drawn = lit_teeth(closed.mouth, mesh, posed, 0.0, expression(jawOpen=0.5))
    np.testing.assert_array_equal(drawn.drawing[..., 3] > 0.5, posed.drawing[..., 3] > 0.5)


def test_a_wider_opening_lets_more_light_in_and_front_teeth_get_most(closed, renderer):
    mesh = renderer.mouth.upper
    shape = closed.mouth.motion.shape
    corners, middle = shape[[61, 291]], shape[[13, 14]].mean(0)

    def light(height):
        half = np.array([0, height / 2, 0])
        outline = np.stack([corners[0], middle + half, corners[1], middle - half])
        return face_light(mesh, mesh.vertices.astype(np.float64), outline)

    narrow, wide = light(0.2), light(2.0)
    assert wide.mean() > 1.3 * narrow.mean()
    depth = mesh.vertices[mesh.faces].mean(1)[:, 2]
    assert wide[depth > FRONT].mean() > 1.5 * wide[depth < FRONT - 2].mean()
