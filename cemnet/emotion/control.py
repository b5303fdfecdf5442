"""Control of the emotion by the user, instead of the voice or mixed with it: an emotion, a mixture, a timeline.

Each function takes a Speech and returns another one, so that they can be chained.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import EMOTIONS
from ..curves import smoothstep
from ..errors import CEMNetError, quoted
from ..types import MOTION_FPS, Speech
from .states import one_hot_emotion

VOICE = "voice"  # in a timeline: what the voice itself says
Felt = tuple[Float[Tensor, "frame emotion"], Float[Tensor, "frame"]]  # probabilities and intensity


@dataclass(frozen=True)
class EmotionKey:
    """From this moment on the face shows this emotion (or VOICE), until the next key."""

    seconds: float
    emotion: str
    intensity: float = 1.0


def blend(first: Felt, second: Felt, share: Float[Tensor, "frame"]) -> Felt:
    """Linear mixture of what two beliefs show (intensity × probability): the first at share 0, the second at 1."""
    share = share.unsqueeze(1)
    shown = (1 - share) * first[1].unsqueeze(1) * first[0] + share * second[1].unsqueeze(1) * second[0]
    intensity = shown.sum(dim=1)
    believed = (1 - share) * first[0] + share * second[0]  # where nothing is shown
    return torch.where(
        intensity.unsqueeze(1) > 1e-6, shown / intensity.clamp_min(1e-6).unsqueeze(1), believed
    ), intensity


def mix_emotion(speech: Speech, emotion: str, share: float = 1.0, intensity: float = 1.0) -> Speech:
    """Replaces the given share (0 to 1) of the voice's emotion by a named emotion.

    A share of 0.4 and "happy" shows 60 % what the voice says and 40 % happy. Intensity is 0 to 2, 1 a strong but
    human face. The emotion still rises and falls with the voice, whose manner fades as the share grows. CEMNetError if
    a value is out of range or there is no such emotion.
    """
    if not (0.0 <= share <= 1.0 and 0.0 <= intensity <= 2.0):
        raise CEMNetError(f"The share has to be 0 to 1 and the intensity 0 to 2, not {share:g} and {intensity:g}.")
    asked = one_hot_emotion(emotion).expand(speech.num_frames, -1), torch.full((speech.num_frames,), float(intensity))
    mixed, strength = blend((speech.emotion, speech.intensity), asked, torch.full((speech.num_frames,), float(share)))
    return replace(speech, emotion=mixed, intensity=strength, emotion_embedding=(1 - share) * speech.emotion_embedding)


def read_timeline(text: str) -> list[EmotionKey]:
    """Keys from lines such as "2.5 happy 0.8": seconds, an emotion or "voice", and an intensity (1 if left out).

    Empty lines and text after a # are ignored. CEMNetError names the line that cannot be understood.
    """
    keys = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].replace(",", " ").replace(":", " ").split()
        if not words:
            continue
        try:
            intensity = float(words[2]) if len(words) > 2 else 1.0
            key = EmotionKey(float(words[0]), words[1].lower(), intensity)
        except (IndexError, ValueError):
            raise CEMNetError(
                f"Line {number} of the emotion timeline, {quoted(line.strip())}, is not understood. Write seconds, an "
                "emotion and an intensity, such as: 2.5 happy 0.8"
            ) from None
        if (
            key.emotion not in (*EMOTIONS, VOICE)
            or len(words) > 3
            or not (0 <= key.seconds < math.inf and 0 <= intensity <= 2)
        ):
            raise CEMNetError(
                f"Line {number} of the emotion timeline, {quoted(line.strip())}, needs a time from 0 seconds on, "
                f"one of {', '.join([*EMOTIONS, VOICE])}, and an intensity of 0 to 2."
            )
        keys.append(key)
    return keys


def follow_timeline(speech: Speech, keys: Sequence[EmotionKey], fade_seconds: float = 0.4) -> Speech:
    """The emotions of a timeline one after another, each cross-faded around the time of its key.

    Before the first key the voice's own emotion is shown. The intensity of a VOICE key multiplies the voice's own.
    CEMNetError for a fade that is no number of seconds from 0 on.
    """
    if not 0 <= fade_seconds < math.inf:
        raise CEMNetError(f"The fade has to last 0 seconds or more, not {fade_seconds}.")
    heard = speech.emotion, speech.intensity
    felt, voiced = heard, torch.ones(speech.num_frames)
    seconds = (torch.arange(speech.num_frames) + 0.5) / MOTION_FPS
    for key in sorted(keys, key=lambda key: key.seconds):
        if key.emotion == VOICE:
            asked = heard[0], (heard[1] * key.intensity).clamp_max(2.0)
        else:
            level = torch.full((speech.num_frames,), float(key.intensity))
            asked = one_hot_emotion(key.emotion).expand(speech.num_frames, -1), level
        share = ((seconds - key.seconds) / max(fade_seconds, 1e-3) + 0.5).clamp(0, 1)
        if key.seconds <= 0:
            share = torch.ones_like(seconds)
        share = smoothstep(share)
        felt = blend(felt, asked, share)
        voiced = (1 - share) * voiced + share * float(key.emotion == VOICE)
    embedding = voiced.unsqueeze(1) * speech.emotion_embedding
    return replace(speech, emotion=felt[0], intensity=felt[1], emotion_embedding=embedding)
