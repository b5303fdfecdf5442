"""Tables and figures of the matrix say what the verdicts say, each figure in its own column."""

import numpy as np
import pytest
import torch
from made_verdicts import everywhere, four_systems, shows_portrait, shows_voice, verdict
from PIL import Image

from cemnet.arkit import EMOTION_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.emotion.states import one_hot_emotion
from cemnet.evaluation.matrix import tables
from cemnet.evaluation.matrix.references import PUSHED, StrongReference
from cemnet.evaluation.matrix.scores import JUDGED, MatrixScores
from cemnet.evaluation.matrix.verdicts import RENDERER
from cemnet.evaluation.matrix.voices import Voice
from cemnet.types import Audio, EmotionEstimate, FaceLandmarks, FaceReference, Pose, Speech


def voice(emotion, heard):
    """Half a second of a labelled voice in which the model hears an emotion."""
    frames, belief = torch.ones(12), one_hot_emotion(heard).expand(12, -1)
    sound = Audio(torch.zeros(1, 7_680), 16_000)
    speech = Speech(sound, torch.zeros(12, 4), torch.ones(12, 4), torch.zeros(12, 4), belief, belief, frames, frames)
    return Voice(emotion, 1.0, "ravdess/17", f"{emotion}, {heard}", speech, speech)


def portrait(emotion, intensity=1.0, **believed):
    """A portrait made with one emotion, of which the reader believes others."""
    probabilities = np.zeros(len(EMOTIONS))
    for name, share in believed.items():
        probabilities[EMOTION_INDEX[name]] = share
    nowhere = FaceLandmarks(np.zeros((478, 3), np.float32), np.zeros(NUM_EXPRESSIONS, np.float32), 1.0)
    face = FaceReference(
        torch.zeros(8, 8, 3), nowhere, Pose(np.eye(3), 1.0, np.zeros(3)), np.zeros(4), np.zeros(NUM_EXPRESSIONS),
        np.zeros((478, 3)), EmotionEstimate(probabilities, intensity),
    )  # fmt: skip
    return StrongReference(PUSHED, "anna", emotion, face, np.zeros((len(EMOTIONS), NUM_EXPRESSIONS)))


@pytest.fixture(scope="module")
def scores():
    return MatrixScores(four_systems())


def by_name(table):
    """The rows of a table as dictionaries, by their first cell."""
    return {row[0]: dict(zip(table.header[1:], row[1:], strict=True)) for row in table.rows}


def estimate(cell):
    return float(cell.split("[")[0])


def test_targets_are_reported_with_their_bounds_and_how_much_was_judged(scores):
    table = tables.targets_table(scores, PUSHED)
    rows = by_name(table)
    assert table.title.endswith(PUSHED)
    assert {row[""] for row in rows.values()} == {"met"}
    leak = rows["reference leak, %"]
    assert (estimate(leak["value"]), leak["target"]) == (0, "<= 5")
    assert rows["off-diagonal hit, % of the label oracle's"]["target"] == ">= 95"
    assert f"2 people, {2 * len(JUDGED)} clips, {4 * 4 * len(EMOTIONS) * len(JUDGED)} videos" in table.note


def test_a_missed_target_is_shouted():
    poor = MatrixScores(
        everywhere("full", shows_portrait)
        + [each for name in ("label oracle", "copy reference", "no EBM") for each in everywhere(name, shows_voice)]
    )
    assert {row[-1] for row in tables.targets_table(poor, PUSHED).rows} == {"MISSED"}


def test_hits_leaks_and_distances_of_a_system_stand_in_their_own_columns():
    near = verdict("full", "happy", "sad", "sad", to_target=0.125, to_reference=0.5)
    leaked = [verdict("full", "angry", "sad", "angry", clip=clip, to_target=0.5, to_reference=0.1) for clip in "123"]
    confused = [verdict("full", "fear", "sad", "angry", clip=clip, to_target=0.5, to_reference=0.1) for clip in "1234"]
    on_diagonal = [verdict("full", "sad", "sad", says) for says in ("sad", "happy")]
    row = by_name(tables.systems_table(MatrixScores([near, *leaked, *confused, *on_diagonal]), PUSHED))["full"]
    assert estimate(row["diagonal hit %"]) == 50
    assert estimate(row["off-diagonal hit %"]) == 12.5
    assert estimate(row["leak %"]) == 37.5
    assert estimate(row["judge's own confusion %"]) == 30  # 4 of 5 other faces are called angry, for 3 of 8 videos
    assert estimate(row["nearer %"]) == 12.5
    assert row["distance"] == f"{(0.125 + 7 * 0.5) / 8:.3f}"


def test_hits_are_told_apart_by_the_voices_emotion(scores):
    rows = by_name(tables.classes_table(scores, PUSHED))
    assert list(rows) == list(JUDGED)
    assert [estimate(rows["angry"][system]) for system in scores.systems] == [100, 100, 0, 0]
    assert [estimate(rows["sad"][system]) for system in scores.systems] == [100, 100, 0, 100]


def test_the_ladder_shows_at_which_step_an_emotion_is_lost():
    voices = [voice("happy", heard) for heard in ("happy", "sad", "sad", "sad")]
    pictures = tables.references_confusion(
        [portrait("happy")] * 5, [one_hot_emotion(seen).numpy() for seen in ("happy", "happy", "sad", "fear", "sad")]
    )
    drawn = MatrixScores(
        [verdict(RENDERER, "neutral", "happy", says) for says in ("happy", "sad", "sad")]
        + [verdict(RENDERER, "fear", "happy", says) for says in ("happy", "happy", "sad")]
    )
    spoken = MatrixScores(
        [verdict("label oracle", "sad", "happy", says) for says in ("happy", "happy", "happy", "sad")]
        + [verdict("full", "sad", "happy", says) for says in ("sad", "sad", "sad", "sad", "happy")]
    )
    rows = by_name(tables.ladder_table(PUSHED, voices, pictures, drawn, spoken))
    assert rows["happy"] == {
        "voice heard right": "25",
        "judge: reference pictures": "40",
        "judge: drawn on neutral": "33",
        "judge: drawn on others": "50",
        "judge: oracle": "75",
        "judge: full": "20",
    }
    assert set(rows["fear"].values()) == {"-"}


def test_the_reader_is_measured_on_the_emotion_that_the_portrait_was_made_with():
    read = [
        portrait("sad", 0.5, sad=0.7, fear=0.3),
        portrait("sad", 0.7, sad=0.2, fear=0.8),
        portrait("happy", 1.0, happy=0.75, fear=0.25),
    ]
    rows = by_name(tables.reader_table(PUSHED, read))
    assert list(rows) == ["happy", "sad"]
    assert rows["sad"] == {"read right %": "50", "intensity read": "0.60", "else believed": "fear 55 %"}
    assert rows["happy"] == {"read right %": "100", "intensity read": "1.00", "else believed": "fear 25 %"}


def test_confusions_have_a_row_for_the_label_and_a_column_for_what_is_heard():
    table = tables.voices_confusion([voice("happy", "sad"), voice("happy", "happy"), voice("sad", "sad")])
    happy, sad = JUDGED.index("happy"), JUDGED.index("sad")
    assert table[happy].tolist()[happy : sad + 1] == [0.5, 0.5]
    assert (table[sad, happy], table[sad, sad]) == (0, 1)


@pytest.fixture
def drawn_figures(monkeypatch):
    """What the figures are drawn from: matrices, names of rows and of columns, and of both axes."""
    figures = []

    def draw(matrices, *names, **layout):
        figures.append((matrices, *names))
        return Image.new("RGB", (4, 4))

    monkeypatch.setattr(tables, "matrix_figure", draw)
    return figures


def test_every_system_has_a_heat_map_under_its_name(scores, drawn_figures):
    tables.matrices_figure(scores)
    ((matrices, rows, columns, row_name, column_name),) = drawn_figures
    assert [name.split(":")[0] for name in matrices] == scores.systems
    assert "copy reference: 0 % off the diagonal" in matrices
    np.testing.assert_array_equal(matrices["full: 100 % off the diagonal"], np.ones((len(EMOTIONS), len(JUDGED))))
    assert (list(rows), list(columns)) == (list(EMOTIONS), list(JUDGED))
    assert "portrait" in row_name and "voice" in column_name


def test_every_confusion_is_drawn_under_its_own_name(drawn_figures):
    happy = JUDGED.index("happy")
    hits = {"drawn": "angry", "label oracle": "sad", "full": "fear"}
    systems = MatrixScores([verdict(name, "neutral", "happy", hits[name]) for name in ("label oracle", "full")])
    drawn = MatrixScores([verdict(RENDERER, "neutral", "happy", hits["drawn"])])
    pictures = tables.references_confusion([portrait("happy")], [one_hot_emotion("disgust").numpy()])
    tables.confusions_figure([voice("happy", "surprise")], pictures, drawn, systems)
    ((matrices, *_),) = drawn_figures
    assert {name: JUDGED[int(matrix[happy].argmax())] for name, matrix in matrices.items()} == {
        "model on the voices": "surprise",
        "judge on the portraits": "disgust",
        "judge on drawn apexes": "angry",
        "judge on the oracle": "sad",
        "judge on the full model": "fear",
    }
