"""The blendshapes have one order, two sides, and groups that do not overlap."""

import numpy as np
import pytest

from cemnet.arkit import (
    ARKIT_INDEX,
    ARKIT_NAMES,
    BLINK,
    BROWS_AND_EYES,
    GAZE,
    MIRRORED_EXPRESSION,
    MOUTH,
    NUM_EXPRESSIONS,
    OPENING,
    arkit_indices,
    mirrored_name,
)


def test_every_blendshape_has_its_own_place():
    assert NUM_EXPRESSIONS == len(set(ARKIT_NAMES)) == 52
    assert [ARKIT_INDEX[name] for name in ARKIT_NAMES] == list(range(52))


@pytest.mark.parametrize(
    ("name", "mirrored"),
    [("eyeBlinkLeft", "eyeBlinkRight"), ("jawRight", "jawLeft"), ("mouthLeft", "mouthRight"), ("jawOpen", "jawOpen")],
)
def test_a_blendshape_mirrors_to_the_other_side_and_back(name, mirrored):
    assert mirrored_name(name) == mirrored and mirrored_name(mirrored) == name
    assert MIRRORED_EXPRESSION[ARKIT_INDEX[name]] == ARKIT_INDEX[mirrored]


def test_a_face_mirrored_twice_is_itself():
    np.testing.assert_array_equal(MIRRORED_EXPRESSION[MIRRORED_EXPRESSION], np.arange(52))


def test_a_group_is_found_by_the_stems_of_its_names():
    assert [ARKIT_NAMES[index] for index in arkit_indices("jawOpen", "browDown")] == [
        "jawOpen",
        "browDownLeft",
        "browDownRight",
    ]
    assert arkit_indices("ear") == []


def test_groups_do_not_overlap_and_what_opens_the_lips_is_part_of_the_mouth():
    groups = (BLINK, GAZE, MOUTH, BROWS_AND_EYES)
    assert [len(group) for group in groups] == [2, 8, 28, 11]
    assert len({index for group in groups for index in group}) == sum(len(group) for group in groups)
    assert set(OPENING) < set(MOUTH)
