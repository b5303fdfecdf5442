"""Lips that shut meet and never pass each other; a sneer spares the gum."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.motion.lip_aperture import LIP_GAP_WEIGHTS, lip_parting
from cemnet.render.lip_rules import lip_gap

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def prepared(renderer):
    return renderer.prepare(astronaut_face(renderer.basis))


def test_lips_meet_over_a_laughing_portraits_teeth(renderer):
    face = astronaut_face(renderer.basis, shown=expression(jawOpen=0.4, mouthSmile=0.7, mouthUpperUp=0.4))
    prepared = renderer.prepare(face)
    moved, _ = prepared.motion.displacements(expression(), STILL)
    assert lip_gap(prepared.landmarks).mean() > 10
    overlap = -lip_gap(prepared.landmarks + moved)  # a little, because teeth show up to the very edge of the lips
    assert overlap.min() > 0 and overlap.mean() < 6


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


@pytest.mark.slow
@pytest.mark.parametrize("jaw", [0.1, 0.25, 0.5])
def test_lips_that_a_performance_closes_meet_in_the_picture(jaw):
    renderer = load_renderer()
    calm = renderer.prepare(astronaut_face(renderer.basis, shown=expression()))
    opened, closed = expression(jawOpen=jaw), expression(jawOpen=jaw)
    closed[ARKIT_INDEX["mouthClose"]] = -lip_parting(opened[None])[0] / LIP_GAP_WEIGHTS[ARKIT_INDEX["mouthClose"]]
    gaps = []
    for shown in (opened, closed):
        moved, _ = calm.motion.displacements(shown, np.zeros(3, np.float32))
        gaps.append(lip_gap(calm.landmarks + moved).mean())
    assert gaps[0] > 30 * jaw
    assert gaps[1] < 1.5 + 0.02 * gaps[0]
