"""Lids shut in a blink, relax and stare as they are told, and irises stay between them."""

import numpy as np
import pytest
from render_faces import astronaut_face, astronaut_with_drawn_eyes, expression, load_renderer

from cemnet.face.landmark_indices import LIDS
from cemnet.render.eyelid_rules import lid_gap

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


def test_a_blink_closes_both_eyes(prepared):
    moved, _ = prepared.motion.displacements(expression(mouthSmile=0.6, mouthUpperUp=0.3, eyeBlink=1), STILL)
    open_eyes, shut_eyes = lid_gap(prepared.landmarks), lid_gap(prepared.landmarks + moved)
    assert shut_eyes.mean() < 0.15 * open_eyes.mean()


def test_a_blink_shuts_eyes_whose_squint_leaves_meanwhile(renderer):
    face = astronaut_face(renderer.basis, shown=expression(eyeSquint=0.9, mouthSmile=0.7))
    prepared = renderer.prepare(face)
    moved, _ = prepared.motion.displacements(expression(eyeBlink=1), STILL)
    open_height = lid_gap(prepared.landmarks).mean()
    assert lid_gap(prepared.landmarks + moved).max() < 0.1 * open_height


def test_eyes_relax_when_a_squint_leaves_and_stare_only_when_told_to():
    renderer = load_renderer()
    squinting = renderer.prepare(astronaut_face(renderer.basis, shown=expression(eyeSquint=0.8, cheekSquint=0.8)))
    openings = []
    for shown in (expression(eyeSquint=0.8, cheekSquint=0.8), expression(), expression(eyeWide=1)):
        moved, _ = squinting.motion.displacements(shown, np.zeros(3, np.float32))
        openings.append(lid_gap(squinting.landmarks + moved).mean())
    assert 1.02 * openings[0] < openings[1] < 1.2 * openings[0] < openings[2]


def test_an_iris_stays_between_the_lids_however_far_it_looks(renderer, drawn):
    for way in ("eyeLookDown", "eyeLookUp"):
        moved, by_head = drawn.motion.displacements(expression(**{way: 1.0}), STILL)
        for lids in LIDS:
            centre = (drawn.landmarks + moved - by_head)[lids.iris[0], 1]
            upper, lower = drawn.landmarks[list(lids.upper), 1].min(), drawn.landmarks[list(lids.lower), 1].max()
            assert upper + 0.1 * (lower - upper) < centre < lower - 0.1 * (lower - upper)
