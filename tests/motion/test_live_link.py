"""Curves travel to other animation tools and back."""

import csv
import errno
from pathlib import Path

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX
from cemnet.errors import MotionFileError
from cemnet.motion import live_link
from cemnet.motion.live_link import CURVE_COLUMNS, read_motion_csv, tidy_rate, timecode, write_motion_csv
from cemnet.types import Motion


def make_motion(num_frames: int, fps: float) -> Motion:
    generator = torch.Generator().manual_seed(3)
    return Motion(
        expression=torch.rand(num_frames, 52, generator=generator),
        head=torch.randn(num_frames, 3, generator=generator) / 10,
        fps=fps,
    )


def rewrite(path: Path, change) -> None:
    """Reads the cells of a CSV file, lets `change(rows)` edit them in place, writes them back."""
    rows = list(csv.reader(path.read_text().splitlines()))
    change(rows)
    path.write_text("\n".join(",".join(row) for row in rows))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "take.csv"
    write_motion_csv(path, make_motion(60, 25.0))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("fps", [1.0, 12.5, 23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0, 120.0])
def test_a_motion_survives_the_round_trip_exactly(tmp_path, fps):
    motion = make_motion(3 * int(fps) + 5, fps)
    write_motion_csv(tmp_path / "take.csv", motion)
    read = read_motion_csv(tmp_path / "take.csv")
    assert read.fps == pytest.approx(fps, rel=1e-4)
    assert torch.equal(read.expression, motion.expression)
    assert torch.equal(read.head, motion.head)


def test_the_file_has_live_link_faces_columns_in_their_order(written):
    header, first, *_ = csv.reader(written.read_text().splitlines())
    assert header[:4] == ["Timecode", "BlendShapeCount", "EyeBlinkLeft", "EyeLookDownLeft"]
    assert header[53:57] == ["TongueOut", "HeadYaw", "HeadPitch", "HeadRoll"]
    assert len(header) == 63
    assert first[:2] == ["00:00:00:00.000", "61"]


def test_timecodes_count_frames_within_the_second():
    assert timecode(24, 25.0) == "00:00:00:24.000"
    assert timecode(25, 25.0) == "00:00:01:00.000"
    assert timecode(25 * 3661, 25.0) == "01:01:01:00.000"
    assert timecode(1, 29.97) == "00:00:00:01.001"


def test_eye_rotations_follow_the_look_blendshapes(tmp_path):
    motion = Motion(torch.zeros(2, 52), torch.zeros(2, 3), 25.0)
    motion.expression[1, [ARKIT_INDEX["eyeLookOutLeft"], ARKIT_INDEX["eyeLookInRight"]]] = 1.0
    write_motion_csv(tmp_path / "take.csv", motion)
    rows = list(csv.DictReader((tmp_path / "take.csv").read_text().splitlines()))
    assert float(rows[0]["LeftEyeYaw"]) == 0.0
    assert float(rows[1]["LeftEyeYaw"]) == pytest.approx(np.radians(30))
    assert float(rows[1]["RightEyeYaw"]) == pytest.approx(np.radians(30))


@pytest.mark.parametrize(("side", "sign"), [("Left", 1), ("Right", -1)])
def test_each_eyes_rotation_stands_in_its_own_columns(tmp_path, side, sign):
    """An eye that looks outward turns to its own side: left (positive) for the left eye, right for the right one."""
    motion = Motion(torch.zeros(1, 52), torch.zeros(1, 3), 25.0)
    motion.expression[0, ARKIT_INDEX["eyeLookOut" + side]], motion.expression[0, ARKIT_INDEX["eyeLookUp" + side]] = (
        1,
        0.5,
    )
    write_motion_csv(tmp_path / "take.csv", motion)
    (row,) = csv.DictReader((tmp_path / "take.csv").read_text().splitlines())
    other = "Right" if side == "Left" else "Left"
    assert float(row[side + "EyeYaw"]) == pytest.approx(sign * np.radians(30))
    assert float(row[side + "EyePitch"]) == pytest.approx(-np.radians(15))
    assert float(row[other + "EyeYaw"]) == float(row[other + "EyePitch"]) == 0


def test_a_take_shorter_than_a_second_is_believed_to_run_at_the_given_rate(tmp_path):
    write_motion_csv(tmp_path / "take.csv", make_motion(12, 60.0))
    assert read_motion_csv(tmp_path / "take.csv").fps == 25.0
    assert read_motion_csv(tmp_path / "take.csv", fps=60.0).fps == 60.0


def test_a_single_row_is_a_motion(tmp_path):
    write_motion_csv(tmp_path / "pose.csv", make_motion(1, 25.0))
    assert read_motion_csv(tmp_path / "pose.csv").num_frames == 1


def test_the_row_rate_is_found_when_the_timecode_runs_at_half_of_it(written):
    def run_at_double_rate(rows):
        for index, row in enumerate(rows[1:]):
            row[0] = f"10:20:{index // 60:02}:{index % 60 / 2:06.3f}"

    rewrite(written, run_at_double_rate)
    assert read_motion_csv(written).fps == 60.0


def test_dropped_rows_are_filled_in_at_the_steady_rate(tmp_path):
    ramp = torch.linspace(0, 1, 100)[:, None].repeat(1, 52)
    write_motion_csv(tmp_path / "take.csv", Motion(ramp, torch.zeros(100, 3), 25.0))

    def drop_some(rows):
        del rows[24:27], rows[60:61]

    rewrite(tmp_path / "take.csv", drop_some)
    read = read_motion_csv(tmp_path / "take.csv")
    assert read.fps == 25.0
    torch.testing.assert_close(read.expression, ramp)


def test_a_take_may_run_over_midnight(written):
    def start_late(rows):
        for index, row in enumerate(rows[1:]):
            row[0] = f"23:59:59:{index}.000" if index < 25 else f"00:00:{index // 25 - 1:02}:{index % 25:02}.000"

    rewrite(written, start_late)
    read = read_motion_csv(written)
    assert (read.num_frames, read.fps) == (60, 25.0)


def test_head_and_eye_columns_may_be_missing(written):
    def keep_blendshapes(rows):
        for row in rows:
            del row[54:]
        for row in rows[1:]:
            row[1] = "52"

    rewrite(written, keep_blendshapes)
    assert not read_motion_csv(written).head.any()


def test_column_order_case_and_a_byte_order_mark_do_not_matter(written):
    expected = read_motion_csv(written)

    def shuffle(rows):
        rows[0] = [name.lower() for name in rows[0]]
        for row in rows:
            row.reverse()

    rewrite(written, shuffle)
    written.write_text("\ufeff" + written.read_text())
    assert torch.equal(read_motion_csv(written).expression, expected.expression)


def test_blendshapes_a_little_outside_their_range_are_cut(written):
    rewrite(written, lambda rows: rows[1].__setitem__(slice(2, 4), ["1.2", "-0.01"]))
    assert read_motion_csv(written).expression[0, :2].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("row", "column", "cell", "complaint"),
    [
        (3, 2, "nan", "row 3, column EyeBlinkLeft: 'nan' is not a number"),
        (3, 19, "", "row 3, column JawOpen: '' is not a number"),
        (7, 54, "inf", "row 7, column HeadYaw"),
        (2, 19, "37", "row 2, column JawOpen: 37 is no blendshape weight"),
        (4, 0, "1.32", "row 4: the timecode '1.32' is not of the form"),
        (4, 0, "00:00:00:01.000", "row 4: the timecode does not come after"),
        (60, 0, "01:00:00:00.000", "row 60: the timecode jumps far ahead"),
        (4, 0, "9" * 5000 + ":00:00:00.000", "row 4: the timecode '9"),
        (4, 0, "00:00:00:" + "9" * 400, "row 4: the timecode '00"),
        (60, 0, "00:00:02:999999999", "row 60: the timecode '00"),
        (7, 54, "1e400", "row 7, column HeadYaw"),
        (5, 1, "50", "row 5: BlendShapeCount is '50', not 61"),
        (5, 1, "[" * 3000, "row 5: BlendShapeCount is '\\[{60}…', not 61"),
        (0, 19, "JawOpening", "no column JawOpen"),
        (0, 54, "HeadYawn", "unknown column 'HeadYawn'"),
        (0, 55, "HeadYaw", "the column HeadYaw more than once"),
    ],
)
def test_an_unusable_file_is_refused_with_the_place_named(written, row, column, cell, complaint):
    rewrite(written, lambda rows: rows[row].__setitem__(column, cell))
    with pytest.raises(MotionFileError, match=complaint):
        read_motion_csv(written)


def test_a_row_with_too_few_cells_is_refused(written):
    rewrite(written, lambda rows: rows[9].pop())
    with pytest.raises(MotionFileError, match="row 9 has 62 cells where the header has 63"):
        read_motion_csv(written)


@pytest.mark.parametrize("content", [b"", b"Timecode,BlendShapeCount\n", b"\xff\xfe\x00"])
def test_a_file_without_rows_is_refused(tmp_path, content):
    (tmp_path / "empty.csv").write_bytes(content)
    with pytest.raises(MotionFileError):
        read_motion_csv(tmp_path / "empty.csv")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(MotionFileError, match="There is no motion file"):
        read_motion_csv(tmp_path / "nowhere.csv")


def test_an_existing_file_is_kept_unless_asked_otherwise(written):
    before = written.read_bytes()
    with pytest.raises(MotionFileError, match="exists already"):
        write_motion_csv(written, make_motion(2, 25.0))
    assert written.read_bytes() == before
    write_motion_csv(written, make_motion(2, 25.0), overwrite=True)
    assert read_motion_csv(written).num_frames == 2


def test_a_motion_that_is_not_finite_is_not_written(tmp_path):
    motion = make_motion(5, 25.0)
    motion.head[2, 1] = float("nan")
    with pytest.raises(MotionFileError, match="Frame 2 of HeadPitch"):
        write_motion_csv(tmp_path / "take.csv", motion)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cemnet.output_file.os.link", full)
    monkeypatch.setattr("cemnet.output_file.os.rename", full)
    with pytest.raises(MotionFileError, match="No space left"):
        write_motion_csv(tmp_path / "take.csv", make_motion(2, 25.0))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(MotionFileError, match="does not exist"):
        write_motion_csv(tmp_path / "no" / "take.csv", make_motion(2, 25.0))


def test_every_curve_has_one_column():
    assert len(set(CURVE_COLUMNS)) == 61


def lose_face(rows, *numbers):
    for number in numbers:
        rows[number] = [rows[number][0], "0"]


def test_rows_without_a_face_are_filled_in_and_told(tmp_path, caplog):
    ramp = torch.linspace(0, 1, 100)[:, None].repeat(1, 52)
    write_motion_csv(tmp_path / "take.csv", Motion(ramp, torch.zeros(100, 3), 25.0))
    rewrite(tmp_path / "take.csv", lambda rows: lose_face(rows, *range(31, 41)))
    read = read_motion_csv(tmp_path / "take.csv")
    assert "lost in 10 of 100 rows" in caplog.text
    assert read.fps == 25.0
    torch.testing.assert_close(read.expression, ramp)


def test_a_take_whose_face_is_lost_for_long_or_always_is_refused(tmp_path):
    path = tmp_path / "take.csv"
    write_motion_csv(path, make_motion(400, 25.0))
    rewrite(path, lambda rows: lose_face(rows, *range(31, 331)))
    with pytest.raises(MotionFileError, match="row 331: before it the face was lost for 12 seconds"):
        read_motion_csv(path)
    rewrite(path, lambda rows: lose_face(rows, *range(1, 401)))
    with pytest.raises(MotionFileError, match="in none of its rows"):
        read_motion_csv(path)


def commas_at_the_end(rows):
    for row in rows:
        row.append("")


def count_51(rows):
    for row in rows[1:]:
        row[1] = "51"


def no_tongue(rows):
    tongue = rows[0].index("TongueOut")
    for row in rows:
        del row[tongue]
    count_51(rows)


def called_properties(rows):
    rows[0][1] = "NumProperties"


@pytest.mark.parametrize("change", [commas_at_the_end, count_51, no_tongue, called_properties])
def test_variants_of_recorders_are_read(written, change):
    expected = read_motion_csv(written)
    rewrite(written, change)
    read = read_motion_csv(written)
    tongue = ARKIT_INDEX["tongueOut"]
    others = [index for index in range(52) if index != tongue]
    assert read.fps == expected.fps and torch.equal(read.head, expected.head)
    assert torch.equal(read.expression[:, others], expected.expression[:, others])
    assert torch.equal(read.expression[:, tongue], expected.expression[:, tongue] * (change is not no_tongue))


@pytest.mark.parametrize("frames", [("00.000", "00.001", "00.002", "00.003"), ("00.000", "00.001", "00.002", "09.000")])
def test_a_take_with_rows_thousands_of_times_a_second_is_refused(tmp_path, frames):
    write_motion_csv(tmp_path / "take.csv", make_motion(4, 25.0))

    def hurry(rows):
        for row, frame in zip(rows[1:], frames, strict=True):
            row[0] = f"00:00:00:{frame}"

    rewrite(tmp_path / "take.csv", hurry)
    with pytest.raises(MotionFileError, match=r"take.csv: by their timecodes the rows come \d+ times a second"):
        read_motion_csv(tmp_path / "take.csv")


def test_a_take_of_many_frames_between_its_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(live_link, "MOST_FRAMES", 50)
    write_motion_csv(tmp_path / "take.csv", make_motion(60, 25.0))
    rewrite(tmp_path / "take.csv", lambda rows: rows.pop(3))
    with pytest.raises(MotionFileError, match=r"take.csv: the take has over 50 frames"):
        read_motion_csv(tmp_path / "take.csv")


def test_semicolons_with_decimal_commas_are_read(written):
    expected = read_motion_csv(written)
    written.write_text(written.read_text().replace(",", ";").replace(".", ","))
    assert torch.equal(read_motion_csv(written).expression, expected.expression)


def test_of_rows_with_one_timecode_the_first_counts(written):
    expected = read_motion_csv(written)
    rewrite(written, lambda rows: rows.insert(11, [rows[10][0], *rows[30][1:]]))
    assert torch.equal(read_motion_csv(written).expression, expected.expression)


@pytest.mark.parametrize(
    "measured, meant", [(23.976, 24_000 / 1001), (29.9698, 30_000 / 1001), (30.004, 30.0), (27.3, 27.3)]
)
def test_a_measured_rate_becomes_the_one_that_was_meant(measured, meant):
    assert tidy_rate(measured) == meant
