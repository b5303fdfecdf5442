"""Faces are found wherever they are, as MediaPipe finds them, and nothing else is taken for one."""

import zipfile

import cv2
import numpy as np
import pytest
import skimage.data
from paths import TEST_DATA

from cemnet.arkit import ARKIT_INDEX
from cemnet.errors import MissingModelError
from cemnet.face import landmarker as face_module
from cemnet.face.landmark_indices import OUTER_EYE_CORNERS
from cemnet.face.landmarker import MEDIAPIPE_TO_ARKIT, FaceLandmarker, find_face_landmarker


@pytest.fixture(scope="module")
def task_path():
    try:
        return find_face_landmarker()
    except MissingModelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def landmarker(task_path):
    return FaceLandmarker(task_path)


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


@pytest.fixture(scope="module")
def found(landmarker, astronaut):
    (only,) = landmarker.detect(astronaut)
    return only


def error_in_eye_distances(points, expected):
    """Mean distance in the picture, as a share of the distance between the outer eye corners."""
    eyes = np.linalg.norm(expected[OUTER_EYE_CORNERS[0], :2] - expected[OUTER_EYE_CORNERS[1], :2])
    return np.linalg.norm(points[:, :2] - expected[:, :2], axis=1).mean() / eyes


def warped(image, matrix, size):
    """The image under an affine map, and the map for points (counted from the corner of the first pixel)."""
    to_points = matrix.copy()
    to_points[:, 2] += 0.5 - matrix[:, :2].sum(1) / 2
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_AREA), to_points


def turned(image, degrees):
    height, width = image.shape[:2]
    side = int(np.hypot(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    matrix[:, 2] += [(side - width) / 2, (side - height) / 2]
    return warped(image, matrix, (side, side))


def moved(points, matrix):
    return points[:, :2] @ matrix[:, :2].T + matrix[:, 2]


def test_landmarks_agree_with_what_mediapipe_sees(found):
    with np.load(TEST_DATA / "astronaut_mediapipe.npz") as stored:
        points, scores = stored["points"], stored["scores"]
    assert error_in_eye_distances(found.points, points) < 0.02
    assert np.abs(found.blendshapes[MEDIAPIPE_TO_ARKIT] - scores[1:]).mean() < 0.02
    eyes = np.linalg.norm(points[33, :2] - points[263, :2])
    assert np.abs(found.points[:, 2] - points[:, 2]).mean() / eyes < 0.04


@pytest.mark.slow
def test_landmarks_agree_with_the_installed_mediapipe(found, task_path, astronaut):
    mediapipe = pytest.importorskip("mediapipe", reason="needs mediapipe>=0.10.31,<0.10.35 and libgl1")
    vision = mediapipe.tasks.vision
    options = vision.FaceLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(task_path)), output_face_blendshapes=True
    )
    with vision.FaceLandmarker.create_from_options(options) as reference:
        seen = reference.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=astronaut))
    height, width = astronaut.shape[:2]
    points = np.array([[p.x * width, p.y * height, p.z * width] for p in seen.face_landmarks[0]])
    assert error_in_eye_distances(found.points, points) < 0.02
    for category in seen.face_blendshapes[0][1:]:
        assert abs(found.blendshapes[ARKIT_INDEX[category.category_name]] - category.score) < 0.25


def test_blendshapes_come_in_arkits_order(found):
    smile = found.blendshapes[[ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]]
    assert (smile > 0.6).all()
    assert found.blendshapes[ARKIT_INDEX["jawOpen"]] < 0.2
    assert found.blendshapes[ARKIT_INDEX["tongueOut"]] == 0


def test_a_mirrored_picture_gives_a_mirrored_face(landmarker, astronaut, found):
    (mirrored,) = landmarker.detect(np.ascontiguousarray(astronaut[:, ::-1]))
    width = astronaut.shape[1]
    eyes = abs(found.points[33, 0] - found.points[263, 0])
    for landmark, partner in ((33, 263), (61, 291), (1, 1), (468, 473)):
        expected = [width - found.points[partner, 0], found.points[partner, 1]]
        assert np.linalg.norm(mirrored.points[landmark, :2] - expected) < 0.05 * eyes


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [30, 90, 180, 270])
def test_turned_faces_are_found_the_right_way_up(landmarker, astronaut, found, degrees):
    picture, matrix = turned(astronaut, degrees)
    (face,) = landmarker.detect(picture)
    assert error_in_eye_distances(face.points, moved(found.points, matrix)) < 0.04


@pytest.mark.slow
def test_a_small_face_in_a_large_photo_is_found(landmarker, astronaut, found):
    left, _, right, _ = found.box
    scale = 80 / (right - left)
    matrix = np.array([[scale, 0, 2900.0], [0, scale, 1300.0]])
    photo, to_points = warped(astronaut, matrix, (3840, 2160))
    (face,) = landmarker.detect(photo)
    assert error_in_eye_distances(face.points, moved(found.points, to_points)) < 0.03


def test_a_small_face_in_a_tall_painting_is_found(landmarker, astronaut, found):
    left, _, right, _ = found.box
    scale = 66 / (right - left)
    painting, to_points = warped(astronaut, np.array([[scale, 0, 200.0], [0, scale, 60.0]]), (512, 1000))
    (face,) = landmarker.detect(painting)
    assert error_in_eye_distances(face.points, moved(found.points, to_points)) < 0.03


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_a_face_cut_by_the_border_is_found(landmarker, astronaut, found, side):
    left, top, right, bottom = found.box
    margin = 0.15 * (right - left)
    rows, columns = slice(None), slice(None)
    if side in ("left", "right"):
        columns = slice(int(left + margin), None) if side == "left" else slice(None, int(right - margin))
    else:
        rows = slice(int(top + margin), None) if side == "top" else slice(None, int(bottom - margin))
    (face,) = landmarker.detect(astronaut[rows, columns])
    offset = [columns.start or 0, rows.start or 0]
    assert error_in_eye_distances(face.points, found.points[:, :2] - offset) < 0.06


def test_several_faces_come_largest_first(landmarker, astronaut):
    person = astronaut[:320, 60:380]
    group = np.full((400, 900, 3), 120, np.uint8)
    group[40:200, 40:200] = cv2.resize(person, (160, 160), interpolation=cv2.INTER_AREA)
    group[40:360, 240:560] = person
    group[100:340, 600:840] = cv2.resize(person, (240, 240), interpolation=cv2.INTER_AREA)
    faces = landmarker.detect(group)
    assert [round(face.points[1, 0] / 300) for face in faces] == [1, 2, 0]
    assert len(landmarker.detect(group, max_faces=2)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["coffee", "coins", "clock", "text", "brick", "chelsea"])
def test_things_are_not_taken_for_faces(landmarker, name):
    picture = getattr(skimage.data, name)()
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    assert landmarker.detect(picture) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (700, 3), (40, 40)])
def test_tiny_and_thin_pictures_hold_no_face(landmarker, shape):
    assert landmarker.detect(np.full((*shape, 3), 128, np.uint8)) == []


def test_a_given_path_is_taken_and_a_wrong_one_is_named(task_path, tmp_path):
    assert find_face_landmarker(task_path) == task_path
    with pytest.raises(MissingModelError, match=r"nowhere\.task"):
        find_face_landmarker(tmp_path / "nowhere.task")


def test_folders_come_before_packages(task_path, tmp_path):
    mine = tmp_path / "face_landmarker.task"
    mine.write_bytes(task_path.read_bytes())
    assert find_face_landmarker(folders=[tmp_path]) == mine


def without_other_copies(monkeypatch, tmp_path):
    monkeypatch.setattr(face_module, "_packaged_models", list)
    monkeypatch.setattr(face_module, "DOWNLOAD_FOLDER", tmp_path / "cache")


def test_a_missing_model_is_downloaded_once(task_path, tmp_path, monkeypatch):
    without_other_copies(monkeypatch, tmp_path)
    monkeypatch.setattr(face_module, "TASK_URL", task_path.as_uri())
    assert find_face_landmarker() == tmp_path / "cache" / "face_landmarker.task"
    monkeypatch.setattr(face_module, "TASK_URL", "file:///nowhere")
    assert find_face_landmarker() == tmp_path / "cache" / "face_landmarker.task"


@pytest.mark.parametrize("content", [b"something else", None])
def test_a_model_that_cannot_be_downloaded_is_asked_for(tmp_path, monkeypatch, content):
    without_other_copies(monkeypatch, tmp_path)
    source = tmp_path / "source"
    if content is not None:
        source.write_bytes(content)
    monkeypatch.setattr(face_module, "TASK_URL", source.as_uri())
    with pytest.raises(MissingModelError, match=r"put it at .*models.face_landmarker.task"):
        find_face_landmarker(folders=[tmp_path / "models"])
    assert list((tmp_path / "models").iterdir()) == []


def test_a_broken_model_file_is_refused(tmp_path):
    broken = tmp_path / "face_landmarker.task"
    broken.write_bytes(b"not a zip")
    with pytest.raises(MissingModelError, match="cannot be read"):
        FaceLandmarker(broken)
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("face_detector.tflite", b"")
    with pytest.raises(MissingModelError, match="cannot be read"):
        FaceLandmarker(broken)
