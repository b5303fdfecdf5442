"""Voices that turn from one emotion to another: when the shown emotion turns, and whether it flickers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ...arkit import EMOTION_INDEX, EMOTIONS
from ...model import CEMNet
from ...pipeline import encode_speech
from ...training.corpora.clips import Clip
from ...training.networks.feature_clips import full_speaker
from ...types import MOTION_FPS, SAMPLE_RATE, Audio, Speech
from ..report.report import Table

TURNS = (("calm", "angry"), ("angry", "calm"), ("neutral", "happy"), ("happy", "sad"), ("sad", "surprise"))
MARGIN_SECONDS = 0.15  # of silence that stays around the spoken part
STAYS_SECONDS = 0.5  # a turn that is reversed sooner does not count


@dataclass(frozen=True)
class Turn:
    """Two utterances of one speaker in one file, and what is heard in it."""

    speaker: str
    labels: tuple[str, str]  # the corpus' own
    first: int  # emotions, as indices into EMOTIONS
    second: int
    turn_seconds: float  # when the second voice begins to speak
    speech: Speech


def spoken_part(clip: Clip) -> Float[torch.Tensor, "sample"]:
    """The utterance without the silence around it."""
    spoken = [span for span in clip.phonemes if span.phoneme != "SIL"]
    if not spoken:
        return clip.waveform
    start = max(0.0, spoken[0].start_seconds - MARGIN_SECONDS)
    return clip.waveform[round(start * SAMPLE_RATE) : round((spoken[-1].end_seconds + MARGIN_SECONDS) * SAMPLE_RATE)]


def turning_voices(model: CEMNet, clips: Sequence[Clip], turns: Sequence[tuple[str, str]] = TURNS) -> list[Turn]:
    """For every speaker and turn the strongest clips of both labels, different sentences, one after the other."""
    found = []
    for speaker in sorted({full_speaker(clip) for clip in clips}):
        own = [clip for clip in clips if full_speaker(clip) == speaker]
        for labels in turns:
            pair = first_of(own, labels[0], 0), first_of(own, labels[1], 1)
            if pair[0] is None or pair[1] is None:
                continue
            parts = [spoken_part(clip) for clip in pair if clip is not None]
            speech = encode_speech(model, Audio(torch.cat(parts).unsqueeze(0), SAMPLE_RATE))
            turn = len(parts[0]) / SAMPLE_RATE + MARGIN_SECONDS
            first, second = (EMOTION_INDEX[clip.emotion] for clip in pair if clip is not None and clip.emotion)
            found.append(Turn(speaker, labels, first, second, turn, speech))
    return found


def first_of(clips: Sequence[Clip], label: str, sentence: int) -> Clip | None:
    """The strongest clip of a label, of the given one of the speaker's sentences where there are several."""
    of_label = [clip for clip in clips if clip.original_emotion == label]
    sentences = sorted({clip.sentence for clip in of_label})
    if not of_label:
        return None
    wanted = sentences[min(sentence, len(sentences) - 1)]
    return max((clip for clip in of_label if clip.sentence == wanted), key=lambda clip: (clip.intensity, clip.name))


def shown_emotion(speech: Speech) -> list[int]:
    """The emotion that a face shows most at every frame: the likeliest of what is decided."""
    return speech.emotion.argmax(1).tolist()


def turn_delay(turn: Turn) -> float | None:
    """Seconds from the second voice's beginning until its emotion is shown and stays; negative where it comes earlier.

    None where it never comes.
    """
    shown = np.array(shown_emotion(turn.speech)) == turn.second
    stays = round(STAYS_SECONDS * MOTION_FPS)
    earliest = max(0, round((turn.turn_seconds - 1.5) * MOTION_FPS))
    for frame in range(earliest, len(shown) - stays + 1):
        if shown[frame : frame + stays].all():
            return frame / MOTION_FPS - turn.turn_seconds
    return None


def while_speaking(speech: Speech) -> slice:
    """The frames from the first voiced one to the last."""
    voiced = torch.nonzero(speech.prosody[:, 3]).flatten().tolist() or [0]
    return slice(voiced[0], voiced[-1] + 1)


def num_changes(speech: Speech) -> int:
    """Number of changes of the shown emotion from frame to frame, from the first voiced frame to the last."""
    return int((np.diff(shown_emotion(speech)[while_speaking(speech)]) != 0).sum())


def total_variation(speech: Speech) -> float:
    """Total variation of the emotion shares over the same frames; one full turn from one emotion to another is 1."""
    return float(0.5 * speech.emotion[while_speaking(speech)].diff(dim=0).abs().sum())


def turns_table(turns: Sequence[Turn]) -> Table:
    """Delay and flicker of every kind of turn."""
    rows = []
    for labels in dict.fromkeys(turn.labels for turn in turns):
        of_kind = [turn for turn in turns if turn.labels == labels]
        delays = [delay for turn in of_kind if (delay := turn_delay(turn)) is not None]
        rows.append(
            (
                " to ".join(labels),
                f"{len(delays)} of {len(of_kind)}",
                " ".join(f"{delay:+.2f}" for delay in delays) or "-",
                f"{np.mean([num_changes(turn.speech) for turn in of_kind]):.1f}",
                f"{np.mean([total_variation(turn.speech) for turn in of_kind]):.2f}",
            )
        )
    note = (
        "Two utterances of one speaker joined, without the silence around them. Delay: from the second voice's first "
        f"sound until its emotion leads for {STAYS_SECONDS} s; below zero it leads earlier, for windows look ahead. "
        "One change and a variation of 1 are the least that a turn needs."
    )
    return Table("Voices that turn", ("from, to", "turned", "delay, s", "changes", "variation"), rows, note)


def steadiness_table(speeches: Sequence[Speech], labels: Sequence[int]) -> Table:
    """Flicker within utterances of one emotion, which need no change at all."""
    rows = []
    for index in [*range(len(EMOTIONS)), None]:
        chosen = [s for s, label in zip(speeches, labels, strict=True) if index is None or label == index]
        if chosen:
            rows.append(
                (
                    "all" if index is None else EMOTIONS[index],
                    str(len(chosen)),
                    f"{np.mean([num_changes(speech) for speech in chosen]):.2f}",
                    f"{100 * np.mean([num_changes(speech) == 0 for speech in chosen]):.0f}",
                    f"{np.mean([total_variation(speech) for speech in chosen]):.2f}",
                )
            )
    header = ("voice", "clips", "changes a clip", "without a change %", "variation")
    return Table("Utterances of one emotion", header, rows)


def turn_curves(turn: Turn) -> dict[str, Float[np.ndarray, "frame"]]:
    """Curves of share × intensity for each emotion that exceeds 0.1; the course within words is left out."""
    shown = (turn.speech.emotion * turn.speech.intensity.unsqueeze(1)).numpy()
    return {name: shown[:, index] for index, name in enumerate(EMOTIONS) if shown[:, index].max() > 0.1}
