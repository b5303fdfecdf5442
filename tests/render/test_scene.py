"""Tests of several faces in one picture: each moves by itself, parts that overlap agree, the rest stays."""

import dataclasses

import numpy as np
import pytest
import torch
from render_faces import astronaut_face, expression, load_renderer

from cemnet.errors import CEMNetError
from cemnet.media.pixels import to_uint8
from cemnet.render.scene import Scene, render_performances, stream_performances
from cemnet.types import Motion


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


def moved_aside(face, image, shift):
    """The face in a wider picture, some pixels to the right."""
    offset = np.array([shift, 0, 0], np.float32)
    return dataclasses.replace(
        face,
        image=image,
        landmarks=dataclasses.replace(face.landmarks, points=face.landmarks.points + offset),
        pose=dataclasses.replace(face.pose, translation=face.pose.translation + offset),
    )


def couple(renderer, distance):
    """The astronaut twice in one picture, some pixels apart."""
    face = astronaut_face(renderer.basis)
    picture = face.image.numpy()
    wide = np.concatenate([picture[:, :400], picture], 1) if distance >= 400 else np.tile(picture, (1, 2, 1))
    image = torch.from_numpy(np.ascontiguousarray(wide[:320]))
    return moved_aside(face, image, 0), moved_aside(face, image, distance)


def motion(num_frames, fps=25.0, **shown):
    return Motion(torch.from_numpy(np.stack([expression(**shown)] * num_frames)), torch.zeros(num_frames, 3), fps)


@pytest.mark.slow
def test_faces_far_apart_move_as_they_do_alone(renderer):
    first, second = couple(renderer, 400)
    talk, smile = motion(1, jawOpen=0.6), motion(1, mouthSmile=0.9)
    (both,) = render_performances(renderer, [(first, talk), (second, smile)])
    (left,) = render_performances(renderer, [(first, talk)])
    (right,) = render_performances(renderer, [(second, smile)])
    middle = 420
    np.testing.assert_allclose(both[:, :middle], left[:, :middle], atol=1e-6)
    np.testing.assert_allclose(both[:, middle:], right[:, middle:], atol=1e-6)


@pytest.mark.slow
def test_where_faces_overlap_the_order_does_not_matter(renderer):
    first, second = couple(renderer, 150)
    pairs = [(first, motion(1, jawOpen=0.7)), (second, motion(1, mouthSmile=0.9))]
    (forward,), (backward,) = render_performances(renderer, pairs), render_performances(renderer, pairs[::-1])
    np.testing.assert_allclose(forward, backward, atol=1e-5)
    scene = Scene.build(renderer, [first, second])
    assert all(share is not None for share in scene.shares)
    assert forward.min() >= 0 and forward.max() <= 1


@pytest.mark.slow
def test_overlapping_faces_keep_their_own_mouths(renderer):
    first, second = couple(renderer, 150)
    (both,) = render_performances(renderer, [(first, motion(1, jawOpen=0.7)), (second, motion(1, mouthSmile=0.9))])
    (alone,) = render_performances(renderer, [(first, motion(1, jawOpen=0.7))])
    column, row = np.round(first.landmarks.points[13, :2]).astype(int)
    patch = np.s_[row - 4 : row + 8, column - 5 : column + 5]
    assert np.abs(alone[patch] - first.image.numpy()[patch]).mean() > 0.1
    np.testing.assert_allclose(both[patch], alone[patch], atol=0.06)


@pytest.mark.slow
def test_who_is_done_first_stays_as_in_the_last_frame(renderer):
    first, second = couple(renderer, 400)
    frames = list(render_performances(renderer, [(first, motion(1, jawOpen=0.6)), (second, motion(3))]))
    assert len(frames) == 3
    np.testing.assert_array_equal(frames[0], frames[2])


@pytest.mark.slow
def test_a_streamed_frame_is_the_rendered_one_in_8_bits(renderer):
    first, second = couple(renderer, 150)
    pairs = [(first, motion(2, jawOpen=0.6)), (second, motion(1, mouthSmile=0.9))]
    rendered = [to_uint8(frame) for frame in render_performances(renderer, pairs)]
    streamed = [frame.copy() for frame in stream_performances(renderer, pairs)]
    np.testing.assert_array_equal(rendered, streamed)


def test_different_pictures_and_frame_rates_are_told(renderer):
    first, second = couple(renderer, 400)
    stranger = astronaut_face(renderer.basis)
    with pytest.raises(CEMNetError, match="different pictures"):
        list(render_performances(renderer, [(first, motion(1)), (stranger, motion(1))]))
    with pytest.raises(CEMNetError, match="frame rates"):
        list(render_performances(renderer, [(first, motion(1)), (second, motion(1, fps=30.0))]))
