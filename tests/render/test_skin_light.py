"""The light on skin: sockets whose skin unfolds come into the light, and grey pictures stay grey."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from ict_heads import facing_pose, load_head
from render_faces import SKIN, STILL, astronaut_face, expression, load_renderer

from cemnet.face.landmark_indices import LIDS
from cemnet.render.mouth.colours import LUMINANCE
from cemnet.render.pixel_box import sample_pixels
from cemnet.render.renderer import CONTROL_INDICES, frame_light, ring_displacements
from cemnet.render.skin_light import relight, unfolded_share
from cemnet.types import FaceLandmarks

RAISED = expression(browInnerUp=1, browOuterUp=1)
CLOSED = expression(eyeBlink=1)
DARK = 0.35  # of luminance, against SKIN's 0.65


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def shadowed(renderer):
    """A plain face at rest whose sockets lie in soft shadow, from the brow to the eye."""
    face = astronaut_face(renderer.basis, image=np.full((512, 512, 3), SKIN, np.float32), shown=expression())
    points, shade = face.landmarks.points[:, :2], np.zeros((512, 512), np.float32)
    for lids in LIDS:
        corners, edge = points[list(lids.corners)], points[list(lids.brow_edge)]
        centre = (corners.mean(0) + edge.mean(0)) / 2
        axes = 0.5 * np.linalg.norm(corners[1] - corners[0]), 0.8 * (corners[:, 1].mean() - edge[:, 1].mean())
        cv2.ellipse(shade, (centre.tolist(), (2 * axes[0], 2 * axes[1]), 0.0), 1.0, -1)
    shade = cv2.GaussianBlur(shade, (0, 0), 1.5)
    return dataclasses.replace(face, image=face.image * torch.from_numpy(1 - 0.7 * shade[..., None]))


def darkness(frame):
    """The number of pixels in the shadow of the sockets."""
    return int(((frame @ LUMINANCE) < DARK).sum())


@pytest.mark.parametrize("shown", [RAISED, CLOSED], ids=["raised brows", "closed lids"])
def test_shadow_of_a_socket_does_not_grow_with_the_skin_that_unfolds(renderer, shadowed, shown):
    prepared = renderer.prepare(shadowed)
    before = darkness(prepared.image)
    assert before > 150
    assert darkness(renderer.frame(prepared, shown, STILL)) < 1.2 * before


def test_lids_of_a_lying_face_unfold_down_the_face(renderer):
    """What they gain in length is measured along the face, not along the rows of the picture."""
    lying = astronaut_face(renderer.basis, roll=np.pi / 2)
    frame = renderer.frame(renderer.prepare(lying), CLOSED, STILL)
    assert np.isfinite(frame).all() and frame.std() > 0.1


def test_light_stays_while_the_head_turns(renderer, shadowed):
    prepared = renderer.prepare(shadowed)
    turned = np.array([0.1, 0.0, 0.0], np.float32)
    frame = renderer.frame(prepared, shadowed.expression, turned)
    light = prepared.light
    dark = dataclasses.replace(prepared, light=dataclasses.replace(light, stays=np.zeros_like(light.stays)))
    np.testing.assert_allclose(frame, renderer.frame(dark, shadowed.expression, turned), atol=0.013)


def test_lids_that_slide_nowhere_are_lit_as_the_skin_around_them(renderer, shadowed):
    """Also where light is known no more, below the sockets, on cheeks in half shadow."""
    below = shadowed.landmarks.points[[index for lids in LIDS for index in lids.lower], 1].max() + 10
    dark = ((torch.arange(512) - below) / 20).clamp(0, 1)[:, None, None]
    prepared = renderer.prepare(dataclasses.replace(shadowed, image=shadowed.image * (1 - 0.8 * dark)))
    moved, by_head = prepared.motion.displacements(RAISED, STILL)
    forward = prepared.warp.forward(np.concatenate([moved[CONTROL_INDICES], ring_displacements(prepared, STILL)]))
    flow = prepared.warp.backward(forward)[0]
    light = frame_light(prepared, flow, moved, by_head)
    area = slice(0, prepared.crop.shape[0]), slice(0, prepared.crop.shape[1])
    where = prepared.position + prepared.warp.pixel_flow(flow)
    as_skin = sample_pixels(prepared.crop, where)
    as_lids = as_skin.copy()
    light.light_up(as_skin, area)
    light.light_lids(as_lids, where, area, np.zeros(where.shape[:2], np.float32))
    np.testing.assert_allclose(as_lids, as_skin, atol=0.03)


def test_unfolding_is_nothing_for_skin_that_is_squeezed_and_all_for_skin_twice_as_long():
    np.testing.assert_allclose(unfolded_share(np.array([-0.5, 0.0, 1.0, 3.0])), [0, 0, 1, 1], atol=1e-6)


def test_new_light_is_no_lighter_than_what_it_comes_to_and_leaves_alpha():
    pixels = np.array([[[0.2, 0.1, 0.1, 0.4], [0.7, 0.6, 0.5, 0.4]]], np.float32)
    target, around = np.log(np.full((1, 2), 0.32, np.float32)), np.full((1, 2, 3), SKIN, np.float32)
    relight(pixels, np.ones((1, 2), np.float32), target, around)
    np.testing.assert_allclose(pixels[..., :3] @ LUMINANCE, [[0.3, 0.6185]], atol=0.07)
    assert pixels[0, 0, :3] @ LUMINANCE <= 0.3001
    np.testing.assert_allclose(pixels[0, 1, :3], [0.7, 0.6, 0.5], atol=1e-6)
    np.testing.assert_array_equal(pixels[..., 3], np.float32(0.4))


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_grey_skin_stays_grey(renderer, shadowed, channels):
    grey = torch.from_numpy((shadowed.image.numpy() @ LUMINANCE)[..., None].repeat(channels, 2))
    prepared = renderer.prepare(dataclasses.replace(shadowed, image=grey))
    frame = renderer.frame(prepared, RAISED, STILL)
    assert frame.shape[2] == channels
    assert np.ptp(frame, axis=2).max() < 0.004


@pytest.mark.slow
def test_deep_sockets_are_lit_as_a_rendered_head_is(renderer, monkeypatch):
    model = load_head()
    pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")
    from cemnet.training.heads.deep_sockets import DeepSocketRenderer, with_deep_sockets
    from cemnet.training.heads.head_renderer import Look

    heads, look = DeepSocketRenderer(model), Look.sample_portrait(np.random.default_rng(1))

    def rendered(shown):
        picture = heads.render(with_deep_sockets(model, model.vertices(np.zeros(1, np.float32), shown)), pose, look)
        return picture.astype(np.float32) / 255

    pose = facing_pose()
    face = astronaut_face(renderer.basis, image=rendered(expression()), shown=expression())
    points = renderer.basis.project(pose, renderer.basis.mean).astype(np.float32)
    landmarks = FaceLandmarks(points, face.expression, 1.0)
    face = dataclasses.replace(face, landmarks=landmarks, pose=pose, residual=np.zeros_like(points))
    prepared = renderer.prepare(face)
    for shown in (RAISED, CLOSED):
        truth, lit = rendered(shown), renderer.frame(prepared, shown, STILL)
        monkeypatch.setattr("cemnet.render.skin_light.LARGEST_CHANGE", 0.0)
        monkeypatch.setattr("cemnet.render.skin_light.UNFOLDED_DETAIL", 0.0)
        unlit = renderer.frame(prepared, shown, STILL)
        monkeypatch.undo()
        assert socket_error(points, lit, truth) < 0.85 * socket_error(points, unlit, truth)


def socket_error(points, frame, truth):
    """The mean error of soft light between eyes and brows."""
    mask = np.zeros(frame.shape[:2], np.uint8)
    for lids in LIDS:
        corners = points[[*lids.corners, *lids.brow_edge], :2]
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(corners).astype(np.int32)), 1)
    return float(np.abs(cv2.GaussianBlur(frame - truth, (0, 0), 4))[mask > 0].mean())


def test_light_that_comes_has_the_hue_of_skin_and_a_highlight_that_goes_leaves_it():
    reddish, white = np.array([0.3, 0.12, 0.1]), np.array([0.95, 0.93, 0.92])
    pixels = np.stack([reddish, white])[None].astype(np.float32)
    target, around = np.log(np.full((1, 2), 0.64, np.float32)), np.full((1, 2, 3), SKIN, np.float32)
    relight(pixels, np.array([[1.0, -0.4]], np.float32), target, around)
    for colour in pixels[0]:
        hue = colour / (colour @ LUMINANCE) - np.array(SKIN) / (SKIN @ LUMINANCE)
        assert np.abs(hue).max() < 0.25
