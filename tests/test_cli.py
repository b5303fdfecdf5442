"""The `cemnet` command as a user types it."""

import json

import numpy as np
import pytest
from PIL import Image

from cemnet.arkit import ARKIT_NAMES, EMOTIONS
from cemnet.cli import main


@pytest.fixture
def short_speech(samples, tmp_path):
    import soundfile

    sound, rate = soundfile.read(samples / "speech.wav")
    path = tmp_path / "short.wav"
    soundfile.write(path, sound[: rate // 2], rate)
    return path


def test_animate_writes_video_motion_and_sheet_and_render_reads_the_motion(samples, short_speech, tmp_path, capsys):
    portrait = str(samples / "portrait.png")
    video, csv, sheet = tmp_path / "talk.mp4", tmp_path / "talk.csv", tmp_path / "talk.png"
    main(["animate", "--portrait", portrait, "--speech", str(short_speech), "--output", str(video),
          "--motion-csv", str(csv), "--contact-sheet", str(sheet), "--emotion", "sad", "--device", "cpu"])  # fmt: skip
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("Saw:", "Heard:", "Bridged:"))
    assert video.stat().st_size > 5_000
    assert Image.open(sheet).size == (6 * 320, 2 * 320)
    again = tmp_path / "again.mp4"
    main(["render", "--portrait", portrait, "--motion-csv", str(csv), "--output", str(again)])
    assert again.stat().st_size > 5_000


def test_existing_files_are_kept_unless_asked(samples, short_speech, tmp_path, capsys):
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"precious")
    with pytest.raises(SystemExit) as stopped:
        main(
            [
                "animate",
                "--portrait",
                str(samples / "portrait.png"),
                "--speech",
                str(short_speech),
                "--output",
                str(video),
            ]
        )
    assert stopped.value.code == 1
    assert "--overwrite" in capsys.readouterr().err
    assert video.read_bytes() == b"precious"


def test_inspect_portrait_prints_every_face_as_json(samples, capsys):
    main(["inspect-portrait", str(samples / "portrait.png"), "--json"])
    (face,) = json.loads(capsys.readouterr().out)["faces"]
    assert set(face["emotion"]) == set(EMOTIONS)
    assert sum(face["emotion"].values()) == pytest.approx(1, abs=0.01)
    assert set(face["expression"]) == set(ARKIT_NAMES)
    assert set(face["pose"]) == {"yaw", "pitch", "roll"}
    left, top, right, bottom = face["box"]
    assert 0 < left < right < 512
    assert 0 < top < bottom < 512


def test_inspect_speech_prints_windows_as_json(samples, capsys):
    main(["inspect-speech", str(samples / "speech.wav"), "--json"])
    heard = json.loads(capsys.readouterr().out)
    assert set(heard) == {"emotion", "intensity", "windows"}
    assert max(heard["emotion"], key=heard["emotion"].get) == "angry"
    assert heard["windows"][0]["start"] == 0
    assert heard["windows"][-1]["end"] == pytest.approx(3.7, abs=0.05)


def test_a_picture_without_a_face_gets_one_sentence(tmp_path, short_speech, capsys):
    blank = tmp_path / "blank.png"
    Image.fromarray(np.full((200, 200, 3), 128, np.uint8)).save(blank)
    with pytest.raises(SystemExit) as stopped:
        main(["animate", "--portrait", str(blank), "--speech", str(short_speech), "--output", str(tmp_path / "x.mp4")])
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert "face" in error
    assert "Traceback" not in error
    assert not (tmp_path / "x.mp4").exists()


def test_a_missing_file_gets_one_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["inspect-portrait", str(tmp_path / "nowhere.png")])
    assert "nowhere.png" in capsys.readouterr().err
