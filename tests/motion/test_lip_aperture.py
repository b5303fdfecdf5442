"""The gap between the lips follows from the blendshapes that open and close it."""

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.motion.lip_aperture import LIP_GAP, lip_parting, visible_aperture


def face(**blendshapes: float) -> np.ndarray:
    """One frame of an otherwise neutral face."""
    expression = np.zeros((1, NUM_EXPRESSIONS), np.float32)
    for name, weight in blendshapes.items():
        expression[0, ARKIT_INDEX[name]] = weight
    return expression


def test_a_fully_open_jaw_is_the_unit_and_a_neutral_face_is_closed():
    assert lip_parting(face(jawOpen=1.0)) == pytest.approx(1.0)
    assert lip_parting(face()) == visible_aperture(face()) == 0


def test_both_sides_together_open_as_far_as_their_stem_says():
    both = face(mouthUpperUpLeft=1.0, mouthUpperUpRight=1.0)
    assert lip_parting(both) == pytest.approx(LIP_GAP["mouthUpperUp"])
    assert lip_parting(face(mouthUpperUpLeft=1.0)) == pytest.approx(LIP_GAP["mouthUpperUp"] / 2)


def test_pressed_lips_have_no_visible_gap():
    pressed = np.concatenate([face(mouthClose=0.5), face(jawOpen=0.3, mouthClose=0.1)])
    np.testing.assert_allclose(lip_parting(pressed), [-0.64, 0.172], atol=1e-6)
    np.testing.assert_allclose(visible_aperture(pressed), [0, 0.172], atol=1e-6)
