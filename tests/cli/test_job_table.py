"""A table of jobs is read as people write it, and each row that cannot be says why."""

import argparse
from pathlib import Path

import pytest

from cemnet.cli.arguments import build_parser
from cemnet.cli.job_table import OWN, SMALLEST, read_jobs
from cemnet.errors import CEMNetError

SHARED = argparse.Namespace(device="cpu", models=[Path("mine")], weights="free", overwrite=False)


@pytest.fixture
def jobs(tmp_path):
    def read(text, encoding="utf-8"):
        (tmp_path / "jobs.csv").write_bytes(text.encode(encoding))
        return read_jobs(tmp_path / "jobs.csv", SHARED)

    return read


def test_a_row_is_what_a_user_would_have_typed(jobs, tmp_path):
    (job,) = jobs("portrait,speech,output,emotion,intensity,look-up,alpha\na.png,b.wav,c.webm,sad,0.6,-0.5,yes\n")
    assert job.row == 2 and not job.fault
    typed = ["animate", "--portrait", str(tmp_path / "a.png"), "--speech", str(tmp_path / "b.wav"), "--device=cpu",
             "--output", str(tmp_path / "c.webm"), "--emotion=sad", "--intensity=0.6", "--look-up=-0.5", "--alpha",
             "--models=mine", "--weights=free"]  # fmt: skip
    assert vars(job.arguments) == vars(build_parser().parse_args(typed))


@pytest.mark.parametrize("command", SMALLEST)
def test_every_option_of_a_command_can_be_a_column(jobs, command):
    options = vars(build_parser().parse_args([command, *SMALLEST[command]]))
    names = [name for name in options if name not in ("command", *OWN, "speaker")]
    given = {"portrait": "a.png", "speech": "a.wav", "video": "a.mp4", "output": "b.mp4", "motion_csv": "a.csv",
             "contact_sheet": "a.png", "emotion": "sad", "film_end": "loop", "seed": "3", "face_index": "1",
             "audio_track": "0", "models": "x"}  # fmt: skip
    cells = [given.get(name, "yes" if options[name] is False else "0.5") for name in names]
    (job,) = jobs(f"command,{','.join(names)}\n{command},{','.join(cells)}\n")
    assert not job.fault
    switched = [name for name in names if options[name] is False]
    assert switched and all(vars(job.arguments)[name] for name in switched)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_spreadsheets_write_delimiters_marks_and_quotes_of_their_own(jobs, tmp_path, delimiter, encoding):
    header, row = ["--Portrait", "Speech", "OUTPUT", "Motion_CSV"], ["ä.png", f'"b{delimiter}c.wav"', "d.mp4", "e.json"]
    (job,) = jobs("\r\n".join(map(delimiter.join, (header, row))), encoding)
    assert job.arguments.portrait == [tmp_path / "ä.png"] and job.arguments.motion_csv == tmp_path / "e.json"
    assert job.arguments.speech == tmp_path / f"b{delimiter}c.wav"


def test_a_column_is_given_again_as_its_flag_is(jobs, tmp_path):
    first, second = jobs("portrait,portrait,speech,speaker,speaker,output\na.png,b.png,c.wav,,,d.mp4\n"
                         "a.png,,,0=e.wav,1=f.wav,g.mp4\n")  # fmt: skip
    assert first.arguments.portrait == [tmp_path / "a.png", tmp_path / "b.png"] and first.arguments.speaker is None
    assert second.arguments.speaker == [(0, tmp_path / "e.wav"), (1, tmp_path / "f.wav")]


def test_the_command_is_animate_or_that_of_a_film_unless_it_is_named(jobs):
    found = jobs("command,portrait,video,motion,output\n,a.png,,,1.mp4\n,,b.mp4,,2.mp4\nrender,a.png,,c.csv,3.mp4\n")
    assert [job.typed[0] for job in found] == ["animate", "dub", "render"]
    assert "speech" in found[0].fault and not found[1].fault and not found[2].fault


def test_comments_and_empty_rows_are_passed_over(jobs):
    found = jobs("portrait,#note,speech,output,\n\na.png,first,b.wav,c.mp4,\n,,,,\na.png,second,b.wav,d.mp4,\n")
    assert [job.row for job in found] == [3, 5] and not any(job.fault for job in found)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("a.png,b.wav,,,", "--output"),
        (",b.wav,c.mp4,,", "--portrait"),
        ("a.png,b.wav,c.mp4,sadd,", "invalid choice: 'sadd'"),
        ("a.png,b.wav,c.mp4,,fast", "--fps"),
        ("a.png,b.wav,c.mp4,,,d", "more cells"),
    ],
)
def test_a_row_that_cannot_be_says_why_and_the_others_stay(jobs, cells, reason):
    bad, good = jobs(f"portrait,speech,output,emotion,fps\n{cells}\na.png,b.wav,c.mp4,sad,30\n")
    assert reason in bad.fault and bad.fault.endswith(".") and "\n" not in bad.fault
    assert not good.fault and good.arguments.fps == 30


def test_an_option_of_another_command_and_an_unclear_switch_are_refused(jobs):
    film, switch, unknown = jobs(
        "command,portrait,video,speech,output,blinks,alpha\n,,f.mp4,,1.mp4,0.5,\n,a.png,,b.wav,2.mp4,,perhaps\n"
        "inspect-portrait,a.png,,,3.mp4,,\n"
    )
    assert "dub has no option blinks" in film.fault and "yes or no, not 'perhaps'" in switch.fault
    assert "inspect-portrait" in unknown.fault


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no header"),
        ("\n", "no header"),
        ("portrait,speech,output\n", "no rows"),
        ("portrait,voice,output\na,b,c\n", "'voice'"),
        ("portrait,speech,output,device\na,b,c,cpu\n", "--device"),
        ('portrait,speech,output\n"a,b,c\n', "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_of_jobs_is_refused(jobs, text, reason):
    with pytest.raises(CEMNetError, match=reason):
        jobs(text)


def test_a_file_of_another_kind_is_refused(jobs, tmp_path):
    with pytest.raises(CEMNetError, match="UTF-8"):
        jobs("portrait,speech,output\nä.png,b.wav,c.mp4\n", "latin-1")
    with pytest.raises(CEMNetError, match="no table"):
        read_jobs(tmp_path / "none.csv", SHARED)
