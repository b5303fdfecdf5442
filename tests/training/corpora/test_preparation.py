"""A corpus of any layout becomes clips of one format."""

from pathlib import Path

import numpy as np
import pytest
from made_recordings import write_film, write_sound
from needed_programs import needs_espeak

from cemnet.training.corpora.clips import list_clips, load_clip
from cemnet.training.corpora.phonemes import PHONEMES
from cemnet.training.corpora.readers import CORPORA

pytest.importorskip("hama", reason="recognising phonemes needs hama, an extra of training")
pytest.importorskip("pocketsphinx", reason="aligning phonemes needs pocketsphinx, an extra of training")
from cemnet.training.corpora.preparation import prepare_corpus

LAYOUTS = {
    "ravdess": ["Actor_12/03-01-06-01-02-01-12.wav"],
    "emodb": ["03a01Fa.flac"],
    "nemo": ["samples/EB0_surprised_12.flac"],
    "crema-d": ["AudioWAV/1001_DFA_ANG_XX.wav", "VideoFlash/1001_DFA_ANG_XX.flv"],
    "facegood": ["1114_2_01.flac", "1114_2_01_arkit.npz"],
    "mead": ["M031/audio/surprised/level_3/003.m4a", "M031/video/front/surprised/level_3/003.mp4"],
}


def write_curves(path):
    moving = np.random.default_rng(0).random((18, 1)).astype(np.float32)
    np.savez(path, names=np.array(["jawOpen"]), values=moving, fps=np.array(30))


@pytest.mark.slow
@needs_espeak
@pytest.mark.parametrize("source", CORPORA)
def test_every_corpus_is_prepared_from_its_own_layout(tmp_path, source):
    for name in LAYOUTS[source]:
        write = {".mp4": write_film, ".flv": write_film, ".npz": write_curves}.get(Path(name).suffix, write_sound)
        write(tmp_path / "in" / name)
    count, failures = prepare_corpus(source, tmp_path / "in", tmp_path / "out")
    assert (count, failures) == (1, [])
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
    count, failures = prepare_corpus("emodb", tmp_path / "in", tmp_path / "out")
    assert count == 1
    assert len(failures) == 1 and failures[0].startswith("03a01Wa: ")
