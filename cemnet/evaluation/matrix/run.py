"""The reference emotion × audio emotion matrix: every strong reference speaks every voice in every system.

A judge looks at the frames in which the voice's emotion peaks and gives one verdict a video.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ...model import CEMNet
from ...pipeline import encode_speech
from ...render.renderer import PreparedFace
from ...training.corpora.clips import Clip
from ...training.networks.feature_clips import full_speaker
from ...types import SAMPLE_RATE, Audio, Motion, Speech
from ..subjects import mean_heard
from ..voice.linear_baseline import LinearBaseline
from .baselines import Scene, System
from .judge import judge_box
from .references import StrongReference

FRAMES_APART = 6  # about a syllable
RENDERER = "renderer alone"


@runtime_checkable
class Judge(Protocol):
    def probabilities(
        self, image: Float[np.ndarray, "height width channel"], box: tuple[float, float, float, float]
    ) -> Float[np.ndarray, "emotion"]: ...


@dataclass(frozen=True)
class Voice:
    """A clip of a known emotion, as the model hears it, and as the floor does."""

    emotion: Emotion
    intensity: float  # of the emotion, as labelled
    speaker: str
    clip: str
    speech: Speech
    speech_without_aee: Speech

    @property
    def heard(self) -> Emotion:
        """What the model makes of the clip as a whole."""
        belief = mean_heard(self.speech.heard, self.speech.prosody[:, 3])
        return EMOTIONS[int(belief.argmax())]


@dataclass(frozen=True)
class Verdict:
    """What one video shows."""

    system: str
    kind: str  # of the reference
    person: str
    reference: Emotion
    target: Emotion
    clip: str
    heard: Emotion  # what the model makes of the voice
    seen: Float[np.ndarray, "emotion"]  # the judge's probabilities, averaged over the chosen frames
    to_target: float  # mean absolute distance of the shown expression to the person's own apex of the target emotion
    to_reference: float  # and to the apex of the reference's

    @property
    def says(self) -> Emotion:
        return EMOTIONS[int(self.seen.argmax())]


def choose_clips(clips: Iterable[Clip], speakers: Sequence[str], per_emotion: int, seed: int) -> list[Clip]:
    """Clips of the speakers for every emotion they have, taking turns among speakers, sentences and intensities."""
    rng = np.random.default_rng(seed)
    chosen = []
    wanted = [clip for clip in clips if full_speaker(clip) in speakers and clip.original_emotion == clip.emotion]
    for emotion in EMOTIONS:
        of_emotion = [clip for clip in wanted if clip.emotion == emotion]
        shuffled = [of_emotion[index] for index in rng.permutation(len(of_emotion))]
        turns: list[Clip] = []
        while shuffled and len(turns) < per_emotion:
            turns.append(shuffled.pop(min(range(len(shuffled)), key=lambda index: familiarity(shuffled[index], turns))))
        chosen += turns
    return chosen


def familiarity(clip: Clip, chosen: Sequence[Clip]) -> tuple[int, int, int]:
    """How often a clip's speaker, then sentence, then intensity was chosen already."""
    return (
        sum(clip.speaker == other.speaker for other in chosen),
        sum(clip.sentence == other.sentence for other in chosen),
        sum(clip.intensity == other.intensity for other in chosen),
    )


def hear_voice(model: CEMNet, floor: LinearBaseline, clip: Clip) -> Voice:
    if clip.emotion is None:
        raise ValueError(f"{clip.name} has no emotion")
    speech = encode_speech(model, Audio(clip.waveform.unsqueeze(0), SAMPLE_RATE))
    plain = floor.replace_emotion(model, speech)
    return Voice(clip.emotion, clip.intensity, full_speaker(clip), clip.name, speech, plain)


def apex_frames(speech: Speech, num_frames: int) -> list[int]:
    """The moments at which the voice's emotion swells most, FRAMES_APART; the same for all systems."""
    course = speech.course.numpy().copy()
    chosen: list[int] = []
    while len(chosen) < num_frames and np.isfinite(course.max()):
        chosen.append(int(course.argmax()))
        course[max(0, chosen[-1] - FRAMES_APART + 1) : chosen[-1] + FRAMES_APART] = -np.inf
    return sorted(chosen)


def cell_voices(voices: Sequence[Voice], emotion: Emotion, turn: int, count: int) -> list[Voice]:
    """The voices of one emotion that one reference speaks; who speaks which turns with the references."""
    of_emotion = [voice for voice in voices if voice.emotion == emotion]
    count = min(count, len(of_emotion))
    return [of_emotion[(turn * count + step) % len(of_emotion)] for step in range(count)]


def run_matrix(
    model: CEMNet,
    judge: Judge,
    references: Sequence[StrongReference],
    voices: Sequence[Voice],
    systems: Mapping[str, System],
    clips_per_cell: int,
    num_frames: int,
) -> list[Verdict]:
    """One verdict for each reference, voice of its cells, and system."""
    people = sorted({(reference.kind, reference.person) for reference in references})
    verdicts = []
    for reference in tqdm(references, desc="References", unit="portrait", mininterval=10):
        prepared, box = model.renderer.prepare(reference.face), judge_box(reference.face.landmarks)
        turn = people.index((reference.kind, reference.person)) + EMOTION_INDEX[reference.emotion]
        for voice in (voice for emotion in EMOTIONS for voice in cell_voices(voices, emotion, turn, clips_per_cell)):
            scene = Scene(model, reference.face, voice.speech, voice.speech_without_aee, voice.emotion, voice.intensity)
            frames = apex_frames(voice.speech, num_frames)
            for name, system in systems.items():
                motion = system(scene)
                rendered = (render(model, prepared, motion, index) for index in frames)
                seen = np.mean([judge.probabilities(frame, box) for frame in rendered], axis=0)
                verdicts.append(_verdict(name, reference, voice, motion.expression[frames].numpy(), seen))
    return verdicts


def judge_drawn_apexes(model: CEMNet, judge: Judge, references: Sequence[StrongReference]) -> list[Verdict]:
    """Every portrait drawn with its person's own apex of each emotion, as the system RENDERER: no network, no speech.

    What the judge cannot name here is lost on the way from an expression to pixels, or never was in the expression.
    """
    verdicts = []
    for reference in references:
        prepared, box = model.renderer.prepare(reference.face), judge_box(reference.face.landmarks)
        for emotion, apex in zip(EMOTIONS, reference.apexes, strict=True):
            seen = judge.probabilities(model.renderer.frame(prepared, apex, np.zeros(3, np.float32)), box)
            verdicts.append(
                Verdict(RENDERER, reference.kind, reference.person, reference.emotion, emotion, "", emotion, seen, 0, 0)
            )
    return verdicts


def render(
    model: CEMNet, prepared: PreparedFace, motion: Motion, index: int
) -> Float[np.ndarray, "height width channel"]:
    return model.renderer.frame(prepared, motion.expression[index].numpy(), motion.head[index].numpy())


def _verdict(
    system: str,
    reference: StrongReference,
    voice: Voice,
    shown: Float[np.ndarray, "chosen expression"],
    seen: Float[np.ndarray, "emotion"],
) -> Verdict:
    away = np.abs(reference.apexes - shown.mean(0)).mean(1)
    return Verdict(
        system, reference.kind, reference.person, reference.emotion, voice.emotion, voice.clip, voice.heard, seen,
        float(away[EMOTION_INDEX[voice.emotion]]), float(away[EMOTION_INDEX[reference.emotion]]),
    )  # fmt: skip


def judge_references(judge: Judge, references: Sequence[StrongReference]) -> list[Float[np.ndarray, "emotion"]]:
    """What the judge says of the reference pictures themselves: no system can be expected to do better."""
    return [
        judge.probabilities(reference.face.image.numpy(), judge_box(reference.face.landmarks))
        for reference in references
    ]


def write_verdicts(path: Path, verdicts: Sequence[Verdict]) -> None:
    """A CSV with one row a video."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        fields = (
            "system",
            "kind",
            "person",
            "reference",
            "target",
            "clip",
            "heard",
            "says",
            "to_target",
            "to_reference",
        )
        table.writerow([*fields, *(f"p_{emotion}" for emotion in EMOTIONS)])
        for verdict in verdicts:
            row = [getattr(verdict, field) for field in fields]
            table.writerow([*row[:-2], f"{row[-2]:.4f}", f"{row[-1]:.4f}", *(f"{p:.4f}" for p in verdict.seen)])
