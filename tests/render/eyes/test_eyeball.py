"""Tests of what lids hide: irises become whole discs, closing lids lose their lashes, seen pixels stay."""

import cv2
import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.face.landmark_indices import LIDS
from cemnet.render.eyelid_rules import lid_gap
from cemnet.render.eyes.eyeball import spread

STILL = np.zeros(3, np.float32)
SKIN, WHITE, IRIS, LASH = (0.8, 0.6, 0.5), (0.9, 0.9, 0.9), (0.2, 0.3, 0.4), (0.1, 0.05, 0.05)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def drawn(renderer):
    """A drawn face with almond eyes whose irises reach under the upper lids, and lashes above them."""
    scale = 3.0
    face = astronaut_face(renderer.basis, image=np.full((1536, 1536, 3), SKIN, np.float32), scale=scale)
    image, points = face.image.numpy(), face.landmarks.points
    for lids in LIDS:
        outline = points[[lids.corners[0], *lids.upper, lids.corners[1], *lids.lower[::-1]], :2]
        opening = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(opening, [np.round(outline).astype(np.int32)], 1)
        centre, radius = points[lids.iris[0], :2], np.linalg.norm(points[lids.iris[1]] - points[lids.iris[0]])
        disc = cv2.circle(np.zeros_like(opening), np.round(centre).astype(int).tolist(), round(radius), 1, -1)
        image[opening > 0] = WHITE
        image[(opening & disc) > 0] = IRIS
        for index in lids.upper[1:-1]:
            foot = np.round(points[index, :2]).astype(int)
            cv2.line(image, (foot - np.array([0, 1])).tolist(), (foot - np.array([0, 9])).tolist(), LASH, 2)
    return renderer.prepare(face)


def eye_pixels(prepared, frame, eye):
    left, top, right, bottom = prepared.canvas.roi
    return frame[top:bottom, left:right][eye.hidden.box.area]


def test_the_hidden_part_of_an_iris_is_completed(drawn):
    for eye in drawn.eyes:
        box, centre = eye.hidden.box, drawn.landmarks[eye.lids.iris[0]]
        radius = np.linalg.norm(drawn.landmarks[eye.lids.iris[1]] - centre)
        inner = np.hypot(box.x - centre[0], box.y - centre[1]) < 0.7 * radius
        np.testing.assert_allclose(np.median(eye.hidden.eyeball[inner], 0), IRIS, atol=0.08)
        assert np.abs(eye.hidden.eyeball[inner] - IRIS).mean() < 0.1


def test_an_iris_that_looks_down_does_not_drag_lashes_along(renderer, drawn):
    face = drawn.motion.face
    frame = renderer.frame(drawn, face.expression + expression(eyeLookDown=0.7), STILL)
    for eye in drawn.eyes:
        inside = eye.contour.mask(eye.hidden.box, 0) > 0.99
        lashes = np.abs(eye_pixels(drawn, frame, eye) - LASH).max(-1) < 0.1
        assert (lashes & inside).sum() < 0.02 * inside.sum()


def test_a_shut_lid_has_no_lashes_on_it(renderer, drawn):
    open_frame = renderer.frame(drawn, drawn.motion.face.expression, STILL)
    shut_frame = renderer.frame(drawn, drawn.motion.face.expression + expression(eyeBlink=1), STILL)
    for eye in drawn.eyes:
        dark = [(eye_pixels(drawn, frame, eye)[..., 0] < 0.45).sum() for frame in (open_frame, shut_frame)]
        assert dark[1] < 0.35 * dark[0]


def test_the_seen_part_of_an_eye_is_the_portraits_own(drawn):
    for eye in drawn.eyes:
        own = drawn.crop[eye.hidden.box.area]
        deep = cv2.erode(eye.contour.mask(eye.hidden.box, 0), np.ones((11, 11))) > 0.99
        assert deep.sum() > 50
        np.testing.assert_allclose(eye.hidden.eyeball[deep], own[deep], atol=1e-5)


def test_spreading_keeps_what_is_known_and_fills_the_rest():
    pixels = np.full((40, 60, 3), 0.3, np.float32)
    pixels[:, 30:] = 5.0  # unknown
    known = np.zeros((40, 60), bool)
    known[10:20, 5:15] = True
    np.testing.assert_allclose(spread(pixels, known, 1.0), 0.3, atol=1e-3)


def test_a_blink_shuts_eyes_whose_squint_leaves_meanwhile(renderer):
    face = astronaut_face(renderer.basis, shown=expression(eyeSquint=0.9, mouthSmile=0.7))
    prepared = renderer.prepare(face)
    moved, _ = prepared.motion.displacements(expression(eyeBlink=1), STILL)
    open_height = lid_gap(prepared.landmarks).mean()
    assert lid_gap(prepared.landmarks + moved).max() < 0.1 * open_height


def test_a_shut_eye_shows_no_white_beside_or_below_it(renderer, drawn):
    frame = renderer.frame(drawn, drawn.motion.face.expression + expression(eyeBlink=1), STILL)
    for eye in drawn.eyes:
        white = [(eye_pixels(drawn, picture, eye)[..., 2] > 0.75).sum() for picture in (drawn.image, frame)]
        assert white[1] < 0.03 * white[0]


def test_an_iris_stays_between_the_lids_however_far_it_looks(renderer, drawn):
    for way in ("eyeLookDown", "eyeLookUp"):
        moved, by_head = drawn.motion.displacements(expression(**{way: 1.0}), STILL)
        for lids in LIDS:
            centre = (drawn.landmarks + moved - by_head)[lids.iris[0], 1]
            upper, lower = drawn.landmarks[list(lids.upper), 1].min(), drawn.landmarks[list(lids.lower), 1].max()
            assert upper + 0.1 * (lower - upper) < centre < lower - 0.1 * (lower - upper)
