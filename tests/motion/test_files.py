"""Motion goes into files and comes back the same."""

import json
import os

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, ARKIT_NAMES
from cemnet.errors import MotionFileError
from cemnet.motion import files
from cemnet.motion.files import read_motion, write_motion
from cemnet.types import Motion


@pytest.fixture
def motion() -> Motion:
    generator = torch.Generator().manual_seed(2)
    return Motion(torch.rand(30, 52, generator=generator), torch.rand(30, 3, generator=generator), 25.0)


@pytest.mark.parametrize("name", ["take.csv", "take.json", "TAKE.JSON"])
def test_a_motion_comes_back_from_its_file(tmp_path, motion, name):
    write_motion(tmp_path / name, motion)
    read = read_motion(tmp_path / name)
    torch.testing.assert_close(read.expression, motion.expression, atol=1e-5, rtol=0)
    torch.testing.assert_close(read.head, motion.head, atol=1e-5, rtol=0)
    assert read.fps == 25.0


def test_json_keeps_which_memories_spoke(tmp_path, motion):
    address = torch.rand(30, 7).softmax(dim=1)
    write_motion(tmp_path / "take.json", Motion(motion.expression, motion.head, 25.0, address))
    torch.testing.assert_close(read_motion(tmp_path / "take.json").memory_address, address, atol=1e-5, rtol=0)


def test_json_keeps_the_breath_and_refuses_one_that_is_no_curve(tmp_path, motion):
    breath = -torch.rand(30)
    write_motion(tmp_path / "take.json", Motion(motion.expression, motion.head, 25.0, breath=breath))
    torch.testing.assert_close(read_motion(tmp_path / "take.json").breath, breath, atol=1e-5, rtol=0)
    document = json.loads((tmp_path / "take.json").read_text())
    for wrong in ([[0.0, 0.0]] * 30, [[0.0]] * 29):
        (tmp_path / "wrong.json").write_text(json.dumps({**document, "breath": wrong}))
        with pytest.raises(MotionFileError, match=r"breath needs one number|as many frames"):
            read_motion(tmp_path / "wrong.json")


@pytest.mark.parametrize("name", ["take.csv", "take.json"])
def test_an_existing_file_stays_as_it_is(tmp_path, motion, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(MotionFileError, match="exists already"):
        write_motion(tmp_path / name, motion)
    assert (tmp_path / name).read_text() == "mine"


def test_an_existing_file_is_replaced_when_asked(tmp_path, motion):
    (tmp_path / "take.json").write_text("old")
    write_motion(tmp_path / "take.json", motion, overwrite=True)
    assert read_motion(tmp_path / "take.json").num_frames == 30


def test_columns_go_by_their_names_and_missing_ones_rest(tmp_path):
    document = {"format": "cemnet-motion", "version": 1, "fps": 30, "blendshapes": ["jawOpen"], "expression": [[0.5]]}
    (tmp_path / "jaw.json").write_text(json.dumps(document))
    read = read_motion(tmp_path / "jaw.json")
    assert read.expression[0, ARKIT_INDEX["jawOpen"]] == 0.5
    assert read.expression.sum() == 0.5 and read.head.abs().sum() == 0


def valid() -> dict:
    return {
        "format": "cemnet-motion", "version": 1, "fps": 25, "blendshapes": list(ARKIT_NAMES),
        "expression": [[0.0] * 52] * 3, "head": [[0.0] * 3] * 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "is not a motion file"),
        ({"version": 9}, "version 9"),
        ({"fps": 0}, "fps"),
        ({"fps": "fast"}, "fps"),
        ({"blendshapes": ["smile"] * 52}, "ARKit's names"),
        ({"expression": []}, "list of frames"),
        ({"expression": [[0.0], [0.0, 1.0]]}, "list of frames"),
        ({"expression": [["a"] * 52]}, "list of frames"),
        ({"head": [[0.0] * 3]}, "as many frames"),
        ({"fps": 10**400}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"fps": float("inf")}, "fps"),
        ({"version": "9" * 1000}, "version 9{40};"),
        ({"expression": [[10**400] * 52] * 3}, "list of"),
        ({"head": [[float("nan")] * 3] * 3}, "finite numbers"),
        ({"blendshapes": [["jawOpen"]] * 52}, "ARKit's names"),
        ({"blendshapes": [{}] * 52}, "ARKit's names"),
        ({"blendshapes": ["jawOpen"] * 52}, "a name more than once"),
    ],
)
def test_a_damaged_file_is_answered_with_a_sentence(tmp_path, change, said):
    (tmp_path / "take.json").write_text(json.dumps(valid() | change))
    with pytest.raises(MotionFileError, match=said):
        read_motion(tmp_path / "take.json")


def test_what_is_not_json_is_answered_with_a_sentence(tmp_path):
    (tmp_path / "take.json").write_text("{")
    with pytest.raises(MotionFileError, match="cannot be read as JSON"):
        read_motion(tmp_path / "take.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[" * 100_000, "too deep"),
        ('{"a":' * 100_000, "too deep"),
        ("9" * 10_000, "cannot be read as JSON"),
        ('{"fps": 25, "fps": 30}', "'fps' stands there more than once"),
        ("[]", "is not a motion file"),
        ('{"format": ["cemnet-motion"]}', "is not a motion file"),
    ],
)
def test_hostile_json_is_answered_with_one_sentence(tmp_path, content, said):
    (tmp_path / "take.json").write_text(content)
    with pytest.raises(MotionFileError, match=said) as refused:
        read_motion(tmp_path / "take.json")
    assert len(str(refused.value)) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("name", ["take.csv", "take.json"])
def test_what_is_no_regular_file_or_too_large_is_not_read(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(MotionFileError, match="There is no motion file"):
        read_motion(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(MotionFileError, match="There is no motion file"):
        read_motion(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).touch()
    os.truncate(tmp_path / name, 10**10)  # takes no place on the disk
    with pytest.raises(MotionFileError, match="has 10000 MB, over"):
        read_motion(tmp_path / name)


def test_a_motion_that_is_not_finite_is_not_written(tmp_path, motion):
    motion.head[3, 1] = float("nan")
    with pytest.raises(MotionFileError, match="not a number"):
        write_motion(tmp_path / "take.json", motion)
    assert not (tmp_path / "take.json").exists()


@pytest.mark.parametrize("name", ["take.txt", "missing.csv"])
def test_other_and_missing_files_are_answered_with_a_sentence(tmp_path, name):
    with pytest.raises(MotionFileError, match=r"must end in|There is no motion file"):
        read_motion(tmp_path / name)


def test_json_is_written_in_parts_as_in_one(tmp_path, motion, monkeypatch):
    address = torch.rand(30, 7)
    motion = Motion(motion.expression, motion.head, 25.0, address)
    write_motion(tmp_path / "whole.json", motion)
    monkeypatch.setattr(files, "WRITTEN_AT_ONCE", 4)
    write_motion(tmp_path / "parts.json", motion)
    text = (tmp_path / "whole.json").read_text()
    assert text == json.dumps(json.loads(text))
    assert (tmp_path / "parts.json").read_text() == text


def test_json_of_too_many_frames_is_refused(tmp_path, motion, monkeypatch):
    write_motion(tmp_path / "take.json", motion)
    monkeypatch.setattr(files, "MOST_FRAMES", 29)
    with pytest.raises(MotionFileError, match=r"take\.json has over 29 frames"):
        read_motion(tmp_path / "take.json")
