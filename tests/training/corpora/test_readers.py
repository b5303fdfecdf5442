"""The names of the public corpora's files are understood."""

from cemnet.training.corpora.readers import crema_d, emodb, facegood, mead, nemo, own_films, ravdess


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
    assert bored.text is not None and bored.text.startswith("Die wird auf dem Platz")


def test_nemo_names_are_understood_and_its_table_says_what_is_said(tmp_path):
    for name in ("samples/EB0_surprised_12.flac", "samples/KS0_neutral_3.wav", "samples/KS0_unknown_3.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    table = "file\temotion\tspeaker\ttext\nEB0_surprised_12.flac\tsurprised\tEB0\tLubię czytać.\n"
    (tmp_path / "data.tsv").write_text(table, encoding="utf-8")
    surprised, neutral = nemo(tmp_path)
    assert (surprised.emotion, surprised.speaker, surprised.language) == ("surprise", "EB0", "pl")
    assert surprised.text == "Lubię czytać." and surprised.sentence == "nemo-Lubię czytać."
    assert (neutral.emotion, neutral.text, neutral.sentence) == ("neutral", None, "nemo-KS0_neutral_3")


def test_crema_d_sounds_find_their_films(tmp_path):
    for name in ("AudioWAV/1001_DFA_ANG_HI.wav", "VideoFlash/1001_DFA_ANG_HI.flv", "VideoFlash/1002_IEO_NEU_XX.flv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    angry, neutral = crema_d(tmp_path)
    assert (angry.emotion, angry.intensity, angry.sentence) == ("angry", 1.0, "crema-d-DFA")
    assert angry.video is not None
    assert angry.sound.suffix == ".wav" and angry.video.suffix == ".flv"
    assert neutral.sound == neutral.video and neutral.text == "It's eleven o'clock"


def test_mead_sounds_find_their_films_and_missing_ones_are_normal(tmp_path):
    for name in ("M031/video/front/surprised/level_3/003.mp4", "M031/audio/surprised/level_3/003.m4a",
                 "M031/audio/neutral/level_1/004.m4a", "W009/video/front/contempt/level_2/010.mp4"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    neutral, surprised, contempt = mead(tmp_path)
    assert (surprised.emotion, surprised.intensity, surprised.sentence) == ("surprise", 1.0, "mead-003")
    assert surprised.video is not None
    assert surprised.video.suffix == ".mp4" and surprised.sound.suffix == ".m4a"
    assert neutral.video is None and neutral.sentence == "mead-neutral-004"
    assert contempt.sound == contempt.video and contempt.speaker == "W009"


def test_facegood_sounds_find_their_curves_and_have_no_emotion(tmp_path):
    for name in ("1114_2_01.flac", "1114_2_01_arkit.npz", "1114_2_02.flac"):
        (tmp_path / name).touch()
    (take,) = facegood(tmp_path)
    assert (take.name, take.speaker, take.license, take.emotion) == ("1114_2_01", "1114", "MIT", None)
    assert take.curves is not None and take.curves.name == "1114_2_01_arkit.npz"


def test_films_of_ones_own_lie_by_person_and_emotion_and_pair_by_name(tmp_path):
    for name in ("anna/neutral/01.mov", "anna/Angry/01.mp4", "anna/angry/02.wav", "anna/outtakes/01.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    angry, sound, calm = sorted(own_films(tmp_path), key=lambda each: each.name)
    assert (angry.emotion, angry.intensity, angry.speaker) == ("angry", 1.0, "anna") and angry.video == angry.sound
    assert (calm.emotion, calm.intensity) == ("neutral", 0.0)
    assert angry.sentence == calm.sentence != sound.sentence and sound.video is None
