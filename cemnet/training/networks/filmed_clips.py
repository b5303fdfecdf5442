"""Filmed performances for cross-reconstruction: one person says a sentence in two emotions, and the face was tracked.

Words of one clip in the manner of another have a true target here: the other clip's curves, brought to the words' time
by dynamic time warping (Sakoe & Chiba 1978) of what both clips sound like.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import librosa
import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from ...arkit import EMOTIONS, NUM_EXPRESSIONS
from ...emotion.states import emotion_state, one_hot_emotion
from .captured_speech import SPOKEN
from .feature_clips import FeatureClip, full_speaker

SHOWN = [emotion for emotion in EMOTIONS if emotion != "neutral"]
SMOOTHING = 1.0  # frames; warped curves have steps where one frame stands for several
ALIGNED_LAYER = 2  # of the kept hidden states; the lowest one hears the voice and not what it says
TRUSTED = 0.5  # confidence from which on a frame may serve as a portrait


@dataclass(frozen=True)
class FilmedPerson:
    """A speaker's filmed clips, and what they tell of the face in each emotion."""

    clips: tuple[FeatureClip, ...]
    rest: Float[Tensor, "expression"]
    apexes: Float[Tensor, "shown expression"]  # displacements at full intensity; 0 where the emotion was not filmed
    filmed: Float[Tensor, "shown"]  # 1 for emotions that were filmed, else 0

    @classmethod
    def of(cls, clips: Sequence[FeatureClip]) -> "FilmedPerson | None":
        """None for a speaker who was never filmed neutral: nobody knows how that face rests."""
        calm = [mean_face(clip) for clip in clips if clip.emotion == "neutral"]
        if not calm:
            return None
        rest, apexes, filmed = torch.stack(calm).mean(0), torch.zeros(len(SHOWN), NUM_EXPRESSIONS), []
        for row, emotion in enumerate(SHOWN):
            shown = [clip for clip in clips if clip.emotion == emotion and clip.clip.intensity > 0]
            filmed.append(float(bool(shown)))
            if shown:  # the displacement that, times each clip's intensity, comes nearest to the clips' faces
                strength = torch.tensor([clip.clip.intensity for clip in shown])
                moved = torch.stack([mean_face(clip) - rest for clip in shown])
                apexes[row] = (strength[:, None] * moved).sum(0) / strength.square().sum()
        return cls(tuple(clips), rest, apexes, torch.tensor(filmed))


@dataclass(frozen=True)
class FilmedClips:
    """The filmed people of a run; clips of several emotions are needed, one of them neutral."""

    people: tuple[FilmedPerson, ...]

    @classmethod
    def among(cls, clips: Sequence[FeatureClip]) -> "FilmedClips | None":
        """Those of some clips that are labelled and have curves of a whole face; None where nobody is filmed so."""
        by_speaker: dict[str, list[FeatureClip]] = {}
        for clip in clips:
            if clip.is_labelled and clip.clip.expression is not None and clip.clip.head is not None:
                by_speaker.setdefault(full_speaker(clip.clip), []).append(clip)
        people = [FilmedPerson.of(filmed) for filmed in by_speaker.values()]
        found = tuple(person for person in people if person is not None)
        return cls(found) if found else None

    def pair(self, same_share: float, rng: np.random.Generator) -> tuple[FilmedPerson, FeatureClip, FeatureClip]:
        """A person, a clip for words, and one for the emotion: the same, or the same sentence in another emotion."""
        person = self.people[int(rng.integers(len(self.people)))]
        words = person.clips[int(rng.integers(len(person.clips)))]
        others = [
            clip for clip in person.clips if clip.clip.sentence == words.clip.sentence and clip.emotion != words.emotion
        ]
        if not others or rng.random() < same_share:
            return person, words, words
        return person, words, others[int(rng.integers(len(others)))]


def filmed_curves(words: FeatureClip, emotion: FeatureClip) -> dict[str, Tensor]:
    """Expression, head and trust (0 to 1) of a face that says the words in the manner of the emotion's clip.

    All have the length of the words' recording. Where both clips are one, they are what was filmed.
    """
    total = len(words.recordings[0].prosody)
    curves = {
        "expression": _at_length(emotion.clip.expression, len(emotion.recordings[0].prosody)),
        "head": _at_length(emotion.clip.head, len(emotion.recordings[0].prosody)),
        "trust": _at_length(trust(emotion), len(emotion.recordings[0].prosody)),
    }
    if words is emotion:
        return curves
    counterpart = aligned_frames(words.recordings[0].hidden[ALIGNED_LAYER], emotion.recordings[0].hidden[ALIGNED_LAYER])
    assert len(counterpart) == total
    return {
        name: torch.from_numpy(gaussian_filter1d(curve.numpy()[counterpart], SMOOTHING, axis=0, mode="nearest"))
        for name, curve in curves.items()
    }


def aligned_frames(
    words: Float[Tensor, "frame channel"], other: Float[Tensor, "counterpart channel"]
) -> Int[np.ndarray, "frame"]:
    """For each frame of the words the frame of the other clip in which the same is said."""
    first, second = (_standardised(hidden) for hidden in (words, other))
    cost = 1 - first @ second.T
    _, path = librosa.sequence.dtw(C=cost.numpy(), backtrack=True)
    matched = np.zeros(len(words), np.int64)
    for frame in range(len(words)):
        matched[frame] = round(float(path[path[:, 0] == frame, 1].mean()))
    return matched


def _standardised(hidden: Float[Tensor, "frame channel"]) -> Float[Tensor, "frame channel"]:
    """Channels without their mean and spread over time, which are the speaker's and the room's; rows of length 1."""
    hidden = hidden.float()
    spread = (hidden - hidden.mean(0)) / hidden.std(0).clamp_min(1e-3)
    return torch.nn.functional.normalize(spread, dim=1)


def _at_length(curve: Float[Tensor, "filmed *channel"] | None, total: int) -> Float[Tensor, "frame *channel"]:
    """The curve with as many frames as the sound; its last frame lasts where the film ends early."""
    assert curve is not None
    return curve[torch.arange(total).clamp_max(len(curve) - 1)]


def trust(clip: FeatureClip) -> Float[Tensor, "frame"]:
    """How far each frame of a clip's face can be trusted, 0 to 1."""
    assert clip.clip.expression is not None
    given = clip.clip.confidence
    return torch.ones(len(clip.clip.expression)) if given is None else given


def mean_face(clip: FeatureClip) -> Float[Tensor, "expression"]:
    """The mean of a clip's face, each frame by how far it can be trusted."""
    assert clip.clip.expression is not None
    weight = trust(clip) + 1e-6
    return (weight[:, None] * clip.clip.expression).sum(0) / weight.sum()


def not_spoken() -> Float[Tensor, "expression"]:
    """1 for blendshapes that speech leaves alone, whose mean over a clip is the emotion's; else 0."""
    kept = torch.ones(NUM_EXPRESSIONS)
    kept[SPOKEN] = 0.0
    return kept


def filmed_portrait(person: FilmedPerson, rng: np.random.Generator) -> dict[str, Tensor]:
    """A random trusted frame of the person as a portrait: expression, and the emotion state that its clip's label says.

    A film's label says what its person meant to show all the while, so the portrait is read without a doubt.
    """
    clip: FeatureClip = person.clips[int(rng.integers(len(person.clips)))]
    assert clip.clip.expression is not None
    trusted = torch.nonzero(trust(clip) >= TRUSTED).flatten().tolist() or [int(trust(clip).argmax())]
    frame = trusted[int(rng.integers(len(trusted)))]
    intensity = 0.0 if clip.emotion == "neutral" else clip.clip.intensity
    return {
        "reference_expression": clip.clip.expression[frame].clamp(0, 1).float(),
        "reference_state": emotion_state(one_hot_emotion(clip.emotion), torch.tensor(intensity)),
    }


def person_targets(person: FilmedPerson) -> Mapping[str, Tensor]:
    """What the memory may learn of a filmed person, by the names of a batch."""
    return {
        "rest": person.rest,
        "apex_displacement": person.apexes,
        "apex_known": person.filmed,
        "face_known": not_spoken(),
    }
