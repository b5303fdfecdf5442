"""What is made of regressed blendshapes: sides alone, closed lips, softer sneers, and priors of expressions."""

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX, EMOTION_INDEX, EMOTIONS, MIRRORED_EXPRESSION
from cemnet.checkpoint import find_weights
from cemnet.face.basis import FaceBasis
from cemnet.face.landmark_indices import LOWER_LIP_ROWS, UPPER_LIP_ROWS

pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")


@pytest.fixture(scope="module")
def basis():
    return FaceBasis.load(find_weights("face_basis.safetensors"))


def test_priors_are_one_normal_distribution_for_each_emotion_and_one_for_any_face():
    from cemnet.training.heads.basis_regression import expression_priors

    priors = expression_priors(seed=0, num_samples=400)
    mean, precision, share = (priors[f"prior_{name}"] for name in ("mean", "precision", "share"))
    assert len(mean) == len(precision) == len(share) == len(EMOTIONS) + 1
    assert share.sum() == pytest.approx(1)
    smile = ARKIT_INDEX["mouthSmileLeft"]
    assert mean[EMOTION_INDEX["happy"], smile] > mean[EMOTION_INDEX["sad"], smile] + 0.2
    np.testing.assert_allclose(mean, mean[:, MIRRORED_EXPRESSION], atol=1e-6)
    assert (np.linalg.eigvalsh(precision) > 0).all()


def test_what_the_landmarker_sees_on_both_sides_is_given_to_the_side_that_moves(basis):
    from cemnet.training.heads.basis_regression import each_side_alone

    left, right = ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]
    blurred = basis.expression.copy()
    blurred[left] = blurred[right] = (basis.expression[left] + basis.expression[right]) / 2
    alone = each_side_alone(blurred, basis.expression)
    np.testing.assert_allclose(alone[left] + alone[right], blurred[left] + blurred[right], atol=1e-9)
    assert np.abs(alone[left] - basis.expression[left]).max() < 0.2 * np.abs(basis.expression[left]).max()


def test_mouth_close_is_made_to_close_the_lips(basis):
    from cemnet.training.heads.basis_regression import close_lips_and_lids

    ajar = basis.expression.copy()
    ajar[ARKIT_INDEX["mouthClose"], UPPER_LIP_ROWS[0], 1] += 0.3
    close_lips_and_lids(basis.mean, ajar)
    closed = ajar[ARKIT_INDEX["jawOpen"]] + ajar[ARKIT_INDEX["mouthClose"]]
    np.testing.assert_allclose(closed[list(UPPER_LIP_ROWS[0]), 1], closed[list(LOWER_LIP_ROWS[0]), 1], atol=1e-9)


def test_sneers_are_softened_below_the_nose_only(basis):
    from cemnet.training.heads.basis_regression import LIP_HEIGHT, NOSE_HEIGHT, SNEER_AT_LIPS, soften_sneers

    sneer, softened = ARKIT_INDEX["noseSneerLeft"], basis.expression.copy()
    soften_sneers(basis.mean, softened)
    above, below = basis.mean[:, 1] > NOSE_HEIGHT, basis.mean[:, 1] < LIP_HEIGHT
    np.testing.assert_array_equal(softened[sneer, above], basis.expression[sneer, above])
    np.testing.assert_allclose(softened[sneer, below], SNEER_AT_LIPS * basis.expression[sneer, below])
