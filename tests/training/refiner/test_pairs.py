"""Pairs for the refiner: what differs between a frame and its target is light, never a place."""

import numpy as np
import pytest
from paths import ICT_FACEKIT

pytestmark = pytest.mark.slow  # heads are drawn before the first test


@pytest.fixture(scope="module")
def examples():
    if not ICT_FACEKIT.is_file():
        pytest.skip("needs ICT-FaceKit (CEMNET_ICT_FACEKIT)")
    from cemnet.training.refiner.pairs import PairMaker

    return [example for number in range(2) for example in PairMaker(ICT_FACEKIT, []).frames(1, number)]


def test_a_target_is_the_frame_in_another_light(examples):
    """Every pixel far from the mouth is the frame's own, lighter or darker by a smooth factor."""
    for example in examples:
        composed, target = example.inputs.details[..., :3], example.target / 255
        upper = slice(30, 90), slice(30, 114)
        light = np.log((target[upper].mean(-1) + 0.05) / (composed[upper].mean(-1) + 0.05))
        texture = np.log(composed[upper].mean(-1) + 0.05)
        assert np.abs(np.diff(light, axis=0)).mean() < 0.5 * np.abs(np.diff(texture, axis=0)).mean()


def test_a_target_is_nearer_to_the_rendered_head_than_the_frame_is(examples):
    def errors(picture):
        return np.mean([np.abs(picture(example) - example.truth / 255).mean() for example in examples])

    assert errors(lambda example: example.target / 255) < errors(lambda example: example.inputs.details[..., :3])
