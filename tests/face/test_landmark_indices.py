"""Groups of landmarks lie where their names say, on the released face basis."""

import numpy as np
import pytest

from cemnet.checkpoint import find_weights
from cemnet.face.basis import FaceBasis
from cemnet.face.landmark_indices import (
    CHIN,
    CONTROLS,
    FOREHEAD,
    LEFT_LIDS,
    LOWER_LIP_ROWS,
    NOSE,
    OUTER_EYE_CORNERS,
    RIGHT_LIDS,
    UPPER_LIP_ROWS,
)


@pytest.fixture(scope="module")
def places():
    return FaceBasis.load(find_weights("face_basis.safetensors")).mean


def test_forehead_nose_and_chin_follow_each_other_downwards(places):
    heights = [places[list(group), 1].mean() for group in (FOREHEAD, NOSE, CHIN)]
    assert heights == sorted(heights, reverse=True)


def test_rows_of_the_lips_run_from_the_persons_right_to_the_left_and_outwards(places):
    for rows, outwards in ((UPPER_LIP_ROWS, 1), (LOWER_LIP_ROWS, -1)):
        assert all((np.diff(places[list(row), 0]) > 0).all() for row in rows)
        middles = [outwards * places[row[4], 1] for row in (rows[0], rows[2], rows[3])]
        assert middles == sorted(middles)


def test_lids_and_brows_belong_to_their_side(places):
    for lids, side in ((RIGHT_LIDS, -1), (LEFT_LIDS, 1)):
        group = list((*lids.upper, *lids.lower, *lids.corners, *lids.iris, *lids.brow_edge))
        assert (side * places[group, 0] > 0).all()
        assert (np.diff(places[list(lids.upper), 0]) > 0).all()
        assert places[list(lids.upper), 1].mean() > places[list(lids.lower), 1].mean()
        assert places[list(lids.brow_edge), 1].min() > places[list(lids.upper), 1].max()


def test_outer_corners_of_the_eyes_are_the_outermost(places):
    right, left = OUTER_EYE_CORNERS
    assert places[right, 0] < places[RIGHT_LIDS.corners[1], 0] < places[LEFT_LIDS.corners[0], 0] < places[left, 0]


def test_no_landmark_controls_a_warp_twice():
    assert len(set(CONTROLS)) == len(CONTROLS)
