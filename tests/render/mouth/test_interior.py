"""A mouth opens dark, a shut one shows nothing of its inside, and a laughing portrait keeps its own teeth."""

import dataclasses

import numpy as np
import pytest
import torch
from render_faces import astronaut_face, expression, load_renderer, mouth_box, moved_contour
from safetensors import safe_open

from cemnet.checkpoint import find_weights, load_checkpoint
from cemnet.errors import MissingModelError
from cemnet.render.mouth.colours import MouthTones
from cemnet.render.mouth.interior import MouthInterior
from cemnet.render.mouth.opening import MouthOpening

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def closed(renderer):
    """A portrait with shut lips."""
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression()))


def loud_tones():
    white = np.ones(3, np.float32)
    return MouthTones(white, white, white, white)


def test_an_open_mouth_is_darker_than_the_lips(renderer, closed):
    shown = expression(jawOpen=0.6)
    mask = moved_contour(closed, shown).mask(closed.lips.box, 0)
    inside, skin = mask > 0.95, mask == 0
    assert inside.sum() > 30
    picture = mouth_box(renderer, closed, shown)
    assert picture[inside].mean() < 0.65 * picture[skin].mean()


def test_a_shut_mouth_shows_nothing_of_its_inside(renderer, closed):
    shown = expression(mouthSmile=0.6)
    dataless = dataclasses.replace(closed, mouth=dataclasses.replace(closed.mouth, tones=loud_tones()))
    difference = np.abs(mouth_box(renderer, closed, shown) - mouth_box(renderer, dataless, shown))
    assert difference.mean() < 0.01


def test_a_laughing_portrait_keeps_its_own_teeth(renderer):
    face = astronaut_face(renderer.basis, shown=expression(jawOpen=0.3, mouthSmile=0.7, mouthUpperUp=0.5))
    prepared = renderer.prepare(face)
    assert prepared.mouth.own == 1
    shown = face.expression + expression(mouthUpperUp=0.1)
    loud = dataclasses.replace(prepared, mouth=dataclasses.replace(prepared.mouth, tones=loud_tones()))
    difference = np.abs(mouth_box(renderer, prepared, shown) - mouth_box(renderer, loud, shown))
    assert (difference.max(-1) > 0.2).mean() < 0.05


def test_upper_teeth_stand_in_front_of_lower_ones(renderer):
    """They overlap when we bite."""
    shown = expression(mouthUpperUp=1, mouthLowerDown=1)
    prepared = renderer.prepare(astronaut_face(renderer.basis, shown=expression(), scale=2.0))
    mouth, box = prepared.mouth, prepared.lips.box
    upper, lower = (jaw.moved(mouth.motion, box, np.zeros(4), STILL)[..., 3] for jaw in (mouth.upper, mouth.lower))
    both = (upper > 0.99) & (lower > 0.99)
    assert both.sum() > 20
    # Where the upper teeth cover a place wholly, it looks the same whatever the lower jaw holds.
    dark = dataclasses.replace(mouth.lower, drawing=mouth.lower.drawing * np.array([0, 0, 0, 1], np.float32))
    mouths = mouth, dataclasses.replace(mouth, lower=dark)
    opening = MouthOpening(prepared.lips.contour, prepared.lips.contour, box)
    usual, without = (each.paint(opening, shown, STILL) for each in mouths)
    np.testing.assert_allclose(usual[both], without[both], atol=0.02)
    assert np.abs(usual - without)[(lower > 0.99) & (upper < 0.01)].max() > 0.05


def test_missing_weights_are_told_by_name(tmp_path):
    with pytest.raises(MissingModelError, match=r"nothing\.safetensors"):
        MouthInterior.load(tmp_path / "nothing.safetensors")


def test_the_weights_carry_their_source_and_licence():
    path = find_weights("mouth_interior.safetensors")
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert "ICT-FaceKit" in metadata["data"]
    assert "MIT" in metadata["license"]
    tensors, config = load_checkpoint(path)
    assert config["jaw_modes"][0] == "jawOpen"
    assert all(torch.isfinite(tensor.float()).all() for tensor in tensors.values())
