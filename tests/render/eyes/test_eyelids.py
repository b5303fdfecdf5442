"""Lids never fold, and a lid that shuts has no lashes on it and leaves no white."""

import dataclasses

import numpy as np
import pytest
from render_faces import astronaut_face, astronaut_with_drawn_eyes, expression, eye_pixels, load_renderer

from cemnet.render.eyes.eye import SkinMotion, lid_contour
from cemnet.render.eyes.eyelids import lid_slides

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def prepared(renderer):
    return renderer.prepare(astronaut_face(renderer.basis))


@pytest.fixture(scope="module")
def drawn(renderer):
    return renderer.prepare(astronaut_with_drawn_eyes(renderer.basis))


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


@pytest.mark.slow
def test_a_shut_lid_has_no_lashes_on_it(renderer, drawn):
    open_frame = renderer.frame(drawn, drawn.motion.face.expression, STILL)
    shut_frame = renderer.frame(drawn, drawn.motion.face.expression + expression(eyeBlink=1), STILL)
    for eye in drawn.eyes:
        dark = [(eye_pixels(drawn, frame, eye)[..., 0] < 0.45).sum() for frame in (open_frame, shut_frame)]
        assert dark[1] < 0.35 * dark[0]


def test_a_shut_eye_shows_no_white_beside_or_below_it(renderer, drawn):
    frame = renderer.frame(drawn, drawn.motion.face.expression + expression(eyeBlink=1), STILL)
    for eye in drawn.eyes:
        white = [(eye_pixels(drawn, picture, eye)[..., 2] > 0.75).sum() for picture in (drawn.image, frame)]
        assert white[1] < 0.03 * white[0]
