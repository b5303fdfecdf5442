"""The summary tells people what became of each job, and the next batch of what each output was made."""

import argparse
import os

import pytest

from cemnet.cli.job_summary import Outcome, fingerprint, recorded, summary_path, summary_table, write_summary
from cemnet.cli.job_table import read_jobs
from cemnet.errors import CEMNetError

SHARED = argparse.Namespace(device="cpu", models=[], weights="best", overwrite=False)


@pytest.fixture
def job(tmp_path):
    """The job of a row, in a folder with its inputs."""
    for name in ("a.png", "b.png", "c.wav"):
        (tmp_path / name).write_text(name)

    def read(row, header="portrait,portrait,speech,output,emotion,overwrite"):
        (tmp_path / "jobs.csv").write_text(f"{header}\n{row}\n")
        (only,) = read_jobs(tmp_path / "jobs.csv", SHARED)
        return only

    return read


def test_the_same_row_has_the_same_fingerprint_wherever_its_columns_are(job):
    first = fingerprint(job("a.png,b.png,c.wav,d.mp4,sad,"))
    assert fingerprint(job("sad,a.png,c.wav,b.png,d.mp4", "emotion,portrait,speech,portrait,output")) == first
    assert fingerprint(job("a.png,b.png,c.wav,d.mp4,sad,yes")) == first


@pytest.mark.parametrize(
    "row", ["b.png,a.png,c.wav,d.mp4,sad,", "a.png,b.png,c.wav,d.mp4,happy,", "a.png,b.png,c.wav,e.mp4,sad,"]
)
def test_another_row_has_another_fingerprint(job, row):
    assert fingerprint(job(row)) != fingerprint(job("a.png,b.png,c.wav,d.mp4,sad,"))


def test_a_changed_input_changes_the_fingerprint_and_a_missing_one_is_told(job, tmp_path):
    row = job("a.png,b.png,c.wav,d.mp4,sad,")
    before = fingerprint(row)
    os.utime(tmp_path / "c.wav", ns=(0, 0))
    assert fingerprint(row) != before
    (tmp_path / "b.png").unlink()
    with pytest.raises(CEMNetError, match=r"no file at .*b\.png"):
        fingerprint(row)


def test_a_record_comes_back_and_outlasts_a_failure(job, tmp_path):
    path, row = tmp_path / "jobs.summary.csv", job("a.png,b.png,c.wav,d.mp4,sad,")
    write_summary(path, [row], [Outcome("failed", 1.25, "There is no face, or two.")], {"d.mp4": "abc"})
    assert recorded(path) == {"d.mp4": "abc"}
    header, line = path.read_text().splitlines()
    assert header == "row,status,seconds,output,sentence,job"
    assert line == '2,failed,1.2,d.mp4,"There is no face, or two.",abc'
    assert recorded(tmp_path / "none.csv") == {}


def test_a_file_that_is_no_summary_is_kept(tmp_path):
    path = summary_path(tmp_path / "jobs.csv")
    assert path == tmp_path / "jobs.summary.csv"
    for content in (b"", b"name,price\npen,1\n", b"\xff\xfe"):
        path.write_bytes(content)
        with pytest.raises(CEMNetError, match="not the summary of a batch"):
            recorded(path)


def test_the_table_for_people_is_aligned_and_counted(job):
    row = job("a.png,b.png,c.wav,d.mp4,sad,")
    outcomes = [Outcome("made", 12.34), Outcome("failed", 0.0, "No."), Outcome("not made")]
    assert summary_table([row] * 3, outcomes).splitlines() == [
        "row  status    seconds  output  sentence",
        "2    made      12.3     d.mp4",
        "2    failed    0.0      d.mp4   No.",
        "2    not made  0.0      d.mp4",
        "1 made, 1 failed, 1 not made",
    ]
