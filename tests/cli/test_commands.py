"""The `cemnet` command as a user types it."""

import json

import av
import numpy as np
import pytest
import torch
from PIL import Image

from cemnet.arkit import ARKIT_NAMES, BLINK, EMOTIONS, GAZE, NUM_EXPRESSIONS
from cemnet.cli.arguments import build_parser
from cemnet.cli.commands import life, main
from cemnet.media.video_reader import video_fps, video_frames
from cemnet.motion.editing import edit_motion
from cemnet.motion.files import read_motion, write_motion_json
from cemnet.types import Motion


@pytest.fixture
def short_speech(samples, tmp_path):
    import soundfile

    sound, rate = soundfile.read(samples / "speech.wav")
    path = tmp_path / "short.wav"
    soundfile.write(path, sound[: rate // 2], rate)
    return path


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("flag", ["--motion", "--motion-csv"])
def test_render_reads_the_json_that_the_nodes_save(samples, tmp_path, flag):
    take, video = tmp_path / "take.json", tmp_path / "talk.webp"
    curves = torch.zeros(3, NUM_EXPRESSIONS)
    curves[1, ARKIT_NAMES.index("jawOpen")] = 0.8
    write_motion_json(take, Motion(curves, torch.zeros(3, 3), 12.5))
    main(["render", "--portrait", str(samples / "portrait.png"), flag, str(take), "--output", str(video)])
    frames = np.stack(list(video_frames(video, 12.5))).astype(int)
    assert video_fps(video) == 12.5 and len(frames) == 3
    assert np.abs(frames[1] - frames[0]).max() > 60 and np.abs(frames[2] - frames[0]).mean() < 1


def shape_and_sound(path):
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        return video.width, video.height, bool(container.streams.audio)


@pytest.mark.slow
def test_two_faces_speak_at_once(samples, short_speech, tmp_path, capsys):
    video = tmp_path / "two.mp4"
    main(["animate", "--portrait", str(samples / "two_people.jpg"), "--speaker", f"0={short_speech}",
          "--speaker", f"1={short_speech}", "--output", str(video), "--device", "cpu"])  # fmt: skip
    assert capsys.readouterr().out.count("Heard:") == 2
    assert shape_and_sound(video)[2]
    with pytest.raises(SystemExit):
        main(["animate", "--portrait", str(samples / "two_people.jpg"), "--speaker", "anna.wav", "--output", "x.mp4"])
    assert "0=anna.wav" in capsys.readouterr().err


@pytest.mark.slow
def test_a_transparent_portrait_stays_transparent_enlarged_and_looks_aside(samples, short_speech, tmp_path):
    picture = Image.open(samples / "portrait.png").convert("RGBA").crop((100, 20, 350, 270))
    distance = np.asarray(Image.radial_gradient("L").resize(picture.size))
    picture.putalpha(Image.fromarray(np.where(distance < 150, 255, 0).astype(np.uint8)))
    picture.save(tmp_path / "cut.png")
    video, csv = tmp_path / "cut.webm", tmp_path / "cut.csv"
    main(["animate", "--portrait", str(tmp_path / "cut.png"), "--speech", str(short_speech), "--output", str(video),
          "--alpha", "--upscale", "2", "--look-sideways", "0.7", "--gaze", "0", "--motion-csv", str(csv),
          "--device", "cpu"])  # fmt: skip
    assert shape_and_sound(video)[:2] == (500, 500)
    with av.open(str(video)) as container:
        codec = av.CodecContext.create("libvpx-vp9", "r")
        frame = next(frame for packet in container.demux(video=0) for frame in codec.decode(packet))
    alpha = frame.to_ndarray(format="rgba")[..., 3]
    assert alpha[250, 250] > 250 and alpha[5, 5] < 5
    names, *rows = csv.read_text().splitlines()
    look = names.split(",").index("EyeLookOutLeft")
    assert float(rows[3].split(",")[look]) > 0.5


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_inspect_speech_prints_windows_as_json(samples, capsys):
    main(["inspect-speech", str(samples / "speech.wav"), "--json"])
    heard = json.loads(capsys.readouterr().out)
    assert set(heard) == {"emotion", "intensity", "windows"}
    assert max(heard["emotion"], key=heard["emotion"].get) == "angry"
    assert heard["windows"][0]["start"] == 0
    assert heard["windows"][-1]["end"] == pytest.approx(3.7, abs=0.05)


@pytest.mark.slow
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


@pytest.mark.parametrize(("option", "part"), [("--blinks", "blinks"), ("--gaze", "gaze"), ("--head-motion", "head")])
def test_an_amount_of_zero_stills_what_the_option_names_and_nothing_else(option, part):
    given = ["render", "--portrait", "face.png", "--motion-csv", "take.csv", "--output", "talk.mp4", option, "0"]
    generator = torch.Generator().manual_seed(0)
    curves = torch.rand(50, NUM_EXPRESSIONS, generator=generator), torch.randn(50, 3, generator=generator)
    edited = edit_motion(Motion(*curves, 25.0), **life(build_parser().parse_args(given)))
    parts = {"blinks": edited.expression[:, BLINK], "gaze": edited.expression[:, GAZE], "head": edited.head}
    still = {name: bool(moved.std(dim=0).max() < 1e-6) for name, moved in parts.items()}
    assert still == {name: name == part for name in parts}


@pytest.mark.slow
def test_more_portraits_of_one_person_and_a_film_are_read(samples, short_speech, tmp_path, capsys):
    video, portrait = tmp_path / "talk.mp4", str(samples / "portrait.png")
    main(["animate", "--portrait", portrait, "--portrait", portrait, "--portrait", str(samples / "film.mp4"),
          "--speech", str(short_speech), "--output", str(video)])  # fmt: skip
    assert video.exists()
    assert capsys.readouterr().out.count("Saw:") == 1


def test_more_portraits_are_refused_where_nobody_knows_whose_they_are(samples, short_speech, tmp_path, capsys):
    twice = ["--portrait", str(samples / "two_people.jpg")] * 2
    with pytest.raises(SystemExit):
        main(["animate", *twice, "--speaker", f"0={short_speech}", "--output", str(tmp_path / "x.mp4")])
    assert "one person" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["render", *twice, "--motion-csv", "take.csv", "--output", str(tmp_path / "x.mp4")])
    assert "once" in capsys.readouterr().err


@pytest.mark.slow
def test_idle_writes_a_clip_that_loops_and_its_curves(samples, tmp_path, capsys):
    video, take = tmp_path / "wait.mp4", tmp_path / "wait.json"
    main(["idle", "--portrait", str(samples / "portrait.png"), "--output", str(video), "--seconds", "2", "--fps", "10",
          "--emotion", "sad", "--motion", str(take)])  # fmt: skip
    assert "Saw:" in capsys.readouterr().out
    frames = np.stack(list(video_frames(video, 10.0))).astype(int)
    assert len(frames) == 20 and np.abs(frames[10] - frames[0]).max() > 20
    assert np.abs(frames[0] - frames[-1]).mean() < 1  # of 255, through the encoder
    motion = read_motion(take)
    assert (motion.head[0] - motion.head[-1]).abs().max() <= 1.01 * motion.head.diff(dim=0).abs().max()


def test_a_path_that_no_disk_takes_is_refused_in_a_sentence(capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        main(["dub", "--video", "a" * 5000, "--output", str(tmp_path / "a.mp4")])
    told = capsys.readouterr().err
    assert ended.value.code == 1 and told.startswith("cemnet: ") and len(told) < 400 and told.count("\n") == 1
