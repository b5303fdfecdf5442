"""Tests of whole frames: identity at rest, lids that shut, backgrounds that stay, any size and channel count."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from render_faces import astronaut_face, expression, load_renderer

from cemnet.arkit import NUM_EXPRESSIONS
from cemnet.face.landmark_indices import LOWER_INNER_LIP, UPPER_INNER_LIP
from cemnet.render.eyelid_rules import lid_gap
from cemnet.render.eyes.eye import SkinMotion, lid_contour
from cemnet.render.eyes.eyelids import lid_slides
from cemnet.render.landmark_motion import head_rotation
from cemnet.render.lip_rules import lip_gap
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


def test_a_blink_closes_both_eyes(prepared):
    moved, _ = prepared.motion.displacements(expression(mouthSmile=0.6, mouthUpperUp=0.3, eyeBlink=1), STILL)
    open_eyes, shut_eyes = lid_gap(prepared.landmarks), lid_gap(prepared.landmarks + moved)
    assert shut_eyes.mean() < 0.15 * open_eyes.mean()


def test_an_eyeball_is_covered_and_not_squashed(renderer, prepared, face):
    """In a half blink the visible part of the eye keeps the portrait's own pixels."""
    reference = renderer.frame(prepared, face.expression, STILL)
    half = renderer.frame(prepared, face.expression + expression(eyeBlink=0.4), STILL)
    eye = prepared.eyes[0]
    moved, by_head = prepared.motion.displacements(face.expression + expression(eyeBlink=0.4), STILL)
    row, column = np.round(prepared.canvas.source_points(prepared.landmarks[[145]] - np.array([[0, 3]]))[0][::-1])
    seen = half[int(row) - 1 : int(row) + 1, int(column) - 1 : int(column) + 2]
    own = reference[int(row) - 1 : int(row) + 1, int(column) - 1 : int(column) + 2]
    gaze = moved[list(eye.lids.iris)] - by_head[list(eye.lids.iris)]
    assert np.abs(gaze).max() < 1
    np.testing.assert_allclose(seen, own, atol=0.08)


def test_lips_meet_over_a_laughing_portraits_teeth(renderer):
    face = astronaut_face(renderer.basis, shown=expression(jawOpen=0.4, mouthSmile=0.7, mouthUpperUp=0.4))
    prepared = renderer.prepare(face)
    moved, _ = prepared.motion.displacements(expression(), STILL)
    assert lip_gap(prepared.landmarks).mean() > 10
    overlap = -lip_gap(prepared.landmarks + moved)  # a little, because teeth show up to the very edge of the lips
    assert overlap.min() > 0 and overlap.mean() < 6


def test_no_teeth_are_left_between_shut_lips(renderer):
    grey, laughing = np.full((1536, 1536, 3), 0.5, np.float32), expression(jawOpen=0.3, mouthSmile=0.7)
    face = astronaut_face(renderer.basis, image=grey, shown=laughing, scale=3.0)
    image, outline = face.image.numpy(), [*UPPER_INNER_LIP, *LOWER_INNER_LIP[::-1]]
    cv2.fillPoly(image, [np.round(face.landmarks.points[outline, :2]).astype(np.int32)], (0.9, 1.0, 0.9))
    shut = renderer.frame(renderer.prepare(face), expression(), STILL)
    shown = [(picture[..., 1] > 0.8).sum() for picture in (image, shut)]
    assert shown[0] > 60
    assert shown[1] < 0.05 * shown[0]


def test_lips_never_pass_each_other(prepared):
    rng = np.random.default_rng(3)
    for _ in range(20):
        shown = ((rng.random(NUM_EXPRESSIONS) < 0.3) * rng.random(NUM_EXPRESSIONS)).astype(np.float32)
        moved, _ = prepared.motion.displacements(shown, STILL)
        assert (lip_gap(prepared.landmarks + moved) - lip_gap(prepared.landmarks).clip(max=0)).min() > -1


def test_sneering_does_not_bare_the_whole_gum(prepared):
    one, _ = prepared.motion.displacements(expression(mouthUpperUp=1), STILL)
    both, _ = prepared.motion.displacements(expression(mouthUpperUp=1, noseSneer=1), STILL)
    assert both[13, 1] < one[13, 1] + 0.5
    assert both[13, 1] > -20


def test_yaw_turns_toward_the_pictures_right_and_pitch_down():
    nose = np.array([0.0, 0.0, 1.0])
    assert (head_rotation(np.array([0.2, 0, 0])) @ nose)[0] > 0
    assert (head_rotation(np.array([0, 0.2, 0])) @ nose)[1] < 0
    top = np.array([0.0, 1.0, 0.0])
    assert (head_rotation(np.array([0, 0, 0.2])) @ top)[0] < 0


def test_a_turning_head_moves_the_nose_more_than_the_collar(renderer, prepared):
    moved, _ = prepared.motion.displacements(prepared.motion.face.expression, np.array([0.15, 0, 0], np.float32))
    assert moved[4, 0] > 8
    assert abs(moved[152, 0]) < moved[4, 0]


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


def test_lids_never_fold_however_they_move(prepared):
    """Down every column of pixels the skin comes from ever lower rows of the portrait."""
    eye, still = prepared.eyes[0], np.zeros((478, 2), np.float32)
    field = np.zeros((*prepared.warp.shape, 2), np.float32)
    at_rest = eye.posed(SkinMotion(prepared.crop, prepared.warp, field, field), still, still)
    for lift in (-14.0, -5.0, 5.0, 14.0):
        moved = still.copy()
        moved[list(eye.lids.upper), 1] = lift
        moved[list(eye.lids.lower), 1] = -0.3 * lift
        lids = lid_contour(prepared.landmarks + moved, eye.lids)
        slides = lid_slides(dataclasses.replace(at_rest, lids=lids, box=eye.box), np.array([1.0, 2.0]))
        for slide in (slides.upper, slides.lower):
            assert np.diff(eye.box.y - slide, axis=0).min() > 0


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
