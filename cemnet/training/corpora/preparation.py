"""Recordings of a corpus become prepared clips: sound, phonemes with times, labels, and curves of faces."""

import csv
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

import torch
from tqdm import tqdm

from ...checkpoint import find_weights
from ...errors import CEMNetError, MediaError
from ...face.basis import FaceBasis
from ...face.landmarker import FaceLandmarker, find_face_landmarker
from ...media.sound import read_audio
from ...speech.mel import mono_16k
from .alignment import find_phonemes
from .captured_curves import read_captured_curves
from .clips import Clip, clip_path, load_clip, save_clip
from .film_curves import track_film
from .readers import Recording, read_corpus, unread_files

Tracker = tuple[FaceLandmarker, FaceBasis]
Status = Literal["made", "completed", "kept", "sound only", "refused"]
MEANINGS: dict[Status, str] = {
    "made": "new clips",
    "completed": "clips of an earlier run that got the curves of their film",
    "kept": "clips of an earlier run",
    "sound only": "clips whose film could not be tracked",
    "refused": "recordings that could not be read",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one recording."""

    name: str
    status: Status
    reason: str = ""  # for people, where something could not be used


@dataclass(frozen=True)
class Part:
    """One part of a corpus, so that several machines can share the work: the first of one is all of it."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Reads "2/8"; ValueError for anything else."""
        number, _, count = text.partition("/")
        part = cls(int(number), int(count))
        if not 1 <= part.number <= part.count:
            raise ValueError(f"{text} is no part: write 1/8 for the first of eight")
        return part

    @property
    def report_name(self) -> str:
        """The report's file in the folder of the clips."""
        return "preparation.csv" if self.count == 1 else f"preparation-{self.number}-of-{self.count}.csv"


@dataclass(frozen=True)
class Report:
    """What became of all recordings of a part, and which files no recording uses."""

    outcomes: tuple[Outcome, ...]
    unread: tuple[Path, ...]
    path: Path  # csv with a row for each of them

    @property
    def num_clips(self) -> int:
        """The recordings that have a clip now."""
        return sum(outcome.status != "refused" for outcome in self.outcomes)

    def text(self, most: int = 12) -> str:
        """A table of what was read and what was not, and up to `most` reasons."""
        counts = Counter(outcome.status for outcome in self.outcomes)
        rows = [(counts[status], meaning) for status, meaning in MEANINGS.items() if counts[status]]
        if self.unread:
            rows.append((len(self.unread), "files that belong to no recording, such as copies and other views"))
        lines = [f"{count:7d}  {meaning}" for count, meaning in rows]
        reasons = [f"{outcome.name}: {outcome.reason}" for outcome in self.outcomes if outcome.reason]
        more = [f"and {len(reasons) - most} more"] if len(reasons) > most else []
        return "\n".join([*lines, *reasons[:most], *more, f"Every recording is listed in {self.path}."])

    def save(self) -> None:
        """Writes the csv; an earlier report of the same part is replaced."""
        with self.path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "status", "reason"])
            writer.writerows((outcome.name, outcome.status, outcome.reason) for outcome in self.outcomes)
            writer.writerows((path, "unread", "") for path in self.unread)


def open_tracker(landmarker: Path | None) -> Tracker:
    """What tracks faces; MissingModelError with a sentence where MediaPipe's models are missing."""
    return FaceLandmarker(find_face_landmarker(landmarker)), FaceBasis.load(find_weights("face_basis.safetensors"))


def prepare_corpus(
    source: str,
    folder: Path,
    output: Path,
    video: bool = False,
    landmarker: Path | None = None,
    workers: int = 1,
    part: Part | None = None,
) -> Report:
    """Writes a clip for each recording of a corpus (a key of CORPORA); clips that exist already are kept.

    With `video`, filmed faces are tracked as well, also those of clips that an earlier run made without. MediaError for
    a folder without recordings, MissingModelError without the landmarker's models, CEMNetError if a worker dies.
    """
    part = Part() if part is None else part
    recordings = read_corpus(source, folder)
    mine = recordings[part.number - 1 :: part.count]
    if video:
        _tracker(landmarker)  # its complaint comes before all work
    output.mkdir(parents=True, exist_ok=True)
    make = partial(make_clip, output=output, video=video, landmarker=landmarker)
    outcomes = tuple(tqdm(_all_made(make, mine, workers), desc=source, total=len(mine), unit="clip", mininterval=5))
    unread = tuple(unread_files(folder, recordings)) if part.number == 1 else ()
    report = Report(outcomes, unread, output / part.report_name)
    report.save()
    return report


def _all_made(make: "partial[Outcome]", recordings: Sequence[Recording], workers: int) -> Iterator[Outcome]:
    """The outcome of each recording in order, made in this process or in several others."""
    if workers == 1:
        yield from map(make, recordings)
        return
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        try:
            yield from pool.map(make, recordings)
        except BrokenProcessPool as error:
            raise CEMNetError(
                "A process that prepared clips was stopped, perhaps because memory ran out. What is finished is kept: "
                "start the same command again, with fewer --workers."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def make_clip(recording: Recording, output: Path, video: bool, landmarker: Path | None) -> Outcome:
    """Writes the clip of a recording, or adds a film's curves to the one that is there; says what was done."""
    clip = _earlier_clip(clip_path(output, recording.name))
    status: Status = "kept" if clip else "made"
    try:
        clip = clip or sound_clip(recording)
    except CEMNetError as error:
        return Outcome(recording.name, "refused", str(error))
    reason = ""
    if video and recording.video is not None and clip.expression is None:
        try:
            clip = with_film(clip, recording.video, _tracker(landmarker))
            status = "made" if status == "made" else "completed"
        except CEMNetError as error:
            status, reason = "sound only", str(error)
    if status != "kept":
        save_clip(output, clip)
    return Outcome(recording.name, status, reason)


@lru_cache(maxsize=1)
def _tracker(landmarker: Path | None) -> Tracker:
    """The tracker of this process."""
    return open_tracker(landmarker)


def _earlier_clip(path: Path) -> Clip | None:
    """The clip that is there already; None without one, or where it cannot be read and has to be made again."""
    try:
        return load_clip(path) if path.exists() else None
    except MediaError:
        return None


def sound_clip(recording: Recording) -> Clip:
    """The clip of one recording without its film: resampled sound, phonemes, and captured curves if there are any.

    CEMNetError if sound or curves cannot be read.
    """
    waveform = mono_16k(read_audio(recording.sound))
    curves = {}
    if recording.curves is not None:
        expression, known = read_captured_curves(recording.curves)
        curves = {"expression": torch.from_numpy(expression), "known": torch.from_numpy(known)}
    return Clip(
        name=recording.name,
        source=recording.source,
        speaker=recording.speaker,
        sentence=recording.sentence,
        language=recording.language,
        emotion=recording.emotion,
        original_emotion=recording.original_emotion,
        intensity=recording.intensity,
        license=recording.license,
        waveform=waveform,
        phonemes=find_phonemes(waveform, recording.text, recording.language),
        **curves,
    )


def with_film(clip: Clip, film: Path, tracker: Tracker) -> Clip:
    """The clip with the curves of its filmed face; CEMNetError if the film cannot be read or shows too few faces."""
    tracked = track_film(film, *tracker)
    return replace(
        clip,
        expression=torch.from_numpy(tracked.expression).float(),
        head=torch.from_numpy(tracked.head).float(),
        confidence=torch.from_numpy(tracked.confidence).float(),
    )
