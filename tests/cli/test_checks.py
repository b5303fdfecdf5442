"""What cannot be done is refused with one sentence before any work."""

import pytest

from cemnet.cli.commands import main


@pytest.fixture
def refused(tmp_path, capsys, monkeypatch):
    """Runs a command that has to be refused before a picture, a sound or the model is read; its sentence."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.mp4").write_text("precious")
    for reader in ("images.read_image", "sound.read_audio", "video_reader.video_fps"):
        monkeypatch.setattr(f"cemnet.media.{reader}", lambda *_: pytest.fail("The work has begun."))

    def run(*typed: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(typed))
        assert ended.value.code == 1
        assert (tmp_path / "mine.mp4").read_text() == "precious"
        sentence = capsys.readouterr().err
        assert sentence.startswith("cemnet: ") and sentence.count("\n") == 1
        return sentence

    return run


SPEAK = ("animate", "--portrait", "face.png", "--speech", "voice.wav")
RENDER = ("render", "--portrait", "face.png", "--motion-csv", "take.csv")
DUB = ("dub", "--video", "film.mp4")
IDLE = ("idle", "--portrait", "face.png")
COMMANDS = {"animate": SPEAK, "render": RENDER, "idle": IDLE, "dub": DUB}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--output", "talk.avi"], "must end in"),
        (["--output", "talk"], "must end in"),
        (["--output", "none/talk.mp4"], "does not exist"),
        (["--output", "mine.mp4"], "--overwrite"),
        (["--output", "talk.mp4", "--face-index", "-1"], "from 0"),
        (["--output", "talk.mp4", "--upscale", "5"], "enlarged"),
        (["--output", "talk.mp4", "--upscale", "nan"], "enlarged"),
        (["--output", "talk.mp4", "--look-up", "nan"], "turn of the eyes"),
    ],
)
def test_every_command_refuses_what_it_cannot_write(refused, command, options, reason):
    assert reason in refused(*COMMANDS[command], *options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--seed", "-1"], "seed"),
        (["--intensity", "nan"], "intensity"),
        (["--intensity", "-1"], "intensity"),
        (["--intensity", "5"], "intensity"),
        (["--fps", "nan"], "frames a second"),
        (["--blinks", "inf"], "blink"),
        (["--motion-csv", "talk.txt"], "motion file"),
        (["--motion-csv", "none/talk.csv"], "does not exist"),
        (["--contact-sheet", "talk"], "contact sheet"),
        (["--contact-sheet", "mine.mp4/talk.png"], "does not exist"),
        (["--alpha"], "transparent"),
    ],
)
def test_a_performance_that_cannot_be_is_refused(refused, options, reason):
    assert reason in refused(*SPEAK, "--output", "talk.mp4", *options)


def test_a_face_has_one_voice(refused):
    two = ["animate", "--portrait", "face.png", "--output", "talk.mp4", "--speaker", "1=a.wav", "--speaker"]
    assert "Face 1" in refused(*two, "1=b.wav")
    assert "--face-index" in refused(*two, "0=b.wav", "--face-index", "0")
    assert "--normal-voice" in refused(*two, "0=b.wav", "--normal-voice", "a.wav")


def test_no_output_has_the_name_of_another_file(refused, tmp_path):
    (tmp_path / "link.mp4").symlink_to("mine.mp4")
    for first, second in (("mine.mp4", "mine.mp4"), ("mine.mp4", "link.mp4"), ("film.mp4", "Film.mp4")):
        assert "one file" in refused("dub", "--video", first, "--output", second, "--overwrite")
    assert "one file" in refused(*RENDER, "--speech", "mine.mp4", "--output", "mine.mp4", "--overwrite")


def test_a_film_that_is_none_is_refused_before_the_model_is_loaded(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("cemnet.pipeline.load_model", lambda *_: pytest.fail("The work has begun."))
    with pytest.raises(SystemExit):
        main(["dub", "--video", str(tmp_path / "none.mp4"), "--output", str(tmp_path / "talk.mp4")])
    assert "no video" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["1.9", "601", "nan", "-8"])
def test_an_idle_clip_is_as_long_as_a_face_can_idle(refused, seconds):
    assert "2 to 600 seconds" in refused(*IDLE, "--output", "wait.mp4", "--seconds", seconds)


def test_idle_refuses_curves_over_its_portrait(refused):
    assert "one file" in refused("idle", "--portrait", "take.csv", "--output", "w.mp4", "--motion-csv", "take.csv")
