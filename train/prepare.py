"""Turns a corpus into prepared clips: 16 kHz sound, phonemes with times, labels, and curves where faces were filmed.

    python train/prepare.py ravdess --input RAVDESS --output clips/ravdess
    python train/prepare.py mead --input MEAD --output clips/mead --video --landmarker face_landmarker.task
    python train/prepare.py synthetic --output clips/synthetic --count 600

Sources: ravdess, emodb, crema-d, mead (layouts in cemnet/training/corpora.py) and synthetic, which needs no input.
Clips that exist already are kept, so that an interrupted run goes on where it stopped.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from cemnet.checkpoint import find_weights
from cemnet.errors import CEMNetError
from cemnet.face.basis import FaceBasis
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.media.sound import read_audio
from cemnet.speech.mel import mono_16k
from cemnet.training.corpora.alignment import find_phonemes
from cemnet.training.corpora.clips import Clip, clip_path, save_clip
from cemnet.training.corpora.film_curves import track_film
from cemnet.training.corpora.phonemes import PhonemeSpan, fill_silence
from cemnet.training.corpora.readers import CORPORA, Recording
from cemnet.training.corpora.sentences import SENTENCES
from cemnet.training.corpora.text_to_speech import Espeak, flite, open_espeak
from cemnet.types import SAMPLE_RATE

ESPEAK_VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5")
FLITE_VOICES = {"slt": 170.0, "rms": 95.0, "awb": 125.0, "kal16": 105.0}  # and their usual pitch in hertz


def prepare_recording(recording: Recording, tracker: tuple[FaceLandmarker, FaceBasis] | None) -> Clip:
    """Hears, aligns and, with a tracker, watches one recording."""
    waveform = mono_16k(read_audio(recording.sound))
    curves = {}
    if tracker is not None and recording.video is not None:
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


def prepare_corpus(
    source: str, folder: Path, output: Path, tracker: tuple[FaceLandmarker, FaceBasis] | None = None
) -> tuple[int, list[str]]:
    """Number of clips in the output, and a sentence for each recording that could not be used."""
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


def synthetic_clips(count: int, seed: int) -> Iterator[Clip]:
    """Sentences by ever other voices, tempi and pitches; a third of them by flite, the rest by espeak-ng."""
    espeak = open_espeak()
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        if number % 3 == 0:
            yield _flite_clip(number, rng)
        else:
            yield _espeak_clip(espeak, number, rng)


def _flite_clip(number: int, rng: np.random.Generator) -> Clip:
    sentences = SENTENCES["en-us"]
    index = number // 3 % len(sentences)
    voice = str(rng.choice(list(FLITE_VOICES)))
    pitch = FLITE_VOICES[voice] * 2 ** rng.uniform(-0.25, 0.4)
    spoken = flite(sentences[index], voice, stretch=float(rng.uniform(0.8, 1.3)), pitch_hz=float(pitch))
    return _synthetic_clip(number, f"flite-{voice}", "en-us", index, *spoken, rng)


def _espeak_clip(espeak: Espeak, number: int, rng: np.random.Generator) -> Clip:
    language = "en-us" if number % 3 == 1 else str(rng.choice([name for name in SENTENCES if name != "en-us"]))
    index = int(rng.integers(len(SENTENCES[language])))
    variant = str(rng.choice(ESPEAK_VARIANTS))
    rate, pitch, pitch_range = int(rng.integers(115, 200)), int(rng.integers(15, 85)), int(rng.integers(30, 95))
    spoken = espeak.speak(SENTENCES[language][index], f"{language}+{variant}", rate, pitch, pitch_range)
    return _synthetic_clip(number, f"espeak-{variant}", language, index, *spoken, rng)


def _synthetic_clip(
    number: int,
    speaker: str,
    language: str,
    index: int,
    waveform: torch.Tensor,
    phonemes: list[PhonemeSpan],
    rng: np.random.Generator,
) -> Clip:
    """Puts silence of varying length around the voice, and brings it to a varying level."""
    before, after = (int(seconds * SAMPLE_RATE) for seconds in rng.uniform(0.15, 0.7, 2))
    level = rng.uniform(0.1, 0.7) / max(float(waveform.abs().max()), 1e-3)
    padded = torch.nn.functional.pad(waveform * level, (before, after))
    shift = before / SAMPLE_RATE
    moved = [PhonemeSpan(span.phoneme, span.start_seconds + shift, span.end_seconds + shift) for span in phonemes]
    return Clip(
        name=f"synthetic-{number:05d}",
        source="synthetic",
        speaker=speaker,
        sentence=f"synthetic-{language}-{index}",
        language=language,
        emotion="neutral",
        original_emotion="none",
        intensity=0.0,
        license="Apache-2.0 (made with espeak-ng and flite)",
        waveform=padded,
        phonemes=fill_silence(moved, padded.shape[-1] / SAMPLE_RATE),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=[*CORPORA, "synthetic"])
    parser.add_argument("--input", type=Path, help="the corpus' folder")
    parser.add_argument("--output", type=Path, required=True, help="where the clips go")
    parser.add_argument("--video", action="store_true", help="track the filmed faces as well")
    parser.add_argument("--landmarker", type=Path, help="face_landmarker.task, for --video")
    parser.add_argument("--count", type=int, default=600, help="of synthetic clips")
    parser.add_argument("--seed", type=int, default=0, help="of synthetic clips")
    arguments = parser.parse_args()

    if arguments.source == "synthetic":
        arguments.output.mkdir(parents=True, exist_ok=True)
        for clip in tqdm(synthetic_clips(arguments.count, arguments.seed), total=arguments.count, mininterval=5):
            save_clip(arguments.output, clip)
        return
    if arguments.input is None:
        parser.error(f"{arguments.source} needs --input")
    tracker = None
    if arguments.video:
        landmarker = FaceLandmarker(find_face_landmarker(arguments.landmarker))
        tracker = landmarker, FaceBasis.load(find_weights("face_basis.safetensors"))
    num_clips, failures = prepare_corpus(arguments.source, arguments.input, arguments.output, tracker)
    print("\n".join([f"{num_clips} clips in {arguments.output}", *failures]))


if __name__ == "__main__":
    main()
