"""Light falls on teeth as they stand in the head, and each tooth is its own."""

import numpy as np
import pytest
from render_faces import load_renderer

from cemnet.render.landmark_motion import head_rotation
from cemnet.render.mouth.colours import LUMINANCE, MouthTones
from cemnet.render.mouth.teeth import ENAMEL, TONGUE, draw_mesh, light_on_far_side, tooth_light

TONES = MouthTones(
    *(np.array(colour) for colour in ((0.9, 0.87, 0.8), (0.8, 0.5, 0.45), (0.7, 0.45, 0.4), (0.1, 0.07, 0.06)))
)


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


def front_row(mesh):
    """A drawing of a jaw seen from the front, and its rows and columns where front teeth are."""
    scale, middle = 30.0, np.array([120.0, 60.0])
    centre = mesh.anchors[mesh.anchors[:, 2] > mesh.anchors[:, 2].max() - 0.35].mean(0)
    pixels = (mesh.vertices - centre)[:, :2] * [scale, -scale] + middle
    drawing = draw_mesh(pixels, mesh.vertices[:, 2], mesh, TONES, (120, 240))
    return drawing[52:68, 90:150, :3]


@pytest.mark.parametrize("jaw", ["upper", "lower"])
def test_teeth_stand_apart_and_differ(renderer, jaw):
    mesh = getattr(renderer.mouth, jaw)
    factors = tooth_light(mesh, TONES.teeth)[mesh.kinds == ENAMEL]
    assert 0.8 < factors.mean() < 1
    assert factors.min() < 0.75 * factors.max()
    assert (tooth_light(mesh, TONES.teeth)[mesh.kinds != ENAMEL] == 1).all()
    across = (front_row(mesh) @ LUMINANCE).mean(0)
    assert across.max() - across.min() > 0.15


def test_lower_teeth_are_ivory_in_their_shadow_and_not_much_darker_than_upper_ones(renderer):
    upper, lower = (front_row(mesh).reshape(-1, 3).mean(0) for mesh in (renderer.mouth.upper, renderer.mouth.lower))
    assert lower @ LUMINANCE > 0.8 * (upper @ LUMINANCE)
    assert lower[0] / lower[2] > 1.03 * TONES.teeth[0] / TONES.teeth[2]
