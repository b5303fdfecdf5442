"""The voices of the matrix: which clips are spoken, and how they are heard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...arkit import EMOTIONS, Emotion
from ...model import CEMNet
from ...pipeline import encode_speech
from ...training.corpora.clips import Clip
from ...training.networks.feature_clips import full_speaker
from ...types import SAMPLE_RATE, Audio, Speech
from ..voice.heard import mean_heard
from ..voice.linear_baseline import LinearBaseline

FRAMES_APART = 6  # about a syllable


@dataclass(frozen=True)
class Voice:
    """A clip of a known emotion, as the model hears it and as the linear baseline does."""

    emotion: Emotion
    intensity: float  # of the emotion, as labelled
    speaker: str
    clip: str
    speech: Speech
    speech_without_aee: Speech

    @property
    def heard(self) -> Emotion:
        """The emotion that the model believes of the whole clip."""
        belief = mean_heard(self.speech.heard, self.speech.prosody[:, 3])
        return EMOTIONS[int(belief.argmax())]


def choose_clips(clips: Iterable[Clip], speakers: Sequence[str], per_emotion: int, seed: int) -> list[Clip]:
    """Up to `per_emotion` clips of each emotion, spread evenly over speakers, then sentences, then intensities."""
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
    """Numbers of chosen clips with the same speaker, sentence and intensity; the smallest is chosen next."""
    return (
        sum(clip.speaker == other.speaker for other in chosen),
        sum(clip.sentence == other.sentence for other in chosen),
        sum(clip.intensity == other.intensity for other in chosen),
    )


def hear_voice(model: CEMNet, baseline: LinearBaseline, clip: Clip) -> Voice:
    """Encodes a clip once, with both beliefs; ValueError for a clip without a label."""
    if clip.emotion is None:
        raise ValueError(f"{clip.name} has no emotion")
    speech = encode_speech(model, Audio(clip.waveform.unsqueeze(0), SAMPLE_RATE))
    without_aee = baseline.replace_emotion(model, speech)
    return Voice(clip.emotion, clip.intensity, full_speaker(clip), clip.name, speech, without_aee)


def apex_frames(speech: Speech, num_frames: int) -> list[int]:
    """Peaks of the voice's emotional course, at least FRAMES_APART apart, in order; the same for all systems."""
    course = speech.course.numpy().copy()
    chosen: list[int] = []
    while len(chosen) < num_frames and np.isfinite(course.max()):
        chosen.append(int(course.argmax()))
        course[max(0, chosen[-1] - FRAMES_APART + 1) : chosen[-1] + FRAMES_APART] = -np.inf
    return sorted(chosen)


def cell_voices(voices: Sequence[Voice], emotion: Emotion, turn: int, count: int) -> list[Voice]:
    """The `count` voices of an emotion that one reference speaks; `turn` shifts the choice from one to the next."""
    of_emotion = [voice for voice in voices if voice.emotion == emotion]
    count = min(count, len(of_emotion))
    return [of_emotion[(turn * count + step) % len(of_emotion)] for step in range(count)]
