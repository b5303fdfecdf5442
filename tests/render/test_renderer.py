"""Whole frames: the portrait at rest, backgrounds that stay, pictures of any size and number of channels."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from render_faces import astronaut_face, expression, eye_pixels, load_renderer

from cemnet.render.renderer import render_motion
from cemnet.types import Motion

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def face(renderer):
    return astronaut_face(renderer.basis)


@pytest.fixture(scope="module")
def prepared(renderer, face):
    return renderer.prepare(face)


def signal_to_noise(first, second):
    return 10 * np.log10(1 / max(float(((first - second) ** 2).mean()), 1e-12))


@pytest.mark.slow
@pytest.mark.parametrize("shown", [{}, {"mouthSmile": 0.8, "jawOpen": 0.3}, {"eyeBlink": 0.9, "browDown": 0.5}])
def test_the_reference_expression_returns_the_portrait(renderer, shown):
    face = astronaut_face(renderer.basis, shown=expression(**shown))
    frame = renderer.frame(renderer.prepare(face), face.expression, STILL)
    assert signal_to_noise(frame, face.image.numpy()) >= 45


def test_frames_stay_in_range_and_keep_shape(renderer, face, prepared):
    frame = renderer.frame(prepared, expression(jawOpen=0.8, browDown=1), STILL)
    assert frame.shape == tuple(face.image.shape)
    assert frame.dtype == np.float32
    assert frame.min() >= 0 and frame.max() <= 1


def test_pixels_far_from_the_face_are_the_portraits_own(renderer, face, prepared):
    frame = renderer.frame(prepared, expression(jawOpen=1, mouthSmile=1), np.array([0.1, 0.1, 0.1], np.float32))
    left, top, right, bottom = prepared.canvas.roi
    outside = np.ones(frame.shape[:2], bool)
    outside[top:bottom, left:right] = False
    np.testing.assert_array_equal(frame[outside], face.image.numpy()[outside])


def test_preparing_and_rendering_leave_the_portrait_untouched(renderer, face):
    before = face.image.clone()
    prepared = renderer.prepare(face)
    renderer.frame(prepared, expression(jawOpen=1), STILL)
    torch.testing.assert_close(face.image, before)


def test_the_same_expression_gives_the_same_frame(renderer, prepared):
    shown = expression(jawOpen=0.4, mouthSmile=0.5)
    first = renderer.frame(prepared, shown, STILL)
    renderer.frame(prepared, expression(jawOpen=1), STILL)
    np.testing.assert_array_equal(first, renderer.frame(prepared, shown, STILL))


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels_is_rendered(renderer, channels):
    colours = astronaut_face(renderer.basis).image.numpy()
    image = np.concatenate([colours, np.ones_like(colours[..., :1])], 2)[..., :channels].copy()
    face = astronaut_face(renderer.basis, image=image)
    frame = renderer.frame(renderer.prepare(face), expression(jawOpen=0.6), STILL)
    assert frame.shape == image.shape
    assert np.isfinite(frame).all()
    if channels == 4:
        np.testing.assert_allclose(frame[..., 3], 1, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.35, 2.0])
def test_small_and_large_faces_are_rendered(renderer, scale):
    image = cv2.resize(astronaut_face(renderer.basis).image.numpy(), None, fx=scale, fy=scale).clip(0, 1)
    face = astronaut_face(renderer.basis, image=image, scale=scale)
    prepared = renderer.prepare(face)
    same = renderer.frame(prepared, face.expression, STILL)
    assert signal_to_noise(same, image) >= 45
    assert np.abs(renderer.frame(prepared, expression(jawOpen=0.7), STILL) - image).max() > 0.1


def test_a_face_cut_by_the_pictures_border_is_rendered(renderer):
    face = astronaut_face(renderer.basis)
    image = face.image[60:160, 190:300].contiguous()
    points = face.landmarks.points - np.array([190, 60, 0], np.float32)
    cut = dataclasses.replace(
        face,
        image=image,
        landmarks=dataclasses.replace(face.landmarks, points=points),
        pose=dataclasses.replace(face.pose, translation=face.pose.translation - np.array([190, 60, 0])),
    )
    prepared = renderer.prepare(cut)
    frame = renderer.frame(prepared, expression(jawOpen=0.7), np.array([0.1, 0, 0.1], np.float32))
    assert frame.shape == tuple(image.shape)
    assert signal_to_noise(renderer.frame(prepared, cut.expression, STILL), image.numpy()) >= 45


def test_a_motion_is_rendered_frame_by_frame(renderer, face):
    motion = Motion(torch.from_numpy(np.stack([face.expression] * 3)), torch.zeros(3, 3), 25.0)
    frames = list(render_motion(renderer, face, motion))
    assert len(frames) == 3
    assert signal_to_noise(frames[-1], face.image.numpy()) >= 45


def test_what_a_transparent_picture_hides_does_not_bleed_into_its_edges(renderer):
    image = np.full((512, 512, 4), 0.8, np.float32)
    image[:, :, 3] = 1
    image[:, 250:] = 0  # black and transparent
    prepared = renderer.prepare(astronaut_face(renderer.basis, image=image))
    frame = renderer.frame(prepared, expression(), np.array([0.1, 0.0, 0.1], np.float32))
    half_seen = (frame[..., 3] > 0.2) & (frame[..., 3] < 0.8)
    beside_the_mouth = half_seen & (np.arange(512)[:, None] < 120)
    assert beside_the_mouth.sum() > 10
    assert frame[beside_the_mouth][:, :3].min() > 0.7


def cut_through_the_eye(renderer):
    """The astronaut in a picture whose left border runs through her right eye, and that border."""
    face = astronaut_face(renderer.basis, shown=expression())
    left = int(face.landmarks.points[[33, 133], 0].mean())
    return dataclasses.replace(
        face,
        image=face.image[:, left:].contiguous(),
        landmarks=dataclasses.replace(
            face.landmarks, points=face.landmarks.points - np.array([left, 0, 0], np.float32)
        ),
        pose=dataclasses.replace(face.pose, translation=face.pose.translation - np.array([left, 0, 0])),
    )


def test_a_cut_face_turns_no_further_than_its_border_can_show(renderer):
    """The eye at the border keeps its pixels, and the nose moves by little, however far the head should turn."""
    face = cut_through_the_eye(renderer)
    prepared = renderer.prepare(face)
    assert prepared.cut
    turned = np.array([0.4, 0.0, 0.0], np.float32)
    _, far = prepared.motion.displacements(face.expression, turned)
    _, near = prepared.motion.displacements(face.expression, prepared.limited_turn(turned))
    assert np.abs(near).max() < 0.5 * np.abs(far).max()
    eye = prepared.eyes[0]
    before, after = (
        eye_pixels(prepared, prepared.image, eye),
        eye_pixels(prepared, renderer.frame(prepared, face.expression, turned), eye),
    )
    assert np.abs(after - before)[:, :3].mean() < 0.03


def test_a_whole_face_turns_as_it_should(renderer, prepared):
    assert not prepared.cut
    assert prepared.warp.border_distance(prepared.landmarks).min() > 0
