"""Where both jaws' teeth would be seen in one place, the upper ones stand in front: they overlap when we bite."""

from dataclasses import replace

import numpy as np
from render_faces import astronaut_face, expression, load_renderer

STILL = np.zeros(3, np.float32)


def test_upper_teeth_stand_in_front_of_lower_ones():
    renderer = load_renderer()
    shown = expression(mouthUpperUp=1, mouthLowerDown=1)
    prepared = renderer.prepare(astronaut_face(renderer.basis, shown=expression(), scale=2.0))
    mouth, box = prepared.mouth, prepared.lips.box
    upper, lower = (jaw.moved(mouth.motion, box, np.zeros(4), STILL)[..., 3] for jaw in (mouth.upper, mouth.lower))
    both = (upper > 0.99) & (lower > 0.99)
    assert both.sum() > 20
    # Where the upper teeth cover a place wholly, it looks the same whatever the lower jaw holds.
    dark = replace(mouth.lower, drawing=mouth.lower.drawing * np.array([0, 0, 0, 1], np.float32))
    usual, without = (
        picture.paint(box, prepared.lips.contour, shown, STILL) for picture in (mouth, replace(mouth, lower=dark))
    )
    np.testing.assert_allclose(usual[both], without[both], atol=0.02)
    assert np.abs(usual - without)[(lower > 0.99) & (upper < 0.01)].max() > 0.05
