"""Corpora of any layout become clips of one format, and synthetic voices say when they say what."""

import importlib.util
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from paths import REPOSITORY

from cemnet.errors import FaceError, MediaError
from cemnet.media.video_writer import VideoWriter
from cemnet.training.corpora.clips import Clip, list_clips, load_clip, save_clip
from cemnet.training.corpora.phonemes import BILABIALS, PHONEMES, PhonemeSpan
from cemnet.training.corpora.readers import CORPORA, crema_d, emodb, mead, ravdess
from cemnet.training.corpora.sentences import SENTENCES
from cemnet.types import SAMPLE_RATE, Audio

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")


def clip(name: str = "a", speaker: str = "1", source: str = "test", **changes) -> Clip:
    labels = {
        "sentence": "s", "language": "en-us", "emotion": "happy", "original_emotion": "happy", "intensity": 0.7,
        "license": "CC0",
    } | changes  # fmt: skip
    spans = [PhonemeSpan("SIL", 0.0, 0.25), PhonemeSpan("M", 0.25, 0.5)]
    waveform = torch.sin(torch.arange(8_000) / 10.0) * 0.5
    return Clip(name=name, source=source, speaker=speaker, waveform=waveform, phonemes=spans, **labels)


def murmur(seconds: float = 0.6, rate: int = 16_000) -> Audio:
    time = torch.arange(int(seconds * rate)) / rate
    return Audio((0.3 * torch.sin(2 * torch.pi * 150 * time) * torch.sin(2 * torch.pi * 3 * time))[None], rate)


def write_film(path: Path, seconds: float = 0.6, audio: Audio | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mp4 = path.with_suffix(".mp4")
    with VideoWriter(mp4, 30, 64, 64, audio or murmur(seconds)) as writer:
        for number in range(round(seconds * 30)):
            writer.write(np.full((64, 64, 3), number / 60, np.float32))
    if path.suffix == ".flv":
        copy_streams(mp4, path, ("video", "audio"))
        mp4.unlink()


def copy_streams(source: Path, target: Path, kinds: tuple[str, ...]) -> None:
    """Repacks the encoded streams into another container."""
    with av.open(str(source)) as given, av.open(str(target), "w") as written:
        streams = {s.index: written.add_stream_from_template(s) for s in given.streams if s.type in kinds}
        for packet in given.demux():
            if packet.stream_index in streams and packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                written.mux(packet)


def write_sound(path: Path, audio: Audio | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".m4a":
        film = path.with_name("film.mp4")
        write_film(film, audio=audio)
        copy_streams(film, path, ("audio",))
        film.unlink()
        return
    sound = audio or murmur()
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "flac" if path.suffix == ".flac" else "pcm_s16le", rate=sound.sample_rate, layout="mono"
        )
        samples = (sound.waveform.numpy() * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = sound.sample_rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def prepare_script():
    pytest.importorskip("hama", reason="recognising phonemes needs hama, an extra of training")
    pytest.importorskip("pocketsphinx", reason="aligning phonemes needs pocketsphinx, an extra of training")
    path = REPOSITORY / "train" / "prepare.py"
    specification = importlib.util.spec_from_file_location("prepare", path)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    return script


def test_a_clip_comes_back_as_it_was_saved(tmp_path):
    curves = {"expression": torch.rand(13, 52), "head": torch.randn(13, 3) * 0.1}
    saved = Clip(**{**clip("x/y").__dict__, **curves})
    read = load_clip(save_clip(tmp_path, saved))
    for name in ("name", "source", "speaker", "sentence", "language", "emotion", "original_emotion", "license"):
        assert getattr(read, name) == getattr(saved, name)
    assert read.intensity == 0.7
    assert [span.phoneme for span in read.phonemes] == ["SIL", "M"]
    assert read.phonemes[1].end_seconds == 0.5
    torch.testing.assert_close(read.waveform, saved.waveform, atol=1e-4, rtol=0)
    torch.testing.assert_close(read.expression, saved.expression, atol=1e-3, rtol=0)
    torch.testing.assert_close(read.head, saved.head, atol=1e-3, rtol=0)


def test_a_clip_without_phonemes_or_curves_is_fine(tmp_path):
    silent = Clip(**{**clip().__dict__, "phonemes": []})
    read = load_clip(save_clip(tmp_path, silent))
    assert list(read.phonemes) == [] and read.expression is None


def test_clips_are_listed_by_name(tmp_path):
    save_clip(tmp_path, clip("b", emotion="sad"))
    save_clip(tmp_path, clip("a", emotion=None, original_emotion="boredom"))
    assert [path.stem for path in list_clips(tmp_path)] == ["a", "b"]


def test_what_is_no_clip_is_explained(tmp_path):
    with pytest.raises(MediaError, match=r"prepare\.py"):
        list_clips(tmp_path)
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(MediaError, match="cannot be read"):
        load_clip(tmp_path / "broken.safetensors")


def test_ravdess_names_are_understood(tmp_path):
    song = "Actor_12/03-02-06-01-02-01-12.wav"
    for name in (
        "Actor_12/03-01-06-02-02-01-12.wav",
        "Actor_12/03-01-02-01-01-01-12.flac",
        "Actor_01/01-01-01-01-01-01-01.mp4",
        "Actor_12/notes.wav",
        song,
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    film, calm, fear = ravdess(tmp_path)
    assert (fear.emotion, fear.intensity, fear.speaker, fear.text) == (
        "fear",
        1.0,
        "12",
        "Dogs are sitting by the door",
    )
    assert (calm.emotion, calm.original_emotion) == ("neutral", "calm") and calm.intensity < 0.5
    assert film.video == film.sound and fear.video is None


def test_emodb_names_are_understood_and_boredom_is_none_of_the_eight(tmp_path):
    for name in ("03a01Fa.wav", "16b10Lb.wav", "erkennung.txt"):
        (tmp_path / name).touch()
    happy, bored = emodb(tmp_path)
    assert (happy.emotion, happy.speaker, happy.language) == ("happy", "03", "de")
    assert bored.emotion is None and bored.original_emotion == "boredom"
    assert bored.text.startswith("Die wird auf dem Platz")


def test_crema_d_sounds_find_their_films(tmp_path):
    for name in ("AudioWAV/1001_DFA_ANG_HI.wav", "VideoFlash/1001_DFA_ANG_HI.flv", "VideoFlash/1002_IEO_NEU_XX.flv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    angry, neutral = crema_d(tmp_path)
    assert (angry.emotion, angry.intensity, angry.sentence) == ("angry", 1.0, "crema-d-DFA")
    assert angry.sound.suffix == ".wav" and angry.video.suffix == ".flv"
    assert neutral.sound == neutral.video and neutral.text == "It's eleven o'clock"


def test_mead_sounds_find_their_films_and_missing_ones_are_normal(tmp_path):
    for name in ("M031/video/front/surprised/level_3/003.mp4", "M031/audio/surprised/level_3/003.m4a",
                 "M031/audio/neutral/level_1/004.m4a", "W009/video/front/contempt/level_2/010.mp4"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    neutral, surprised, contempt = mead(tmp_path)
    assert (surprised.emotion, surprised.intensity, surprised.sentence) == ("surprise", 1.0, "mead-003")
    assert surprised.video.suffix == ".mp4" and surprised.sound.suffix == ".m4a"
    assert neutral.video is None and neutral.sentence == "mead-neutral-004"
    assert contempt.sound == contempt.video and contempt.speaker == "W009"


LAYOUTS = {
    "ravdess": ["Actor_12/03-01-06-01-02-01-12.wav"],
    "emodb": ["03a01Fa.flac"],
    "crema-d": ["AudioWAV/1001_DFA_ANG_XX.wav", "VideoFlash/1001_DFA_ANG_XX.flv"],
    "mead": ["M031/audio/surprised/level_3/003.m4a", "M031/video/front/surprised/level_3/003.mp4"],
}


@needs_espeak
@pytest.mark.parametrize("source", CORPORA)
def test_every_corpus_is_prepared_from_its_own_layout(tmp_path, source):
    script = prepare_script()
    for name in LAYOUTS[source]:
        (write_film if Path(name).suffix in (".mp4", ".flv") else write_sound)(tmp_path / "in" / name)
    count, failures = script.prepare_corpus(source, tmp_path / "in", tmp_path / "out")
    assert (count, failures) == (1, [])
    (path,) = list_clips(tmp_path / "out")
    made = load_clip(path)
    assert made.source == source and made.license
    assert made.duration_seconds == pytest.approx(0.6, abs=0.1)
    assert all(span.phoneme in PHONEMES for span in made.phonemes)


def test_a_broken_recording_is_reported_and_the_others_are_made(tmp_path):
    script = prepare_script()
    write_sound(tmp_path / "in" / "03a01Fa.wav")
    (tmp_path / "in" / "03a01Wa.wav").write_bytes(b"broken")
    count, failures = script.prepare_corpus("emodb", tmp_path / "in", tmp_path / "out")
    assert count == 1
    assert len(failures) == 1 and failures[0].startswith("03a01Wa: ")


class FaceAtTheLens:
    """Stands in for the landmarker: every picture shows one face, unless its brightness says otherwise."""

    def detect(self, image: np.ndarray, max_faces: int) -> list[float]:
        return [] if 100 < image.mean() < 110 else [float(image.mean())]


class BrightnessAsExpression:
    """Stands in for the face basis: the first blendshape is the picture's brightness."""

    def fit(self, brightness: float):
        from cemnet.face.basis import FaceFit
        from cemnet.types import Pose

        expression = np.zeros(52)
        expression[0] = brightness / 255
        return FaceFit(Pose(np.eye(3), 1.0, np.zeros(3)), np.zeros(4), expression, np.zeros((478, 3)))


def test_films_are_tracked_at_the_rate_of_the_sound(tmp_path):
    from cemnet.training.corpora.film_curves import track_film

    write_film(tmp_path / "a.mp4", seconds=2.0)
    expression, head = track_film.__wrapped__(tmp_path / "a.mp4", FaceAtTheLens(), BrightnessAsExpression())
    assert expression.shape == (50, 52) and head.shape == (50, 3)
    np.testing.assert_allclose(expression[:, 0], np.arange(50) / 25 * 0.5, atol=0.05)


def test_a_film_without_faces_is_refused(tmp_path):
    from cemnet.training.corpora.film_curves import track_film

    class NobodyThere:
        def detect(self, image: np.ndarray, max_faces: int) -> list:
            return []

    write_film(tmp_path / "a.mp4")
    with pytest.raises(FaceError, match="a face in only 0"):
        track_film.__wrapped__(tmp_path / "a.mp4", NobodyThere(), BrightnessAsExpression())


@needs_espeak
def test_espeak_says_when_it_speaks_each_phoneme():
    from cemnet.training.corpora.text_to_speech import open_espeak

    waveform, spans = open_espeak().speak("Mama papa.", "en-us+m3")
    spoken = [span.phoneme for span in spans]
    assert [phoneme for phoneme in spoken if phoneme in BILABIALS] == ["M", "M", "P", "P"]
    assert spans[-1].end_seconds <= waveform.shape[0] / SAMPLE_RATE + 1e-6
    envelope = waveform.abs()
    second_p = [span for span in spans if span.phoneme == "P"][1]
    vowel = spans[spans.index(second_p) + 1]
    loud = envelope[int(vowel.start_seconds * SAMPLE_RATE) : int(vowel.end_seconds * SAMPLE_RATE)].mean()
    shut = envelope[int(second_p.start_seconds * SAMPLE_RATE) :][: int(0.02 * SAMPLE_RATE)].mean()
    assert shut < 0.5 * loud


@needs_espeak
def test_an_unknown_voice_is_explained():
    from cemnet.training.corpora.text_to_speech import open_espeak

    with pytest.raises(ValueError, match="voice"):
        open_espeak().speak("Hello", "nonsense")


@needs_flite
def test_flite_says_when_it_speaks_each_phoneme():
    from cemnet.training.corpora.text_to_speech import flite

    waveform, spans = flite("Mama papa.", "slt", stretch=1.2)
    assert [span.phoneme for span in spans if span.phoneme in BILABIALS] == ["M", "M", "P", "P"]
    assert spans[-1].end_seconds <= waveform.shape[0] / SAMPLE_RATE + 0.01


@needs_espeak
@needs_flite
def test_synthetic_clips_differ_in_voice_and_repeat_by_seed():
    script = prepare_script()
    first, again = (list(script.synthetic_clips(6, seed=3)) for _ in range(2))
    assert len({one.speaker for one in first}) > 2
    for one, other in zip(first, again, strict=True):
        assert one.name == other.name and one.speaker == other.speaker
        assert [span.phoneme for span in one.phonemes] == [span.phoneme for span in other.phonemes]
        assert one.duration_seconds == pytest.approx(other.duration_seconds, abs=0.05)  # espeak-ng's voices flutter
        assert one.phonemes[0].phoneme == "SIL" and len(one.phonemes) > 10


@needs_espeak
def test_known_words_are_aligned_in_english_and_german():
    pytest.importorskip("pocketsphinx", reason="aligning phonemes needs pocketsphinx, an extra of training")
    pytest.importorskip("hama", reason="recognising phonemes needs hama, an extra of training")
    from cemnet.training.corpora.alignment import find_phonemes
    from cemnet.training.corpora.text_to_speech import open_espeak

    espeak = open_espeak()
    for language, text in (("en-us", "Maybe Bob will bring the maps."), ("de", "Der Lappen liegt auf dem Eisschrank.")):
        spoken, truth = espeak.speak(text, f"{language}+m3", 140)
        waveform = torch.nn.functional.pad(spoken, (8_000, 8_000))
        found = [
            span.start_seconds - 0.5 for span in find_phonemes(waveform, text, language) if span.phoneme in BILABIALS
        ]
        expected = [span.start_seconds for span in truth if span.phoneme in BILABIALS]
        assert len(found) == len(expected)
        assert np.median(np.abs(np.subtract(found, expected))) < 0.04


def test_the_sentences_close_the_lips_often():
    assert len(SENTENCES["en-us"]) >= 150
    for sentences in SENTENCES.values():
        letters = "".join(sentences).lower()
        assert sum(letters.count(letter) for letter in "pbm") > 1.5 * len(sentences)
