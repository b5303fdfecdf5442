"""Landmarks of a film are steady where the face rests and on time where it moves."""

import numpy as np

from cemnet.face import steadying
from cemnet.face.steadying import HeadAlignment, bilateral_over_time, steady_landmarks

FPS = 25.0


def face_points(rng, num_frames):
    points = rng.normal(0, 60, (1, 478, 3)).repeat(num_frames, 0)
    points[:, 33, :2], points[:, 263, :2] = (-50, 0), (50, 0)
    return points


def steady(points, seen):
    """All frames; only those that are seen are looked at."""
    return np.concatenate(list(steady_landmarks(points[seen], seen, len(points), FPS)))


def test_noise_at_rest_is_steadied_on_a_moving_head():
    rng = np.random.default_rng(0)
    still = face_points(rng, 40)
    travel = np.arange(40)[:, None, None] * np.array([2.0, 1.0, 0.0])
    noisy = still + travel + rng.normal(0, 0.4, still.shape)
    steadied = steady(noisy, np.arange(40))
    before, after = (np.abs(np.diff(points - travel, axis=0))[..., :2].mean() for points in (noisy, steadied))
    assert after < 0.6 * before


def test_a_lip_that_snaps_shut_is_not_late():
    points = face_points(np.random.default_rng(0), 40)
    points[20:, 14, 1] += 20
    steadied = steady(points, np.arange(40))
    np.testing.assert_allclose(steadied[:, 14, 1], points[:, 14, 1], atol=0.5)


def test_frames_that_are_not_seen_lie_between_their_neighbours():
    points = face_points(np.random.default_rng(0), 9) + np.arange(9)[:, None, None] * np.array([2.0, 1.0, 0.0])
    lost = points.copy()
    lost[3:6] = 1e3
    steadied = steady(lost, np.array([0, 1, 2, 6, 7, 8]))
    np.testing.assert_allclose(steadied, points, atol=1e-3)


def test_a_film_in_blocks_is_steadied_as_a_whole_one(monkeypatch):
    rng = np.random.default_rng(0)
    points = (face_points(rng, 61) + rng.normal(0, 0.4, (61, 478, 3))).astype(np.float32)
    seen = np.array([frame for frame in range(61) if frame not in (0, 6, 7, 8, 9, 10, 11, 12, 13, 29, 60)])
    whole = steady(points, seen)
    monkeypatch.setattr(steadying, "FRAMES_AT_ONCE", 7)
    np.testing.assert_array_equal(steady(points, seen), whole)


def test_an_alignment_finds_the_similarity_of_every_frame():
    rng = np.random.default_rng(0)
    shape, angle, scale = rng.normal(0, 60, (478, 2)), np.array([0.2, -0.5]), np.array([1.1, 0.8])
    turn = np.stack([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    points = scale[:, None, None] * shape @ turn.transpose(0, 2, 1) + [[[20.0, 5.0]], [[-3.0, 8.0]]]
    alignment = HeadAlignment.to_shape(shape, points)
    np.testing.assert_allclose(alignment.scale[:, 0], scale)
    np.testing.assert_allclose(np.arctan2(alignment.sine, alignment.cosine)[:, 0], angle)
    deep = np.concatenate([points, np.ones((2, 478, 1))], -1)
    local = alignment.to_head(deep)
    np.testing.assert_allclose(local[..., :2], np.stack([shape - shape.mean(0)] * 2), atol=1e-9)
    np.testing.assert_allclose(local[..., 2] * scale[:, None], 1)
    np.testing.assert_allclose(alignment.to_image(local), deep, atol=1e-9)


def test_the_filter_averages_near_values_and_keeps_steps():
    points = np.zeros((30, 1, 3))
    points[15:] = 10.0
    noisy = points + np.random.default_rng(0).normal(0, 0.1, points.shape)
    filtered = bilateral_over_time(noisy, 2.0, 1.0)
    assert np.abs(filtered - points).mean() < 0.6 * np.abs(noisy - points).mean()
    assert np.abs(filtered - points).max() < 0.5
