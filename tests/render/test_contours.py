"""Opening contours: smooth, ordered, and cut out of pixels; and the similarity transform that carries them."""

import numpy as np
import pytest
from render_faces import astronaut_face, load_renderer

from cemnet.render.contours import OpeningContour, SimilarityTransform, smooth_curve


def almond(height, lowest=None, width=40.0, centre=(336.0, 336.0)):
    """An opening whose lids or lips are parabolas."""
    x = np.linspace(-1, 1, 33)
    curve = (1 - x**2) * height
    upper = np.stack([centre[0] + x * width / 2, centre[1] - curve], 1)
    lower = np.stack([centre[0] + x * width / 2, centre[1] + (curve if lowest is None else (1 - x**2) * lowest)], 1)
    return OpeningContour.between(upper.astype(np.float32), lower.astype(np.float32))


def test_a_smooth_curve_passes_through_its_landmarks_and_never_runs_back():
    points = np.array([[0, 0], [3, 1], [2.9, 2], [6, 1], [9, 0]], np.float32)
    curve = smooth_curve(points)
    assert np.diff(curve[:, 0]).min() > 0
    np.testing.assert_allclose(curve[[0, -1], 1], points[[0, -1], 1], atol=1e-5)


def test_curves_that_pass_each_other_meet_halfway():
    crossed = almond(-3.0, -1.0)
    upper, lower = crossed.heights(np.array([336.0]))
    assert upper[0] == pytest.approx(lower[0], abs=1e-3)
    assert upper[0] == pytest.approx(336.0 + 1.0, abs=0.05)


def test_the_aperture_is_the_mean_height_over_the_width():
    assert almond(6.0).aperture == pytest.approx(2 * 6.0 * (2 / 3) / 40.0, rel=0.1)
    assert almond(0.0).shows_teeth == 0
    assert almond(6.0).shows_teeth == 1


def test_a_mask_is_as_large_as_the_opening():
    renderer = load_renderer()
    box = renderer.prepare(astronaut_face(renderer.basis, scale=2.0)).lips.box
    centre = (float(box.x.mean()), float(box.y.mean()))
    opening = almond(8.0, centre=centre)
    area = opening.mask(box, 0).sum() * box.units_per_pixel**2
    rim = np.linalg.norm(np.diff(opening.outline(), axis=0), axis=1).sum() * box.units_per_pixel
    assert abs(area - opening.aperture * opening.width**2) < 1.2 * rim  # a pixel along the outline
    assert not almond(0.0, centre=centre).mask(box, 0).any()


def test_a_part_holds_the_whole_mask():
    renderer = load_renderer()
    box = renderer.prepare(astronaut_face(renderer.basis, scale=2.0)).lips.box
    opening = almond(8.0, centre=(float(box.x.mean()), float(box.y.mean())))
    part = opening.part_of(box, 1.5)
    whole = opening.mask(box, 1.5)
    np.testing.assert_allclose(whole[part.place_in(box)], opening.mask(part, 1.5), atol=0.02)
    assert part.x.size < box.x.size
    assert opening.mask(part, 1.5).sum() == pytest.approx(whole.sum(), rel=0.01)


@pytest.fixture
def transform():
    return SimilarityTransform.of_corners(np.array([[10.0, 20.0], [50.0, 22.0]]), np.array([[3.0, -2.0], [5.0, 8.0]]))


def test_a_similarity_transform_moves_both_corners_as_told(transform):
    corners = np.array([[10.0, 20.0], [50.0, 22.0]])
    np.testing.assert_allclose(transform.forward(corners), [[13.0, 18.0], [55.0, 30.0]], atol=1e-4)


def test_a_similarity_transform_keeps_angles_and_is_inverted(transform):
    points = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    origin, across, down = transform.forward(points)
    assert abs((across - origin) @ (down - origin)) < 1e-3
    x, y = transform.backward(*transform.forward(points).T)
    np.testing.assert_allclose(np.stack([x, y], 1), points, atol=1e-4)
