"""Known shifts give known distances."""

import numpy as np
import pytest

from cemnet.evaluation.videos.distances import (
    FACE,
    HIGHEST_PSNR,
    MOUTH,
    jitter,
    landmark_distance,
    scaled_to,
    signal_to_noise,
    structural_similarity,
)
from cemnet.face.landmark_indices import OUTER_EYE_CORNERS


@pytest.fixture
def truth():
    """Ten frames of a face whose eyes are 80 pixels apart."""
    points = np.random.default_rng(0).uniform(0, 200, (1, 478, 3)).repeat(10, axis=0)
    points[:, OUTER_EYE_CORNERS[0], :2], points[:, OUTER_EYE_CORNERS[1], :2] = (60, 100), (140, 100)
    return points


def test_half_of_the_mouth_moved_by_a_known_way_is_half_of_it_away(truth):
    moved = truth.copy()
    half = len(MOUTH) // 2
    moved[:, MOUTH[:half], 1] += 8  # a tenth of the eyes' distance; the mean goes with it by half of that
    share = half / len(MOUTH)
    assert landmark_distance(moved, truth, MOUTH) == pytest.approx(10 * 2 * share * (1 - share))
    assert 0 < landmark_distance(moved, truth, FACE) < landmark_distance(moved, truth, MOUTH)


def test_a_face_that_is_elsewhere_in_the_picture_is_not_away(truth):
    assert landmark_distance(truth + np.array([30.0, -20.0, 0.0]), truth, FACE) == pytest.approx(0)


def test_a_larger_picture_is_not_away_once_it_is_scaled(truth):
    assert landmark_distance(3 * truth, truth, FACE) > 1
    assert landmark_distance(scaled_to(3 * truth, truth), truth, FACE) == pytest.approx(0)


def test_lost_frames_and_a_longer_video_do_not_count(truth):
    lost = truth.copy()
    lost[3] = np.nan
    assert landmark_distance(lost, truth[:7], MOUTH) == pytest.approx(0)
    assert np.isnan(landmark_distance(np.full_like(truth, np.nan), truth, MOUTH))


def test_a_face_that_glides_does_not_shake_and_one_that_hops_does(truth):
    steps = np.arange(10.0)[:, None, None] * [1.0, 2.0, 0.0]
    assert jitter(truth + steps) == pytest.approx(0, abs=1e-6)
    hop = np.zeros((10, 1, 3))
    hop[::2, 0, 0] = 0.4  # pixels: accelerations of 0.8, a hundredth of the eyes' distance
    assert jitter(truth + hop) == pytest.approx(1.0)
    assert np.isnan(jitter(truth[:2]))


def test_pictures_of_a_known_error_have_its_psnr():
    picture = np.full((32, 32, 3), 100, np.uint8)
    assert signal_to_noise(picture, picture) == HIGHEST_PSNR
    assert signal_to_noise(picture, picture + 51) == pytest.approx(20 * np.log10(5), abs=1e-3)  # an error of a fifth


def test_equal_structures_have_a_similarity_of_one_and_noise_has_less():
    rng = np.random.default_rng(0)
    picture, other = rng.integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
    assert structural_similarity(picture, picture) == pytest.approx(1)
    assert structural_similarity(picture, other) < 0.2
