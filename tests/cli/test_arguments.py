"""The command reads what a user types, and asks by default for what the library does by default."""

import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from cemnet.cli.arguments import build_parser, speaker
from cemnet.performance_settings import DEFAULT_PERFORMANCE

SPOKEN = ["animate", "--portrait", "face.png", "--output", "talk.mp4"]
COMMANDS = {
    "animate": [*SPOKEN, "--speech", "voice.wav"],
    "render": ["render", "--portrait", "face.png", "--motion-csv", "take.csv", "--output", "talk.mp4"],
    "idle": ["idle", "--portrait", "face.png", "--output", "wait.mp4"],
    "dub": ["dub", "--video", "film.mp4", "--output", "dubbed.mp4"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_performance_is_asked_for_as_the_library_makes_it_by_default(command):
    given = vars(build_parser().parse_args(COMMANDS[command]))
    for field in fields(DEFAULT_PERFORMANCE):
        if field.name in given:
            assert given[field.name] == getattr(DEFAULT_PERFORMANCE, field.name)
    assert given["look_sideways"] == given["look_up"] == 0.0
    assert not given["overwrite"] and not given["unmarked"]


def test_a_speaker_is_the_number_of_a_face_and_a_sound():
    assert speaker("0=anna.wav") == (0, Path("anna.wav"))
    assert speaker("12=a=b.wav") == (12, Path("a=b.wav"))


@pytest.mark.parametrize("text", ["anna.wav", "=anna.wav", "0=", "-1=anna.wav", "first=anna.wav", ""])
def test_anything_else_is_no_speaker(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"0=anna\.wav"):
        speaker(text)


def test_speakers_are_kept_in_their_order():
    given = build_parser().parse_args([*SPOKEN, "--speaker", "1=b.wav", "--speaker", "0=a.wav"])
    assert given.speaker == [(1, Path("b.wav")), (0, Path("a.wav"))] and given.speech is None


@pytest.mark.parametrize(
    "typed",
    [
        [],
        SPOKEN,  # nobody speaks
        [*SPOKEN, "--speech", "a.wav", "--speaker", "0=a.wav"],
        ["render", "--portrait", "face.png", "--output", "talk.mp4"],
        ["dub", "--output", "dubbed.mp4"],
        ["inspect-portrait"],
        [*COMMANDS["dub"], "--blinks", "0.5"],  # which stay the film's own
    ],
)
def test_what_is_missing_or_does_not_go_together_ends_with_the_usage(typed, capsys):
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(typed)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: cemnet")
