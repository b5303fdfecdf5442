"""The colours of a painted mouth fit the portrait."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer, mouth_box

from cemnet.render.mouth.colours import LUMINANCE


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


def test_a_grey_portrait_gets_a_grey_mouth(renderer):
    grey = astronaut_face(renderer.basis).image.numpy().mean(-1, keepdims=True).repeat(3, -1)
    face = astronaut_face(renderer.basis, image=grey, shown=expression())
    picture = mouth_box(renderer, renderer.prepare(face), expression(jawOpen=0.7, mouthUpperUp=0.5))
    assert np.ptp(picture, axis=-1).max() < 0.01


def test_a_dark_portrait_gets_dark_teeth(renderer):
    colours = astronaut_face(renderer.basis).image.numpy()
    tones = []
    for light in (1.0, 0.3):
        face = astronaut_face(renderer.basis, image=colours * light, shown=expression())
        tones.append(renderer.prepare(face).mouth.tones.teeth @ LUMINANCE)
    assert tones[1] < 0.5 * tones[0]
