"""Films are read frame by frame, the majority counts, and fitted curves come back onto the first frame."""

import numpy as np
import pytest
import skimage.data
import torch

from cemnet import pipeline
from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.errors import MediaError
from cemnet.evaluation.picture.filmed_portraits import (
    FilmReading,
    confusion_table,
    films_in,
    fit_sheet,
    read_film,
    readings_table,
    shown_emotion,
)
from cemnet.inspection.contact_sheet import TILE
from cemnet.media.video_writer import VideoWriter
from cemnet.types import EmotionEstimate, FaceLandmarks, FaceReference, Pose


def face_that_reads(emotion, belief=1.0):
    """A face reference of which only the emotion counts."""
    probabilities = np.full(len(EMOTIONS), (1 - belief) / (len(EMOTIONS) - 1))
    probabilities[EMOTION_INDEX[emotion]] = belief
    points, nothing = np.zeros((478, 3), np.float32), np.zeros(52, np.float32)
    return FaceReference(
        torch.zeros(4, 4, 3), FaceLandmarks(points, nothing, 1.0), Pose(np.eye(3), 1.0, np.zeros(3)), np.zeros(50),
        nothing, points, EmotionEstimate(probabilities, 1.0),
    )  # fmt: skip


def reading(shown, *read):
    return FilmReading(f"A_{shown}", "A", shown, tuple(face_that_reads(*each) for each in read))


def test_a_film_says_by_its_name_what_it_shows(tmp_path):
    assert shown_emotion(tmp_path / "M030_front_surprised_level3_001.mp4") == ("M030", "surprise")
    assert shown_emotion(tmp_path / "anna_front_sad_1_2.mp4") == ("anna", "sad")


@pytest.mark.parametrize("name", ["holiday.mp4", "M030_front_bored_level3_001.mp4"])
def test_a_film_that_does_not_say_what_it_shows_is_refused(tmp_path, name):
    with pytest.raises(MediaError, match="does not say what it shows"):
        shown_emotion(tmp_path / name)


def test_a_folder_without_films_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(MediaError, match="has no films"):
        films_in(tmp_path)


def test_the_majority_of_frames_is_read_and_belief_decides_between_equals():
    assert reading("sad", ("sad",), ("angry",), ("sad",)).read == "sad"
    assert reading("sad", ("angry", 0.9), ("sad", 0.5)).read == "angry"


def test_tables_count_films_and_frames_and_show_where_belief_goes():
    readings = [reading("sad", ("sad",), ("sad",), ("angry",)), reading("angry", ("happy",))]
    table = readings_table(readings)
    assert "1 of 2 films" in table.note and "50 % of 4 frames" in table.note
    assert [row[2:4] for row in table.rows] == [("sad", "yes"), ("happy", "no")]
    confusion = confusion_table(readings)
    assert [row[0] for row in confusion.rows] == ["sad", "angry"]
    assert confusion.rows[1][1 + EMOTION_INDEX["happy"]] == "1.00"


@pytest.mark.slow
def test_a_film_is_read_at_intervals_and_redrawn_from_its_first_frame(tmp_path):
    model, picture = pipeline.load_model(device="cpu"), skimage.data.astronaut()[:320, 60:380]
    path = tmp_path / "eileen_front_happy_level1_001.mp4"
    with VideoWriter(path, 25, 320, 320) as writer:
        for _ in range(5):
            writer.write(picture.astype(np.float32) / 255)
    film = read_film(model, path, every=2)
    assert len(film.faces) == 3
    assert film.read == "happy"
    sheet = fit_sheet(model, [film], columns=2)
    assert sheet.size == (2 * TILE, 2 * TILE)
    filmed, redrawn = (np.asarray(sheet)[row : row + TILE - 20, :TILE].astype(float) for row in (0, TILE))
    assert np.abs(filmed - redrawn).mean() < 2
