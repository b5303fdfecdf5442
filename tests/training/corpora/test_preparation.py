"""A corpus of any layout becomes clips of one format."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_recordings import write_film, write_sound
from needed_programs import needs_espeak
from paths import SAMPLES

from cemnet.errors import MediaError, MissingModelError
from cemnet.training.corpora.clips import list_clips, load_clip
from cemnet.training.corpora.phonemes import PHONEMES
from cemnet.training.corpora.readers import CORPORA, read_corpus, unread_files

pytest.importorskip("hama", reason="recognising phonemes needs hama, an extra of training")
pytest.importorskip("pocketsphinx", reason="aligning phonemes needs pocketsphinx, an extra of training")
from cemnet.training.corpora.preparation import Part, prepare_corpus
from cemnet.training.corpora.tracking_sheet import tracking_sheet

LAYOUTS = {
    "ravdess": ["Actor_12/03-01-06-01-02-01-12.wav"],
    "emodb": ["03a01Fa.flac"],
    "nemo": ["samples/EB0_surprised_12.flac"],
    "crema-d": ["AudioWAV/1001_DFA_ANG_XX.wav", "VideoFlash/1001_DFA_ANG_XX.flv"],
    "facegood": ["1114_2_01.flac", "1114_2_01_arkit.npz"],
    "mead": ["M031/audio/surprised/level_3/003.m4a", "M031/video/front/surprised/level_3/003.mp4"],
}
MEAD_FILM = "M031/video/front/surprised/level_3/{}.mp4"


def write_curves(path):
    moving = np.random.default_rng(0).random((18, 1)).astype(np.float32)
    np.savez(path, names=np.array(["jawOpen"]), values=moving, fps=np.array(30))


def filmed_speaker(path):
    """The bundled film of a speaking face, in place of a corpus' film."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(SAMPLES / "film.mp4", path)


@pytest.mark.slow
@needs_espeak
@pytest.mark.parametrize("source", CORPORA)
def test_every_corpus_is_prepared_from_its_own_layout(tmp_path, source):
    for name in LAYOUTS[source]:
        write = {".mp4": write_film, ".flv": write_film, ".npz": write_curves}.get(Path(name).suffix, write_sound)
        write(tmp_path / "in" / name)
    report = prepare_corpus(source, tmp_path / "in", tmp_path / "out")
    assert [outcome.status for outcome in report.outcomes] == ["made"] and report.unread == ()
    (path,) = list_clips(tmp_path / "out")
    made = load_clip(path)
    assert made.source == source and made.license
    assert made.duration_seconds == pytest.approx(0.6, abs=0.1)
    assert all(span.phoneme in PHONEMES for span in made.phonemes)
    if source == "facegood":
        assert made.expression is not None and made.expression.shape == (15, 52)
        assert made.known is not None and made.known.sum() == 1


def test_a_broken_recording_is_reported_and_the_others_are_made(tmp_path):
    write_sound(tmp_path / "in" / "03a01Fa.wav")
    (tmp_path / "in" / "03a01Wa.wav").write_bytes(b"broken")
    report = prepare_corpus("emodb", tmp_path / "in", tmp_path / "out")
    assert report.num_clips == 1
    assert [(outcome.name, outcome.status) for outcome in report.outcomes] == [
        ("03a01Fa", "made"),
        ("03a01Wa", "refused"),
    ]
    assert "03a01Wa: " in report.text() and "1  new clips" in report.text()
    rows = list(csv.reader(report.path.open(encoding="utf-8")))
    assert rows[0] == ["name", "status", "reason"] and [row[:2] for row in rows[1:]] == [
        ["03a01Fa", "made"],
        ["03a01Wa", "refused"],
    ]


def test_a_second_run_keeps_what_there_is_and_makes_a_damaged_clip_again(tmp_path):
    for name in ("03a01Fa", "03a01Wa"):
        write_sound(tmp_path / "in" / f"{name}.wav")
    prepare_corpus("emodb", tmp_path / "in", tmp_path / "out")
    first, second = list_clips(tmp_path / "out")
    kept = first.read_bytes()
    second.write_bytes(second.read_bytes()[:300])
    report = prepare_corpus("emodb", tmp_path / "in", tmp_path / "out")
    assert [outcome.status for outcome in report.outcomes] == ["kept", "made"]
    assert first.read_bytes() == kept and load_clip(second).name == "03a01Wa"


@pytest.mark.slow
def test_several_processes_make_the_same_clips(tmp_path):
    for name in ("03a01Fa", "03a01Wa", "08a02Na"):
        write_sound(tmp_path / "in" / f"{name}.wav")
    alone = prepare_corpus("emodb", tmp_path / "in", tmp_path / "alone")
    shared = prepare_corpus("emodb", tmp_path / "in", tmp_path / "shared", workers=2)
    assert alone.outcomes == shared.outcomes
    for first, second in zip(list_clips(tmp_path / "alone"), list_clips(tmp_path / "shared"), strict=True):
        one, other = load_clip(first), load_clip(second)
        assert one.waveform.equal(other.waveform) and (one.name, one.phonemes) == (other.name, other.phonemes)


def test_parts_share_the_work_without_overlap(tmp_path):
    for name in ("03a01Fa", "03a01Wa", "08a02Na"):
        write_sound(tmp_path / "in" / f"{name}.wav")
    parts = [prepare_corpus("emodb", tmp_path / "in", tmp_path / "out", part=Part(n, 2)) for n in (1, 2)]
    assert [[outcome.name for outcome in part.outcomes] for part in parts] == [["03a01Fa", "08a02Na"], ["03a01Wa"]]
    assert {part.path.name for part in parts} == {"preparation-1-of-2.csv", "preparation-2-of-2.csv"}
    for wrong in ("0/2", "3/2", "a", "1"):
        with pytest.raises(ValueError):
            Part.parse(wrong)


@pytest.mark.slow
def test_films_complete_clips_that_were_made_without_them_and_a_broken_film_keeps_its_sound(tmp_path):
    for number in ("003", "004"):
        write_sound(tmp_path / "in" / f"M031/audio/surprised/level_3/{number}.m4a")
    filmed_speaker(tmp_path / "in" / MEAD_FILM.format("003"))
    (tmp_path / "in" / MEAD_FILM.format("004")).write_bytes(b"broken")
    prepare_corpus("mead", tmp_path / "in", tmp_path / "out")
    report = prepare_corpus("mead", tmp_path / "in", tmp_path / "out", video=True)
    assert [outcome.status for outcome in report.outcomes] == ["completed", "sound only"]
    filmed, heard = (load_clip(path) for path in list_clips(tmp_path / "out"))
    assert filmed.expression is not None and filmed.head is not None and filmed.confidence is not None
    assert filmed.confidence.shape == filmed.expression.shape[:1] and filmed.confidence.mean() > 0.8
    assert heard.expression is None and heard.phonemes
    sheet = tracking_sheet("mead", tmp_path / "in", tmp_path / "out")
    assert sheet is not None and np.ptp(np.asarray(sheet)) > 200
    again = prepare_corpus("mead", tmp_path / "in", tmp_path / "out", video=True)
    assert [outcome.status for outcome in again.outcomes] == ["kept", "sound only"]


def test_a_missing_landmarker_is_told_before_all_work(tmp_path):
    write_sound(tmp_path / "in" / "03a01Fa.wav")
    with pytest.raises(MissingModelError):
        prepare_corpus("emodb", tmp_path / "in", tmp_path / "out", video=True, landmarker=tmp_path / "none.task")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder", ["in", "none"])
def test_an_empty_or_missing_folder_is_refused_with_an_example(tmp_path, folder):
    (tmp_path / "in").mkdir()
    with pytest.raises(MediaError, match=r"such as M031/audio|no folder"):
        prepare_corpus("mead", tmp_path / folder, tmp_path / "out")


def test_names_that_are_not_the_corpus_own_end_nothing_and_are_listed(tmp_path):
    folder = tmp_path / "M031/audio/surprised/level_3"
    for name in ("001", "001 (1)", "._001", "notes"):
        write_sound(tmp_path / "made.m4a")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(tmp_path / "made.m4a", folder / f"{name}.m4a")
    (recording,) = read_corpus("mead", tmp_path)
    assert recording.name == "M031_surprised_level_3_001"
    assert [path.name for path in unread_files(tmp_path, [recording])] == ["._001.m4a", "001 (1).m4a", "notes.m4a"]


def test_one_take_of_ravdess_is_one_recording_whatever_its_modalities(tmp_path):
    for name in ("03-01-06-01-02-01-12.wav", "01-01-06-01-02-01-12.mp4", "02-01-06-01-02-01-12.mp4",
                 "01-01-05-01-02-01-12.mp4", "02-01-04-01-02-01-12.mp4"):  # fmt: skip
        (tmp_path / name).write_bytes(b"")
    sad, both = read_corpus("ravdess", tmp_path)
    assert (sad.name, sad.sound, sad.video) == (
        "01-01-05-01-02-01-12",
        tmp_path / "01-01-05-01-02-01-12.mp4",
        tmp_path / "01-01-05-01-02-01-12.mp4",
    )
    assert (both.name, both.video) == ("03-01-06-01-02-01-12", tmp_path / "01-01-06-01-02-01-12.mp4")
