"""Tests of the painted mouth: it opens dark, its teeth are fixed to skull and jaw, its colours fit the portrait."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from render_faces import astronaut_face, expression, load_renderer
from safetensors import safe_open

from cemnet.checkpoint import find_weights, load_checkpoint
from cemnet.errors import MissingModelError
from cemnet.face.landmark_indices import CONTROLS, LOWER_INNER_LIP, UPPER_INNER_LIP
from cemnet.render.landmark_motion import head_rotation
from cemnet.render.mouth.colours import LUMINANCE, MouthTones
from cemnet.render.mouth.interior import MouthInterior
from cemnet.render.mouth.teeth import TONGUE, light_on_far_side
from cemnet.render.renderer import ring_displacements

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def closed(renderer):
    """A portrait with shut lips."""
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression()))


def mouth_box(renderer, prepared, shown, head=STILL):
    frame = renderer.frame(prepared, shown, head)
    left, top, right, bottom = prepared.canvas.roi
    return frame[top:bottom, left:right][prepared.lips.box.area]


def moved_contour(prepared, shown):
    moved, _ = prepared.motion.displacements(shown, STILL)
    field = prepared.warp.forward(np.concatenate([moved[list(CONTROLS)], ring_displacements(prepared, STILL)]))
    return prepared.lips.moved(prepared.warp, field)


def opening(prepared, shown):
    """Which pixels of the mouth's box lie between the lips."""
    return moved_contour(prepared, shown).mask(prepared.lips.box, 0)


def test_an_open_mouth_is_darker_than_the_lips(renderer, closed):
    shown = expression(jawOpen=0.6)
    mask = opening(closed, shown)
    inside, skin = mask > 0.95, mask == 0
    assert inside.sum() > 30
    picture = mouth_box(renderer, closed, shown)
    assert picture[inside].mean() < 0.65 * picture[skin].mean()


def test_a_shut_mouth_shows_nothing_of_its_inside(renderer, closed):
    shown = expression(mouthSmile=0.6)
    dataless = dataclasses.replace(closed, mouth=dataclasses.replace(closed.mouth, tones=loud_tones()))
    difference = np.abs(mouth_box(renderer, closed, shown) - mouth_box(renderer, dataless, shown))
    assert difference.mean() < 0.01


def loud_tones():
    white = np.ones(3, np.float32)
    return MouthTones(white, white, white, white)


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


def test_the_seam_of_closed_lips_follows_the_dark_line(renderer):
    image = astronaut_face(renderer.basis).image.numpy().copy()
    face = astronaut_face(renderer.basis, shown=expression())
    points = face.landmarks.points[[78, 13, 14, 308], :2].mean(0)
    image[int(points[1]) - 12 : int(points[1]) + 12, int(points[0]) - 25 : int(points[0]) + 25] = 0.7
    line = round(points[1]) + 1
    image[line, int(points[0]) - 25 : int(points[0]) + 25] = 0.1
    prepared = renderer.prepare(astronaut_face(renderer.basis, image=image, shown=expression()))
    seam = prepared.canvas.source_points(prepared.lips.contour.upper)
    middle = seam[np.abs(seam[:, 0] - points[0]) < 5, 1]
    np.testing.assert_allclose(middle, line, atol=0.8)


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


def test_a_laughing_portrait_keeps_its_own_teeth(renderer):
    face = astronaut_face(renderer.basis, shown=expression(jawOpen=0.3, mouthSmile=0.7, mouthUpperUp=0.5))
    prepared = renderer.prepare(face)
    assert prepared.mouth.own == 1
    shown = face.expression + expression(mouthUpperUp=0.1)
    loud = dataclasses.replace(prepared, mouth=dataclasses.replace(prepared.mouth, tones=loud_tones()))
    difference = np.abs(mouth_box(renderer, prepared, shown) - mouth_box(renderer, loud, shown))
    assert (difference.max(-1) > 0.2).mean() < 0.05


def test_lips_that_are_about_to_meet_show_no_bright_line_of_own_teeth(renderer):
    """They stay bright while the mouth is open, and take the colour of lips before the last gap shuts."""
    laughing = expression(jawOpen=0.3, mouthSmile=0.7)
    face = astronaut_face(renderer.basis, image=np.full((1536, 1536, 3), 0.4, np.float32), shown=laughing, scale=3.0)
    teeth = [*UPPER_INNER_LIP, *LOWER_INNER_LIP[::-1]]
    cv2.fillPoly(face.image.numpy(), [np.round(face.landmarks.points[teeth, :2]).astype(np.int32)], (0.9, 1.0, 0.9))
    prepared = renderer.prepare(face)

    def brightest(share):
        seen = mouth_box(renderer, prepared, laughing * np.float32(share))[
            opening(prepared, laughing * np.float32(share)) > 0.9
        ]
        return np.median(seen[:, 1]) if len(seen) else 0.0

    assert brightest(0.5) > 0.9
    apertures = {
        share: moved_contour(prepared, laughing * np.float32(share)).aperture for share in np.linspace(0, 0.4, 41)
    }
    nearly_shut = [share for share, aperture in apertures.items() if 0.004 < aperture < 0.015]
    assert nearly_shut
    assert max(brightest(share) for share in nearly_shut) < 0.7


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
