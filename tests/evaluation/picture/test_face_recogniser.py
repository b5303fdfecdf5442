"""The face recogniser is found in its package's archive, and says how to get it where it is missing."""

import importlib.util
import tarfile

import pytest
import skimage.data

from cemnet.errors import MissingModelError
from cemnet.evaluation.picture.face_recogniser import FIVE_POINTS, RECOGNISER_FILE, FaceRecogniser, unpacked
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker


def test_a_missing_recogniser_says_how_to_get_it(tmp_path):
    with pytest.raises(MissingModelError, match="pip download --no-deps face_recognition_models"):
        FaceRecogniser(tmp_path / "nowhere.tar.gz")


def test_without_dlib_the_recogniser_says_what_runs_it(tmp_path, monkeypatch):
    (tmp_path / RECOGNISER_FILE).write_bytes(b"network")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingModelError, match="pip install dlib-bin"):
        FaceRecogniser(tmp_path / RECOGNISER_FILE)


def test_the_network_is_found_in_the_packages_archive_and_as_a_file(tmp_path):
    network, folder = tmp_path / RECOGNISER_FILE, tmp_path / "folder"
    network.write_bytes(b"network")
    folder.mkdir()
    with tarfile.open(tmp_path / "package.tar.gz", "w:gz") as archive:
        archive.add(network, f"package/models/{RECOGNISER_FILE}")
    assert unpacked(network, folder) == network
    assert unpacked(tmp_path / "package.tar.gz", folder).read_bytes() == b"network"


def test_an_archive_of_something_else_is_named(tmp_path):
    (tmp_path / "something").write_bytes(b"else")
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "something", "something")
    with pytest.raises(MissingModelError, match=r"other\.tar\.gz"):
        unpacked(tmp_path / "other.tar.gz", tmp_path)


def test_the_recogniser_levels_faces_by_eyes_and_nose():
    (face,) = FaceLandmarker(find_face_landmarker()).detect(skimage.data.astronaut())
    outer_left, inner_left, outer_right, inner_right, nose = face.points[list(FIVE_POINTS)]
    assert outer_right[0] < inner_right[0] < nose[0] < inner_left[0] < outer_left[0]
    assert nose[1] > max(inner_left[1], inner_right[1])
