"""The dispatcher of the evaluation's subjects, and every subject that needs no other data, on generated voices."""

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from made_faces import made_table, write_table
from paths import REPOSITORY

from cemnet.arkit import EMOTIONS
from cemnet.checkpoint import find_weights
from cemnet.evaluation.matrix.matrix_report import MatrixSettings
from cemnet.evaluation.report.report import Report
from cemnet.evaluation.subjects import SUBJECTS
from cemnet.network import NETWORK_WEIGHTS
from cemnet.training.corpora.clips import save_clip
from cemnet.training.networks.feature_clips import generated_clips

SCRIPT = REPOSITORY / "train" / "evaluate.py"
ACTORS = ("17", "18")


@pytest.fixture(scope="module")
def evaluate():
    specification = importlib.util.spec_from_file_location("evaluate", SCRIPT)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.main


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Generated clips in the names of two actors and one speaker of Emo-DB, and a config that names them."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "clips").mkdir()
    for number, clip in enumerate(generated_clips(24, seed=0)):
        source, speaker = [("ravdess", ACTORS[0]), ("ravdess", ACTORS[1]), ("emodb", "03")][number // len(EMOTIONS)]
        save_clip(folder / "clips", replace(clip, source=source, speaker=speaker))
    (folder / "config.yaml").write_text(f"data:\n  clips: [{folder / 'clips'}]\n  voice_augmentations: 0\n")
    return folder


def test_help_lists_every_subject_and_does_not_wait_for_torch():
    code = (
        f"import runpy, sys; sys.argv = ['evaluate.py', '--help']\n"
        f"try: runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
        f"except SystemExit: print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    *text, has_torch = run.stdout.splitlines()
    assert has_torch == "False"
    for subject, summary in SUBJECTS.items():
        assert any(line.split()[:1] == [subject] and summary.split()[0] in line for line in text)


def test_every_subject_has_a_module_and_every_module_a_subject():
    folder = REPOSITORY / "cemnet" / "evaluation" / "subjects"
    assert {path.stem for path in folder.glob("*.py")} == {*SUBJECTS, "shared", "__init__"}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_explains_its_options(evaluate, subject, capsys):
    with pytest.raises(SystemExit, match="0"):
        evaluate([subject, "--help"])
    assert f" {subject} [-h]" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["listening"], ["speech"]])
def test_a_command_that_cannot_run_is_refused(evaluate, words, capsys):
    with pytest.raises(SystemExit, match="2"):
        evaluate(words)
    capsys.readouterr()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("subject", "titles"),
    [
        ("robustness", ["Emotion heard in degraded recordings", "Recall by emotion, %"]),
        ("calibration", ["Belief about clips, clean", "Belief about moments, noise at 10 dB"]),
        ("timeline", ["Voices that turn", "Utterances of one emotion"]),
        ("motion", ["Moving with the voice", "Life", "Lips", "Pauses"]),
    ],
)
def test_held_out_voices_are_reported(evaluate, subject, titles, data, tmp_path, capsys):
    speakers = [f"ravdess/{actor}" for actor in ACTORS]
    options = ["--config", data / "config.yaml", "--output", tmp_path, "--speakers", *speakers]
    evaluate([subject, *map(str, options)])
    printed = capsys.readouterr().out
    assert printed.startswith(f"Voices: {subject}\n")
    assert all(title in printed.splitlines() for title in titles)
    assert (tmp_path / f"{subject}.txt").read_text() == printed.removesuffix("\n")
    assert (tmp_path / f"{subject}.html").exists()


@pytest.mark.slow
def test_features_of_a_run_serve_speech_lips_and_cross(evaluate, data, tmp_path, capsys):
    options = ["--config", str(data / "config.yaml"), "--features", str(tmp_path)]
    evaluate(["speech", *options, "--steps", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["ravdess", "ravdess", "emodb", "emodb"]
    assert ["normal voices" in line for line in lines] == [False, True, False, True]
    evaluate(["speech", *options, "--steps", "2", "--unheard-corpora", "--corpora", "emodb"])
    assert capsys.readouterr().out.startswith("emodb, never heard: mean recall ")
    evaluate(["speech", *options, "--steps", "2", "--enhancement", "0", "--conditions"])
    assert "enhancement 0 " in capsys.readouterr().out
    evaluate(["manner", *options, "--steps", "2"])
    assert "Manner read, R²" in capsys.readouterr().out.splitlines()
    evaluate(["lips", *options, "--clips", "2", "--speakers", "ravdess/17"])
    assert "Lips" in capsys.readouterr().out.splitlines()
    weights = str(find_weights(NETWORK_WEIGHTS))
    evaluate(["content", *options, "--weights", weights, "--fold-size", "1"])
    assert "Emotion read from content" in capsys.readouterr().out.splitlines()
    evaluate(["cross", *options, weights, "--speakers", "ravdess/17", "ravdess/18", "--batches", "1"])
    assert "cross_reconstruction" in capsys.readouterr().out


@pytest.mark.slow
def test_real_faces_are_reported_with_gains_and_other_splits(evaluate, tmp_path, capsys):
    write_table(tmp_path / "table.csv", made_table(8))
    evaluate(["faces", "--table", str(tmp_path / "table.csv"), "--people", "64"])
    printed = capsys.readouterr().out
    for title in ("Explained variance of unseen actors' faces", "Gain over: table and shrunk offset", "Other splits"):
        assert title in printed
    memory = next(line for line in printed.splitlines() if line.startswith("memory of people"))
    assert float(memory.split()[4]) > 0.5  # with one reference, of people with a strong manner


@pytest.mark.slow
def test_the_memory_is_reported_with_its_address_map(evaluate, tmp_path, capsys):
    evaluate(["memory", "--people", "5", "--output", str(tmp_path)])
    assert "Displacements of unseen people" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"memory.html", "memory.txt", "address_map.png"}


@pytest.mark.slow
def test_portraits_are_compared_with_themselves_and_put_on_a_sheet(evaluate, samples, tmp_path, capsys):
    evaluate(["identity", str(samples / "portrait.png")])
    name, _, decibels, _ = capsys.readouterr().out.split()
    assert name == "portrait.png"
    assert float(decibels) > 30
    sheet = tmp_path / "sheet.png"
    portraits = ["--portraits", str(samples / "portrait.png")]
    evaluate(["sheet", *portraits, "--speech", str(samples / "speech.wav"), "--output", str(sheet)])
    assert sheet.exists()


def test_the_matrix_is_made_as_the_command_says(evaluate, monkeypatch, capsys):
    asked = []

    def evaluate_matrix(settings):
        asked.append(settings)
        return Report("Matrix")

    monkeypatch.setattr("cemnet.evaluation.subjects.matrix.evaluate_matrix", evaluate_matrix)
    command = (
        "matrix --config a.yaml --output out --weights n.safetensors --speakers ravdess/17 emodb/03 --clips-per-cell 3"
        " --frames 5 --persons 2 --portraits b.png c --judge d.whl --ict e.npz --seed 7"
    )
    evaluate(command.split())
    assert asked == [
        MatrixSettings(
            Path("a.yaml"), Path("out"), Path("n.safetensors"), ("ravdess/17", "emodb/03"), 3, 5, 2,
            (Path("b.png"), Path("c")), Path("d.whl"), Path("e.npz"), 7,
        )
    ]  # fmt: skip
    assert "Wrote out/matrix.html" in capsys.readouterr().out
