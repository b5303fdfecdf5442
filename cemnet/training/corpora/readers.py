"""Readers of public corpora: they find the recordings in a folder and read the labels from the file names.

Files whose names are not the corpus' own, such as copies ("001 (1).m4a") and the hidden "._001.m4a" of macOS, are left
alone; `unread_files` tells of them.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...arkit import EMOTIONS, Emotion
from ...errors import MediaError

NON_COMMERCIAL = "CC BY-NC-SA 4.0"
PUBLIC_DOMAIN = "CC0 1.0"
SOUND_SUFFIXES = (".wav", ".flac", ".m4a", ".mp3")
VIDEO_SUFFIXES = (".mp4", ".flv")


@dataclass(frozen=True)
class Recording:
    """A clip as its corpus keeps it: the sound, the film if there is one, and its labels."""

    name: str
    source: str
    speaker: str
    sentence: str
    language: str
    original_emotion: str
    intensity: float
    license: str
    sound: Path
    video: Path | None = None
    text: str | None = None
    curves: Path | None = None  # captured blendshapes, see captured_curves

    @property
    def emotion(self) -> Emotion | None:
        """The corpus' label as one of EMOTIONS; calm is neutral, and labels outside the eight give None."""
        name = {"calm": "neutral"}.get(self.original_emotion, self.original_emotion)
        return next((emotion for emotion in EMOTIONS if emotion == name), None)

    @property
    def files(self) -> set[Path]:
        """What the recording is read from."""
        return {path for path in (self.sound, self.video, self.curves) if path is not None}


RAVDESS_EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
RAVDESS_TEXTS = ("Kids are talking by the door", "Dogs are sitting by the door")


RAVDESS_SOUND, RAVDESS_FILM, RAVDESS_SILENT_FILM = "03", "01", "02"  # the first number of a name


def ravdess(folder: Path) -> Iterator[Recording]:
    """`Actor_01/03-01-06-01-02-01-12.wav` (speech): Livingstone & Russo 2018.

    The first number is 03 for sound, 01 for a film with sound and 02 for a silent film. Those of one take are one
    recording, which is named after its sound file if there is one.
    """
    takes: dict[str, dict[str, Path]] = {}
    for path in _files(folder, (*SOUND_SUFFIXES, *VIDEO_SUFFIXES)):
        if re.fullmatch(r"0[123]-01-0[1-8]-0[12]-0[12]-0[12]-\d\d", path.stem):
            modality, take = path.stem.split("-", 1)
            takes.setdefault(take, {}).setdefault(modality, path)
    for take, found in sorted(takes.items()):
        sound = found.get(RAVDESS_SOUND) or found.get(RAVDESS_FILM)
        if sound is None:
            continue  # a silent film alone
        _, emotion, strength, statement, _, actor = (int(part) for part in take.split("-"))
        label = RAVDESS_EMOTIONS[emotion - 1]
        intensity = {"neutral": 0.5, "calm": 0.3}.get(label, 0.8 if strength == 1 else 1.0)
        yield Recording(
            name=sound.stem, source="ravdess", speaker=f"{actor:02d}", sentence=f"ravdess-{statement}",
            language="en-us", original_emotion=label, intensity=intensity, license=NON_COMMERCIAL, sound=sound,
            video=found.get(RAVDESS_FILM) or found.get(RAVDESS_SILENT_FILM), text=RAVDESS_TEXTS[statement - 1],
        )  # fmt: skip


EMODB_EMOTIONS = {
    "W": "angry", "L": "boredom", "E": "disgust", "A": "fear", "F": "happy", "T": "sad", "N": "neutral",
}  # fmt: skip
EMODB_TEXTS = {
    "a01": "Der Lappen liegt auf dem Eisschrank",
    "a02": "Das will sie am Mittwoch abgeben",
    "a04": "Heute Abend könnte ich es ihm sagen",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück",
    "a07": "In sieben Stunden wird es soweit sein",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen",
}


def emodb(folder: Path) -> Iterator[Recording]:
    """`03a01Fa.wav`: speaker, text, emotion, version: Burkhardt et al. 2005; its publisher's release of it is CC0."""
    for path in _files(folder, SOUND_SUFFIXES):
        if not re.fullmatch(r"\d\d[ab]\d\d[WLEAFTN][a-z]", path.stem):
            continue
        label, text = EMODB_EMOTIONS[path.stem[5]], path.stem[2:5]
        yield Recording(
            name=path.stem, source="emodb", speaker=path.stem[:2], sentence=f"emodb-{text}", language="de",
            original_emotion=label, intensity=0.5 if label == "neutral" else 0.85,
            license=PUBLIC_DOMAIN, sound=path, text=EMODB_TEXTS.get(text),
        )  # fmt: skip


NEMO_EMOTIONS = {
    "anger": "angry", "fear": "fear", "happiness": "happy", "neutral": "neutral", "sadness": "sad",
    "surprised": "surprise",
}  # fmt: skip


def nemo(folder: Path) -> Iterator[Recording]:
    """`EB0_anger_12.flac`: speaker, emotion, number; the Polish texts are in `data.tsv`: Christop 2024 (nEMO)."""
    texts = _nemo_texts(Path(folder))
    for path in _files(folder, SOUND_SUFFIXES):
        found = re.fullmatch(r"([A-Z]{2}\d)_([a-z]+)_(\d+)", path.stem)
        if not found or found[2] not in NEMO_EMOTIONS:
            continue
        label, text = NEMO_EMOTIONS[found[2]], texts.get(path.stem)
        yield Recording(
            name=path.stem, source="nemo", speaker=found[1], sentence=f"nemo-{text or path.stem}", language="pl",
            original_emotion=label, intensity=0.5 if label == "neutral" else 0.85, license=NON_COMMERCIAL, sound=path,
            text=text,
        )  # fmt: skip


def _nemo_texts(folder: Path) -> dict[str, str]:
    """What is said in each recording, by its name, as far as the tables in the folder say."""
    texts = {}
    for table in sorted(folder.rglob("data.tsv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if row.get("file") and row.get("text"):
                    texts[Path(row["file"]).stem] = row["text"]
    return texts


CREMA_D_EMOTIONS = {"ANG": "angry", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
CREMA_D_INTENSITIES = {"LO": 0.4, "MD": 0.65, "HI": 1.0, "XX": 0.65}
CREMA_D_TEXTS = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}


def crema_d(folder: Path) -> Iterator[Recording]:
    """`AudioWAV/1001_DFA_ANG_XX.wav` beside `VideoFlash/1001_DFA_ANG_XX.flv`: Cao et al. 2014, ODbL."""
    films = {path.stem: path for path in _files(folder, VIDEO_SUFFIXES)}
    sounds = {path.stem: path for path in _files(folder, SOUND_SUFFIXES)}
    for stem in sorted(films.keys() | sounds.keys()):
        parts = stem.split("_")
        if len(parts) != 4 or parts[2] not in CREMA_D_EMOTIONS or parts[3] not in CREMA_D_INTENSITIES:
            continue
        label = CREMA_D_EMOTIONS[parts[2]]
        yield Recording(
            name=stem, source="crema-d", speaker=parts[0], sentence=f"crema-d-{parts[1]}", language="en-us",
            original_emotion=label, intensity=0.5 if label == "neutral" else CREMA_D_INTENSITIES[parts[3]],
            license="ODbL 1.0", sound=sounds.get(stem) or films[stem], video=films.get(stem),
            text=CREMA_D_TEXTS.get(parts[1]),
        )  # fmt: skip


MEAD_EMOTIONS = {"disgusted": "disgust", "surprised": "surprise"}
MEAD_INTENSITIES = {"level_1": 0.4, "level_2": 0.7, "level_3": 1.0}


def mead(folder: Path) -> Iterator[Recording]:
    """`M031/audio/surprised/level_3/003.m4a` beside `M031/video/front/surprised/level_3/003.mp4`: Wang et al. 2020.

    Clips of which only one of the two exists are normal; what is filmed but has no sound file is heard from the film.
    """
    folder = Path(folder)
    films = _mead_files(folder, "*/video/front/*/level_*/*.mp4", 5)
    sounds = _mead_files(folder, "*/audio/*/level_*/*.m4a", 4)
    for key in sorted(films.keys() | sounds.keys()):
        speaker, emotion, level, number = key
        label = MEAD_EMOTIONS.get(emotion, emotion)
        shared = int(number) <= 3  # the first three sentences are common to all emotions
        yield Recording(
            name="_".join(key), source="mead", speaker=speaker,
            sentence=f"mead-{number}" if shared else f"mead-{emotion}-{number}", language="en-us",
            original_emotion=label, intensity=0.5 if label == "neutral" else MEAD_INTENSITIES[level],
            license="MEAD: research only", sound=sounds.get(key) or films[key], video=films.get(key),
        )  # fmt: skip


def _mead_files(folder: Path, pattern: str, depth: int) -> dict[tuple[str, str, str, str], Path]:
    """Files by speaker, emotion, level and number; `depth` is how far above a file its speaker's folder stands."""
    return {
        (path.parents[depth - 1].name, path.parents[1].name, path.parent.name, path.stem): path
        for path in sorted(folder.glob(pattern))
        if re.fullmatch(r"\d{3}", path.stem) and path.parent.name in MEAD_INTENSITIES
    }


def facegood(folder: Path) -> Iterator[Recording]:
    """`1114_2_01.flac` beside `1114_2_01_arkit.npz`: Mandarin with curves of the mouth, FACEGOOD-Audio2Face, MIT.

    The curves were animated from film of the speaker. Nobody says which emotion is shown, or what is said.
    """
    for path in _files(folder, SOUND_SUFFIXES):
        curves = path.with_name(f"{path.stem}_arkit.npz")
        if curves.is_file():
            yield Recording(
                name=path.stem, source="facegood", speaker=path.stem.split("_")[0], sentence=f"facegood-{path.stem}",
                language="cmn", original_emotion="unlabelled", intensity=0.0, license="MIT", sound=path, curves=curves,
            )  # fmt: skip


CORPORA: dict[str, Callable[[Path], Iterator[Recording]]] = {
    "ravdess": ravdess,
    "emodb": emodb,
    "nemo": nemo,
    "crema-d": crema_d,
    "mead": mead,
    "facegood": facegood,
}
EXAMPLE_FILES = {
    "ravdess": "Actor_01/03-01-06-01-02-01-12.wav",
    "emodb": "03a01Fa.wav",
    "nemo": "samples/EB0_anger_12.flac",
    "crema-d": "AudioWAV/1001_DFA_ANG_XX.wav",
    "mead": "M031/audio/surprised/level_3/003.m4a",
    "facegood": "1114_2_01.flac",
}


def read_corpus(source: str, folder: Path) -> list[Recording]:
    """All recordings of a corpus (a key of CORPORA); MediaError if the folder is none, or holds none."""
    if not Path(folder).is_dir():
        raise MediaError(f"There is no folder {folder}. Give the one that the files of {source} are in.")
    recordings = list(CORPORA[source](Path(folder)))
    if not recordings:
        raise MediaError(f"{folder} holds no recording of {source}, such as {EXAMPLE_FILES[source]}.")
    return recordings


def unread_files(folder: Path, recordings: Sequence[Recording]) -> list[Path]:
    """Sounds and films in a corpus' folder that no recording uses: names that are not the corpus', other views."""
    used = {path for recording in recordings for path in recording.files}
    suffixes = (*SOUND_SUFFIXES, *VIDEO_SUFFIXES)
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in suffixes)
    return [path for path in found if path not in used]


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    found = (path for path in Path(folder).rglob("*") if path.suffix.lower() in suffixes)
    return sorted(path for path in found if not path.name.startswith("."))
