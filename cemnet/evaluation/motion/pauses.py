"""Whether lips rest in pauses, and speak in words, when a room or music sounds too."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from ...arkit import Emotion
from ...model import CEMNet
from ...pipeline import encode_speech, spoken_frames
from ...training.corpora.augmentation import Waveform, add_noise
from ...training.corpora.clips import Clip
from ...training.corpora.phonemes import SILENCE
from ...types import MOTION_FPS, SAMPLE_RATE, Audio
from ..report.report import Table
from ..voice.odd_voices import with_music
from .lips import clip_apertures
from .liveliness import perform_as

EMOTIONS: tuple[Emotion, ...] = ("neutral", "disgust")  # the least and the most that an emotion parts resting lips
BACKGROUNDS: Mapping[str, Callable[[Waveform, np.random.Generator], Waveform]] = {
    "nothing": lambda waveform, _: waveform,
    "room noise, 15 dB": lambda waveform, rng: add_noise(waveform, 15.0, rng),
    "room noise, 5 dB": lambda waveform, rng: add_noise(waveform, 5.0, rng),
    "music, 10 dB": with_music,
}


def pauses_table(model: CEMNet, clips: Sequence[Clip], seed: int = 0) -> Table:
    """A row for each background: words and pauses that are heard as such, and the lips in both."""
    rows = []
    for name, add in BACKGROUNDS.items():
        rng = np.random.default_rng(seed)
        words, pauses = [], []
        resting: dict[Emotion, list[float]] = {emotion: [] for emotion in EMOTIONS}
        for clip in clips:
            sound = torch.from_numpy(add(clip.waveform.numpy(), rng)).float()
            speech = encode_speech(model, Audio(sound.unsqueeze(0), SAMPLE_RATE))
            heard = spoken_frames(speech).numpy()
            for span in clip.phonemes:
                frames = heard[round(span.start_seconds * MOTION_FPS) : round(span.end_seconds * MOTION_FPS)]
                (pauses if span.phoneme == SILENCE else words).extend(frames.tolist())
            for emotion in EMOTIONS:
                expression = perform_as(model, speech, emotion)[0].numpy()
                resting[emotion] += clip_apertures(clip, expression).resting.tolist()
        shares = np.mean(words), 1 - np.mean(pauses), *(np.mean(resting[emotion]) for emotion in EMOTIONS)
        rows.append((name, *(f"{100 * share:.1f}" for share in shares)))
    header = ("beside the voice", "words heard", "pauses heard", *(f"lips in pauses, {name}" for name in EMOTIONS))
    note = f"{len(clips)} clips, %. Words and pauses: frames. Lips: of the 95th percentile, from 200 ms on."
    return Table("Pauses", header, rows, note)
