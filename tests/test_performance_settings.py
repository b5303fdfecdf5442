"""A setting that cannot be performed is refused with one sentence before any work, by the library and the command."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, astuple, fields, replace

import numpy as np
import pytest
from paths import REPOSITORY
from refused_settings import NAMED, REFUSED, REFUSED_NUMBERS, REFUSED_TYPES

from cemnet.arkit import EMOTIONS
from cemnet.cli.commands import main
from cemnet.errors import CEMNetError
from cemnet.performance_settings import (
    DEFAULT_PERFORMANCE,
    PerformanceSettings,
    check_face_index,
    check_range,
    is_within,
)

OPTIONS = {"blinks", "gaze", "head_motion"}  # which `render` has, too


def test_every_setting_has_values_that_are_refused():
    assert {name for name, _ in REFUSED} == {field.name for field in fields(PerformanceSettings)} == set(NAMED)


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_out_of_range_is_refused_with_its_name_and_value(name, value):
    with pytest.raises(CEMNetError) as refused:
        PerformanceSettings(**{name: value})
    sentence = str(refused.value)
    assert NAMED[name] in sentence and str(value) in sentence
    assert sentence.endswith(".") and len(sentence.splitlines()) == 1


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_settings_that_are_changed_are_checked_again(name, value):
    with pytest.raises(CEMNetError, match=NAMED[name]):
        replace(DEFAULT_PERFORMANCE, **{name: value})


USERS_PROGRAM = """
from cemnet.errors import CEMNetError
from cemnet.performance_settings import PerformanceSettings
nan = float("nan")
for name, value in {wishes}:
    try:
        PerformanceSettings(**{{name: value}})
    except CEMNetError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_value_of_another_type_is_refused_with_a_sentence():
    """In a program of its own, because the shape checks of the tests would complain first."""
    program = USERS_PROGRAM.format(wishes=REFUSED_TYPES)
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for (name, value), sentence in zip(REFUSED_TYPES, done.stdout.splitlines(), strict=True):
        assert NAMED[name] in sentence and str(value) in sentence


@pytest.mark.parametrize("emotion", ["auto", *EMOTIONS])
def test_the_ends_of_every_range_are_allowed(emotion):
    for ends in ((0.0, 0, 1.0, 0.0, 0.0, 0.0, 0.0), (2.0, 0xFFFFFFFF, 120.0, 3.0, 3.0, 3.0, 1.0)):
        assert astuple(PerformanceSettings(emotion, *ends)) == (emotion, *ends)


def test_numbers_of_numpy_and_whole_numbers_are_numbers():
    PerformanceSettings("auto", 1, int(np.int64(7)), 25, 0, 2, 3, 1)
    assert is_within(np.float32(0.5), 0, 1) and is_within(np.int64(1), 0, 1)


@pytest.mark.parametrize("value", ["0.5", None, [0.5], 0.5j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(CEMNetError, match="share has to be a number from 0 to 1"):
        check_range("share", value, 1.0)


def test_a_setting_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        setattr(DEFAULT_PERFORMANCE, "intensity", 9.0)  # noqa: B010 (a plain assignment is an error of types)


def test_a_misspelt_setting_is_named():
    with pytest.raises(TypeError, match="intensty"):
        PerformanceSettings(**{"intensty": 1.0})  # pyright: ignore[reportArgumentType, reportCallIssue]


def refusal(command: list[str], capsys: pytest.CaptureFixture) -> tuple[int, str]:
    """Exit status and what is said on stderr."""
    with pytest.raises(SystemExit) as ended:
        main(command)
    return int(ended.value.code or 0), capsys.readouterr().err


def commands(missing: str) -> dict[str, list[str]]:
    """Commands whose files are all missing: that would be complained of first if anything were read."""
    output = ["--output", f"{missing}.mp4"]
    return {
        "animate": ["animate", "--portrait", missing, "--speech", missing, *output],
        "render": ["render", "--portrait", missing, "--motion-csv", missing, *output],
        "dub": ["dub", "--video", missing, *output],
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        *(("animate", name, value) for name, value in REFUSED_NUMBERS if name != "compensation"),
        ("animate", "seed", -1),
        *(("render", name, value) for name, value in REFUSED_NUMBERS if name in OPTIONS),
        *(("dub", name, value) for name, value in REFUSED_NUMBERS if name == "intensity"),
        *((name, "look_up", value) for name in ("animate", "render", "dub") for value in (float("nan"), -1.1, 2.0)),
        *((name, "look_sideways", value) for name in ("animate", "render", "dub") for value in (float("nan"), 1.1)),
    ],
)
def test_the_command_refuses_with_one_sentence_before_it_reads_anything(command, option, value, tmp_path, capsys):
    missing = str(tmp_path / "missing")
    status, said = refusal([*commands(missing)[command], f"--{option.replace('_', '-')}={value}"], capsys)
    assert status == 1
    assert said.startswith("cemnet: ") and len(said.strip().splitlines()) == 1
    assert str(value) in said and "missing" not in said and "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["animate", "dub"])
@pytest.mark.parametrize("wish", ["--emotion=joyful", "--intensity=strong", "--intensity="])
def test_the_command_refuses_what_it_cannot_read_with_its_usage(command, wish, tmp_path, capsys):
    status, said = refusal([*commands(str(tmp_path / "missing"))[command], wish], capsys)
    assert status == 2
    assert "usage: cemnet" in said and wish.split("=")[0] in said and "Traceback" not in said


@pytest.mark.parametrize("seed", ["1.5", "nan", "first"])
def test_a_seed_that_is_no_whole_number_is_refused_with_the_usage(seed, tmp_path, capsys):
    status, said = refusal([*commands(str(tmp_path / "missing"))["animate"], f"--seed={seed}"], capsys)
    assert status == 2
    assert "--seed" in said and seed in said and "Traceback" not in said


def test_a_face_has_a_whole_number_from_zero_on_or_none():
    for index in (None, 0, 7):
        check_face_index(index)
    for index in (-1, 0.5, float("nan"), "first"):
        with pytest.raises(CEMNetError, match="number of a face"):
            check_face_index(index)
