"""Crops go with the face, whatever a system cut or scaled."""

import numpy as np
import pytest

from cemnet.errors import FaceError
from cemnet.evaluation.videos.watching import WatchedVideo, carried_box, crop, evenly, eye_distance, face_box, watch
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.media.video_writer import VideoWriter
from cemnet.types import FaceLandmarks


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(50, 150, (478, 3))


def test_a_box_goes_with_the_eyes(points):
    box = (10.0, 20.0, 110.0, 120.0)
    assert carried_box(box, points, points) == pytest.approx(box)
    assert carried_box(box, points, 2 * points + [30, 40, 0]) == pytest.approx((50, 80, 250, 280))


def test_the_box_of_a_face_is_a_square_around_it(points):
    left, top, right, bottom = face_box(points)
    assert right - left == pytest.approx(bottom - top)
    assert left < points[:, 0].min() and bottom > points[:, 1].max()


def test_a_crop_is_the_boxed_part_in_another_size():
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[10:20, 20:30] = 200
    assert (crop(picture, (20, 10, 30, 20), 10) == 200).all()
    assert crop(picture, (20, 10, 30, 20), 5).shape == (5, 5, 3)
    large = np.kron(picture, np.ones((8, 8, 1), np.uint8))
    assert np.abs(crop(large, (160, 80, 240, 160), 10).astype(int) - 200).max() <= 1


def test_a_crop_continues_the_border_of_the_picture():
    picture = np.full((10, 10, 3), 7, np.uint8)
    assert (crop(picture, (-20, -20, 30, 30), 16) == 7).all()


def test_frames_are_spread_between_the_ends():
    assert list(evenly(11, 4)) == [2, 4, 6, 8]
    assert list(evenly(1, 4)) == [0]


def test_a_video_without_a_face_is_refused(tmp_path):
    with VideoWriter(tmp_path / "grey.mp4", 25, 64, 64) as video:
        for _ in range(5):
            video.write(np.full((64, 64, 3), 0.5, np.float32))

    with pytest.raises(FaceError, match="shows a face in only 0 of 5 frames"):
        watch(FaceLandmarker(find_face_landmarker()), tmp_path / "grey.mp4")


def test_frames_without_a_face_do_not_count_for_the_typical_one(points, tmp_path):
    faces = [FaceLandmarks(points + shift, np.zeros(52), 1.0) for shift in (0.0, 1.0, 2.0)]
    video = WatchedVideo(tmp_path, [faces[0], None, faces[1], faces[2]], (200, 200))
    np.testing.assert_allclose(video.typical, points + 1)
    assert np.isnan(video.points[1]).all()
    assert eye_distance(video.points)[2] == pytest.approx(eye_distance(points))
