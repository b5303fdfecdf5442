"""Systems are scored on the same pairs and laid side by side; what was not measured is said to be so."""

import csv
from pathlib import Path

import numpy as np
import pytest
from brightness_judge import BrightnessJudge
from made_verdicts import verdict
from scipy.io import wavfile
from scripts import load_script

from cemnet import pipeline
from cemnet.errors import CEMNetError, MissingModelError
from cemnet.evaluation.motion.sync import Sync
from cemnet.evaluation.report.report import Table
from cemnet.evaluation.subjects.videos import judge_of, named
from cemnet.evaluation.videos.benchmark import (
    NOT_MEASURED,
    OURS,
    emotion_table,
    measures_table,
    report_of,
    run_benchmark,
    videos_table,
    write_scores,
)
from cemnet.evaluation.videos.pairs import Pair, find_videos, read_pairs
from cemnet.evaluation.videos.scoring import Distances, Scores, Tools
from cemnet.media.images import read_image
from cemnet.media.video_writer import VideoWriter

LIPS = Sync(3, -1.0, -120, 0.3, 40, 0.05, 0.2)
FRAMES = 25


def scores(system, says, video="a.mp4", psnr=float("nan"), feature=None):
    """One video of a happy portrait with a sad voice."""
    pair = Pair(2, video, Path("anna.png"), Path("hello.wav"), "happy", "sad", None, "anna")
    features = None if feature is None else np.array([[feature], [feature + 1.0]])
    wanted = None if feature is None else np.array([[0.0], [1.0]])
    seen = verdict(system, "happy", "sad", says) if says else None
    picture = np.full((256, 256, 3), 90, np.uint8)
    return Scores(
        system,
        pair,
        seen,
        picture,
        [picture],
        LIPS,
        0.2,
        features=features,
        truth=Distances(psnr=psnr, features=wanted),
    )


def emotions_of(report):
    """The table of hits and leaks."""
    (table,) = [part for part in report.parts if isinstance(part, Table) and part.title == "Emotions"]
    return table


def test_hits_and_leaks_are_counted_for_each_system():
    scored = [
        scores("good", "sad"),
        scores("good", "sad", "b.mp4"),
        scores("bad", "happy"),
        scores("bad", "happy", "b"),
    ]
    report = report_of(scored, "made")
    rows = {row[0]: row for row in emotions_of(report).rows}
    assert rows["good"][1] == "-" and rows["good"][2].strip().startswith("100.0") and "0.0 [" in rows["good"][3]
    assert rows["bad"][2].strip().startswith("0.0") and rows["bad"][3].strip().startswith("100.0")
    assert [part.title for part in report.parts].count("Frames") == 1
    assert "<img" in report.html()


def test_what_was_not_measured_is_said_and_means_leave_it_out():
    scored = [scores("one", None, psnr=30.0), scores("one", None, "b.mp4", psnr=40.0), scores("two", None)]
    table = measures_table(scored)
    column = list(table.header).index("PSNR, dB")
    assert [row[column] for row in table.rows] == ["35.00", NOT_MEASURED]
    assert {row[list(table.header).index("FID")] for row in table.rows} == {NOT_MEASURED}
    assert emotion_table(None).note == "Not measured: no judge was given."
    assert emotions_of(report_of(scored, "made")).rows == []
    assert videos_table(scored).rows[2][column + 3] == "-"


def test_fid_is_of_all_frames_of_a_system():
    table = measures_table([scores("near", None, feature=0.0), scores("far", None, feature=3.0)])
    column = list(table.header).index("FID")
    assert [float(row[column]) for row in table.rows] == pytest.approx([0.0, 9.0], abs=0.01)


def test_scores_are_written_with_empty_cells_where_nothing_was_measured(tmp_path):
    write_scores(tmp_path / "scores.csv", [scores("one", "sad", psnr=30.0), scores("two", None)])
    first, second = csv.DictReader((tmp_path / "scores.csv").open(encoding="utf-8"))
    assert (first["judge_says"], first["PSNR, dB"], first["p_sad"]) == ("sad", "30.0000", "0.6500")
    assert (second["judge_says"], second["PSNR, dB"], second["p_sad"]) == ("", "", None)


def test_two_systems_of_one_name_are_refused(tmp_path):
    assert list(named([tmp_path / "a", tmp_path / "b"])) == ["a", "b"]
    for folders in ([tmp_path / "a", tmp_path / "other" / "a"], [tmp_path / OURS]):
        with pytest.raises(CEMNetError, match="Two systems are called"):
            named(folders)


def test_a_judge_that_was_given_has_to_be_there(tmp_path):
    with pytest.raises(MissingModelError):
        judge_of(tmp_path / "nowhere.whl")


@pytest.fixture
def entered(tmp_path, samples):
    """A table of one pair, and two systems: a bright one, which is the truth too, and a dark one twice as
    large."""
    picture = read_image(samples / "portrait.png")[..., :3].numpy()
    for name, shown in (("bright", 0.5 + 0.5 * picture), ("dark", 0.4 * picture.repeat(2, axis=0).repeat(2, axis=1))):
        (tmp_path / name).mkdir()
        height, width = shown.shape[:2]
        with VideoWriter(tmp_path / name / "a.mp4", 25, width, height) as video:
            for _ in range(FRAMES):
                video.write(shown.astype(np.float32))
    table = tmp_path / "pairs.csv"
    rate, sound = wavfile.read(samples / "speech.wav")
    wavfile.write(tmp_path / "voice.wav", rate, sound[: round(FRAMES / 25 * rate)])
    files = f"{samples / 'portrait.png'},voice.wav"
    header = "video,reference,voice,reference_emotion,voice_emotion,truth"
    table.write_text(f"{header}\na.mp4,{files},happy,sad,{tmp_path / 'bright' / 'a.mp4'}\n")
    return table


@pytest.mark.slow
def test_made_videos_are_scored_end_to_end(entered):
    pairs = read_pairs(entered)
    videos = {name: find_videos(entered, pairs, entered.parent / name) for name in ("bright", "dark")}
    tools = Tools(pipeline.load_model(device="cpu"), BrightnessJudge(), frames=2)
    ours, bright, dark = run_benchmark(tools, pairs, videos, entered.parent / "made")
    assert (ours.system, bright.system, dark.system) == (OURS, "bright", "dark")
    assert (entered.parent / "made" / "a.mp4").is_file()
    assert [each.verdict and each.verdict.says for each in (bright, dark)] == ["happy", "sad"]
    assert bright.truth.psnr == 70.0 and bright.truth.m_lmd == 0.0 and bright.truth.ssim == pytest.approx(1)
    assert dark.truth.psnr < 20 and dark.truth.m_lmd < 3  # the same face, twice as large and darker
    assert bright.jitter < 0.2 and np.isnan(bright.truth.lpips)
    assert len(bright.judged) == 2 and bright.judged[0].shape == (256, 256, 3)


def test_the_subject_names_row_and_column_of_a_missing_video(entered, tmp_path):
    (tmp_path / "dark" / "a.mp4").unlink()
    words = ["videos", str(tmp_path / "dark"), "--list", str(entered), "--output", str(tmp_path / "out")]
    with pytest.raises(SystemExit, match=r"Error: .*row 2, column video: there is no file"):
        load_script("evaluate").main(words)
    assert not (tmp_path / "out").exists()
