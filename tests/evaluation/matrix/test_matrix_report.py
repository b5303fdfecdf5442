"""The whole evaluation of the matrix on a few generated voices, from a config to the report."""

from dataclasses import replace

import pytest
from brightness_judge import BrightnessJudge
from PIL import Image

from cemnet.evaluation.matrix import matrix_report
from cemnet.evaluation.matrix.baselines import SYSTEMS
from cemnet.evaluation.matrix.matrix_report import MatrixSettings, evaluate_matrix, portrait_files, scene_curves
from cemnet.evaluation.voice.linear_baseline import LinearBaseline
from cemnet.training.corpora.clips import save_clip


def test_portraits_are_given_by_name_or_as_a_folder_of_pictures(tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("d.webp", "b.JPG", "f.png", "notes.txt", "a.png", "e.jpeg", "c.jpg"):
        (tmp_path / "folder" / name).touch()
    alone = tmp_path / "alone.png"
    names = [file.name for file in portrait_files([tmp_path / "folder", alone])]
    assert names == ["a.png", "b.JPG", "c.jpg", "d.webp", "e.jpeg", "f.png", "alone.png"]


@pytest.fixture
def config(clips, tmp_path):
    """Happy and sad clips of a speaker who is heard here, and of another who trains the linear baseline."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, clip in enumerate(clip for clip in clips if clip.emotion in ("happy", "sad")):
        save_clip(folder, replace(clip, source="ravdess", speaker="17" if number < 4 else "18"))
    path = tmp_path / "config.yaml"
    path.write_text(f"data:\n  clips: [{folder}]\n  voice_augmentations: 0\n")
    return path


@pytest.fixture
def trained_on(monkeypatch):
    """Few portraits, few systems and a stand-in for the judge; yields the speakers who train the linear baseline."""
    speakers = set()
    fit, push = LinearBaseline.fit, matrix_report.pushed_references

    def fit_and_tell(encoder, clips):
        speakers.update(clip.speaker for clip in clips)
        return fit(encoder, clips)

    def push_three(*arguments):
        return [reference for reference in push(*arguments) if reference.emotion in ("neutral", "happy", "sad")]

    monkeypatch.setattr(LinearBaseline, "fit", fit_and_tell)
    monkeypatch.setattr(matrix_report, "pushed_references", push_three)
    monkeypatch.setattr(matrix_report, "find_judge", lambda path: b"")
    monkeypatch.setattr(matrix_report, "ExpressionJudge", lambda network: BrightnessJudge())
    needed = ("full", "label oracle", "copy reference", "no EBM")
    monkeypatch.setattr(matrix_report, "SYSTEMS", {name: SYSTEMS[name] for name in needed})
    return speakers


@pytest.mark.slow
def test_from_a_config_and_a_portrait_to_a_report(config, samples, tmp_path, trained_on):
    output = tmp_path / "output"
    settings = MatrixSettings(
        config, output, speakers=("ravdess/17",), clips_per_cell=1, frames=1, persons=0,
        portraits=(samples / "portrait.png",),
    )  # fmt: skip
    report = evaluate_matrix(settings)

    assert trained_on == {"18"}
    assert {path.name for path in output.iterdir()} == {
        "matrix.html", "matrix.txt", "matrix_pushed_portraits.png", "references", "verdicts.csv",
    }  # fmt: skip
    assert len(list((output / "references").glob("portrait_*.png"))) == 8
    lines = report.text().splitlines()
    assert "ravdess/17" in lines[1] and "Seed 0" in lines[1]
    assert len((output / "verdicts.csv").read_text().splitlines()) == 1 + 3 * 2 * 4  # portraits, emotions, systems
    assert any("1 people" in line and "24 videos" in line for line in lines)
    titles = [part.title.removesuffix(", %").split(",")[0] for part in report.parts]
    assert titles == [
        "Targets", "Hits", "Systems", "Off-diagonal hits by the voice's emotion", "Where hits are lost",
        "What is taken for what", "Portraits read", "The same expressions", "The full model", "All systems", "Curves",
    ]  # fmt: skip


@pytest.mark.slow
def test_curves_compare_the_model_with_a_copy_of_the_portrait(model, references, voices, monkeypatch):
    drawn = []

    def draw(panels, fps):
        drawn.append(panels)
        return Image.new("RGB", (4, 4))

    monkeypatch.setattr(matrix_report, "curves_figure", draw)
    scene_curves(model, references, voices)
    ((heard, full, copied),) = (list(panels.values()) for panels in drawn)
    assert list(drawn[0]) == [f"happy portrait, sad voice: {what}" for what in ("heard", "full", "copy reference")]
    assert heard["sad"] == pytest.approx(voices[1].speech.heard.numpy()[:, 2])
    assert full["mouthSmileLeft"].mean() < 0.7 * copied["mouthSmileLeft"].mean()
