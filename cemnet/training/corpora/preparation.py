"""Recordings of a corpus become prepared clips: sound, phonemes with times, labels, and curves of faces."""

from pathlib import Path

import torch
from tqdm import tqdm

from ...errors import CEMNetError
from ...face.basis import FaceBasis
from ...face.landmarker import FaceLandmarker
from ...media.sound import read_audio
from ...speech.mel import mono_16k
from .alignment import find_phonemes
from .captured_curves import read_captured_curves
from .clips import Clip, clip_path, save_clip
from .film_curves import track_film
from .readers import CORPORA, Recording

Tracker = tuple[FaceLandmarker, FaceBasis]


def prepare_recording(recording: Recording, tracker: Tracker | None) -> Clip:
    """The clip of one recording: resampled sound, phonemes, and curves.

    Curves are captured ones where the corpus has them, else with a tracker those of its film, if it has one.
    CEMNetError if sound, curves or film cannot be read, or the film shows too few faces.
    """
    waveform = mono_16k(read_audio(recording.sound))
    curves = {}
    if recording.curves is not None:
        expression, known = read_captured_curves(recording.curves)
        curves = {"expression": torch.from_numpy(expression), "known": torch.from_numpy(known)}
    elif tracker is not None and recording.video is not None:
        expression, head = track_film(recording.video, *tracker)
        curves = {"expression": torch.from_numpy(expression).float(), "head": torch.from_numpy(head).float()}
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


def prepare_corpus(source: str, folder: Path, output: Path, tracker: Tracker | None = None) -> tuple[int, list[str]]:
    """Writes a clip for each recording of a corpus (a key of CORPORA); clips that exist already are kept.

    Returns the number of clips in the output, and a sentence for each recording that could not be used.
    """
    output.mkdir(parents=True, exist_ok=True)
    failures = []
    recordings = list(CORPORA[source](folder))
    for recording in tqdm(recordings, desc=source, mininterval=5):
        if clip_path(output, recording.name).exists():
            continue
        try:
            save_clip(output, prepare_recording(recording, tracker))
        except CEMNetError as error:
            failures.append(f"{recording.name}: {error}")
    return len(recordings) - len(failures), failures
