"""Teeth are fixed to skull and jaw, and end where a shut mouth hides them."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def closed(renderer):
    """A portrait with shut lips."""
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression()))


def test_front_teeth_end_near_the_seam_of_a_shut_mouth(closed):
    """Upper teeth reach a little below the seam and lower ones about up to it, whatever the fit of the jaw says."""
    box, seam = closed.lips.box, closed.lips.contour.upper[16, 1]
    middle = np.abs(box.x - closed.lips.contour.upper[16, 0]) < 6
    bright = 0.5 * closed.mouth.tones.teeth[1]
    ends = []
    for jaw, lowest in ((closed.mouth.upper, np.max), (closed.mouth.lower, np.min)):
        drawing = jaw.moved(closed.motion, box, np.zeros(4), STILL)
        ends.append(lowest(box.y[middle & (drawing[..., 1] > bright)]) - seam)
    width = closed.lips.contour.width
    assert 0 < ends[0] < 0.12 * width
    assert abs(ends[1]) < 0.12 * width


def test_upper_teeth_hold_still_while_the_jaw_falls(closed):
    mouth = closed.mouth
    shut = mouth.upper.moved(closed.motion, closed.lips.box, np.array([0.0, 0, 0, 0]), STILL)
    fallen = mouth.upper.moved(closed.motion, closed.lips.box, np.array([0.9, 0, 0, 0]), STILL)
    np.testing.assert_allclose(shut, fallen, atol=1e-5)


def test_lower_teeth_go_down_with_the_jaw(closed):
    def height(amount):
        cover = closed.mouth.lower.moved(closed.motion, closed.lips.box, np.array([amount, 0, 0, 0]), STILL)[..., 3]
        return (cover.sum(1) @ np.arange(len(cover))) / cover.sum()

    assert height(0.5) > height(0.1) + 1


def test_teeth_turn_with_the_head(closed):
    ahead = closed.mouth.upper.moved(closed.motion, closed.lips.box, np.zeros(4), STILL)[..., 3]
    turned = closed.mouth.upper.moved(closed.motion, closed.lips.box, np.zeros(4), np.array([0.2, 0, 0], np.float32))
    columns = np.arange(ahead.shape[1])
    assert (turned[..., 3].sum(0) @ columns) / turned[..., 3].sum() > (ahead.sum(0) @ columns) / ahead.sum() + 0.5


def test_teeth_keep_their_height_while_the_head_nods(closed):
    """A flat drawing must not stretch when the arch behind it tips."""
    heights = []
    for pitch in (0.0, 0.12):
        cover = closed.mouth.lower.moved(
            closed.motion, closed.lips.box, np.array([0.4, 0, 0, 0]), np.array([0, pitch, 0])
        )
        rows = np.flatnonzero(cover[..., 3].max(1) > 0.5)
        heights.append(rows[-1] - rows[0])
    assert heights[1] < 1.4 * heights[0]
