"""The table of a benchmark is read, and what is wrong in it is named by row and column."""

import pytest

from cemnet.errors import CEMNetError
from cemnet.evaluation.videos.pairs import find_videos, read_pairs

HEADER = "video,reference,voice,reference_emotion,voice_emotion"
ROW = "a.mp4,anna.png,hello.wav,happy,sad"


@pytest.fixture
def folder(tmp_path):
    """A portrait, a voice, a film, and a folder of a system with one video."""
    for name in ("anna.png", "hello.wav", "film.mp4", "system/a.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def table(folder, *lines):
    path = folder / "pairs.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_rows_are_read_with_paths_beside_the_table(folder):
    (pair,) = read_pairs(table(folder, f"{HEADER},truth,person,# who", f"{ROW},film.mp4,Anna,a note"))
    assert (pair.row, pair.name, pair.person) == (2, "a", "Anna")
    assert (pair.reference, pair.voice, pair.truth) == tuple(folder / n for n in ("anna.png", "hello.wav", "film.mp4"))
    assert (pair.reference_emotion, pair.voice_emotion) == ("happy", "sad")
    assert find_videos(folder / "pairs.csv", [pair], folder / "system") == [folder / "system" / "a.mp4"]


def test_semicolons_empty_rows_and_capitals_are_read_too(folder):
    header, row = HEADER.replace(",", ";").upper(), ROW.replace(",", ";").replace("happy", "Happy")
    (pair,) = read_pairs(table(folder, header, ";;;;", row))
    assert (pair.row, pair.person, pair.truth, pair.reference_emotion) == (3, "anna", None, "happy")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEADER.replace(",voice_emotion", ""), ROW), "row 1: there is no column voice_emotion"),
        ((f"{HEADER},judge", ROW), "row 1: there is no use for a column 'judge'"),
        ((f"{HEADER},video", f"{ROW},b.mp4"), "row 1: the column video stands there twice"),
        ((HEADER, "a.mp4,anna.png,,happy,sad"), "row 2, column voice: it is empty"),
        ((HEADER, ROW, "b.mp4,bert.png,hello.wav,happy,sad"), "row 3, column reference: there is no file"),
        ((f"{HEADER},truth", f"{ROW},no.mp4"), "row 2, column truth: there is no file"),
        ((HEADER, "a.mp4,anna.png,hello.wav,happy,merry"), "row 2, column voice_emotion: there is no emotion 'merry'"),
        ((HEADER, ROW, "", ROW), "row 4, column video: 'a.mp4' stands in row 2 already"),
        ((HEADER,), "has no rows"),
        (("",), "row 1: there is no column video|is empty"),
    ],
)
def test_what_is_wrong_is_said_with_row_and_column(folder, lines, said):
    with pytest.raises(CEMNetError, match=said) as refused:
        read_pairs(table(folder, *lines))
    assert len(str(refused.value).splitlines()) == 1


def test_a_table_that_is_none_is_refused(folder):
    with pytest.raises(CEMNetError, match="cannot be read"):
        read_pairs(folder / "nowhere.csv")


def test_a_video_that_is_missing_is_named_by_its_row(folder):
    pairs = read_pairs(table(folder, HEADER, ROW, ROW.replace("a.mp4", "b.mp4")))
    with pytest.raises(CEMNetError, match=r"row 3, column video: there is no file .*b\.mp4"):
        find_videos(folder / "pairs.csv", pairs, folder / "system")
    with pytest.raises(CEMNetError, match="There is no folder"):
        find_videos(folder / "pairs.csv", pairs, folder / "other")
