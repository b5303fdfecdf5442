"""The reference emotion × audio emotion matrix: every strong reference speaks every voice in every system.

A judge looks at the frames in which the voice's emotion peaks and gives one verdict a video.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ...model import CEMNet
from ...render.renderer import PreparedFace
from ...types import Motion
from .baselines import Scene, System
from .judge import Judge, judge_box
from .references import StrongReference
from .voices import Voice, apex_frames, cell_voices

RENDERER = "renderer alone"


@dataclass(frozen=True)
class Verdict:
    """The judge's probabilities for one video, and distances of its curves to the person's own apexes."""

    system: str
    kind: str  # of the reference
    person: str
    reference: Emotion
    target: Emotion
    clip: str
    heard: Emotion  # what the model hears in the voice
    seen: Float[np.ndarray, "emotion"]  # the judge's probabilities, averaged over the chosen frames
    to_target: float  # mean absolute distance of the shown expression to the person's own apex of the target emotion
    to_reference: float  # and to the apex of the reference's

    @property
    def says(self) -> Emotion:
        """The emotion that the judge names."""
        return EMOTIONS[int(self.seen.argmax())]


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

    An emotion that the judge cannot name here is lost between expression and pixels, or missing in the expression.
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
    """One frame of a performance, 0 to 1."""
    return model.renderer.frame(prepared, *motion.pose(index))


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
    """The judge's probabilities for the reference pictures themselves, an upper bound for every system."""
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
