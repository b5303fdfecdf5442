"""A folder of sounds and faces is a table of jobs."""

import argparse

import pytest

from cemnet.cli.job_folder import folder_table
from cemnet.cli.job_summary import summary_path
from cemnet.cli.job_table import read_jobs
from cemnet.errors import CEMNetError

SHARED = argparse.Namespace(device="cpu", models=[], weights="best", overwrite=False)


@pytest.fixture
def folder(tmp_path):
    def fill(*names):
        for name in names:
            (tmp_path / name).write_text(name)
        return tmp_path

    return fill


def test_each_sound_is_spoken_by_the_face_of_its_name(folder, caplog):
    here = folder("anna.wav", "Anna.PNG", "ben.mp3", "ben.mp4", "ben.txt", ".hidden.wav")
    assert folder_table(here)[1:] == [
        ["Anna.PNG", "", "anna.wav", "made/anna.mp4"],
        ["", "ben.mp4", "ben.mp3", "made/ben.mp4"],
    ]
    assert (here / "made").is_dir() and caplog.text == ""
    animate, dub = read_jobs(here, SHARED)
    assert animate.arguments is not None and dub.arguments is not None
    assert not animate.fault and animate.arguments.portrait == [here / "Anna.PNG"]
    assert not dub.fault and (dub.arguments.video, dub.arguments.output) == (here / "ben.mp4", here / "made/ben.mp4")
    assert summary_path(here) == here / "batch.summary.csv"


def test_an_only_face_speaks_all_sounds(folder):
    rows = folder_table(folder("one.wav", "two.wav", "face.jpg"))[1:]
    assert [(row[0], row[2]) for row in rows] == [("face.jpg", "one.wav"), ("face.jpg", "two.wav")]


def test_what_goes_with_nothing_is_told(folder, caplog):
    rows = folder_table(folder("anna.wav", "anna.png", "ben.wav", "cleo.wav", "cleo.png", "cleo.mp4"))[1:]
    assert [row[2] for row in rows] == ["anna.wav"]
    assert "ben.wav, cleo.wav, cleo.mp4, cleo.png" in caplog.text


@pytest.mark.parametrize("names", [[], ["anna.png"], ["anna.wav"], ["a.wav", "b.png", "c.png"]])
def test_a_folder_without_pairs_is_refused(folder, names):
    with pytest.raises(CEMNetError, match=r"anna\.wav and anna\.png"):
        folder_table(folder(*names))
