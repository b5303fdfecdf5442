"""Long rows come back as they were given, in memory or on the disk, and leave nothing behind."""

import numpy as np
import pytest

from cemnet import long_rows
from cemnet.errors import MediaError
from cemnet.long_rows import LongRows, let_go


def collected(parts):
    rows = LongRows(parts[0].shape[1])
    for part in parts:
        rows.append(part)
    return rows.finished()


@pytest.fixture
def parts():
    rng = np.random.default_rng(3)
    return [rng.standard_normal((length, 2)).astype(np.float32) for length in (5, 0, 700, 1, 4000)]


@pytest.fixture
def on_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(long_rows, "MOST_IN_MEMORY", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_few_rows_stay_in_memory(parts):
    rows, pages = collected(parts)
    assert pages is None
    np.testing.assert_array_equal(rows, np.concatenate(parts))


def test_many_rows_lie_in_a_file_without_a_name(parts, on_disk):
    rows, pages = collected(parts)
    assert pages is not None
    np.testing.assert_array_equal(rows, np.concatenate(parts))
    assert list(on_disk.iterdir()) == []


def test_what_was_let_go_is_still_there_with_what_was_written_to_it(parts, on_disk):
    rows, pages = collected(parts)
    rows[3] = 7.0
    let_go(pages)
    expected = np.concatenate(parts)
    expected[3] = 7.0
    np.testing.assert_array_equal(rows, expected)


def test_rows_may_be_changed_after_they_were_given(parts):
    rows = LongRows(2)
    rows.append(parts[0])
    before = parts[0].copy()
    parts[0][:] = 9.0
    np.testing.assert_array_equal(rows.finished()[0], before)


def test_no_rows_are_an_empty_array():
    assert LongRows(3).finished()[0].shape == (0, 3)


def test_a_full_disk_is_named(parts, on_disk, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(on_disk / "gone"))
    with pytest.raises(MediaError, match=f"{on_disk / 'gone'}, has no room"):
        collected(parts)
