"""Training examples for cross-reconstruction: content of one clip, emotion and manner of another, an exact target."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from ...arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS, Emotion
from ...emotion.states import emotion_state, one_hot_emotion
from ...types import MOTION_FPS
from ..corpora.phonemes import sounds_in_frames
from ..performer.emotion_prototypes import Person
from ..performer.manner_displays import MEAN_MANNER, manner_displacement
from ..performer.performer import perform
from .captured_speech import CapturedSpeech
from .feature_clips import FeatureClip, FeatureClips
from .filmed_clips import FilmedClips, filmed_curves, filmed_portrait, person_targets
from .voice_statistics import VoiceTable

JUDGED_VOICES = 2
PersonSource = Callable[[np.random.Generator], Person]
MOST_PORTRAITS, ONE_PORTRAIT_SHARE, CLEAR_SHARE = 4, 0.5, 0.4


class CrossPairs(Dataset):
    """Content of one clip, emotion of another (or of the same), a person, a reference face, and the exact target.

    The person performs the emotion in the manner that the other clip's voice has in the part that is heard of it. A
    share of the performances is asked for by name instead of by a voice, as users do, in the emotion's mean manner;
    contempt, which no voice corpus has, is learned through these alone. Beside each performance, voices are judged, and
    a part of captured speech is given where there is some. Seed and number alone tell what an example is.

    Where there are filmed people, a `filmed_share` of the examples is theirs: what was filmed is the target, each frame
    by its `trust`, and only what the films show of a face (`apex_known`, `face_known`) is asked of the memory.
    """

    def __init__(
        self,
        clips: FeatureClips,
        voices: VoiceTable,
        crop_seconds: float,
        length: int,
        same_share: float = 0.25,
        asked_share: float = 0.2,
        judged_voices: int = JUDGED_VOICES,
        draw: PersonSource = Person.sample,
        captured: CapturedSpeech | None = None,
        seed: int = 0,
        films: FilmedClips | None = None,
        filmed_share: float = 0.5,
    ) -> None:
        self.captured = captured
        self.films, self.filmed_share = films, filmed_share
        self.seed = seed
        self.clips = clips.clips
        self.places = {clip.full_name: place for place, clip in enumerate(self.clips)}
        self.voices = voices
        self.judged_voices = judged_voices
        self.draw = draw
        self.labelled = [clip for clip in clips.clips if clip.is_labelled]
        self.num_frames = round(crop_seconds * MOTION_FPS)
        self.length = length
        self.same_share = same_share
        self.asked_share = asked_share
        of_emotion = {emotion: [clip for clip in self.labelled if clip.emotion == emotion] for emotion in EMOTIONS}
        self.by_emotion = [found for found in of_emotion.values() if found]  # every emotion speaks equally often

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self.seed, index))
        if self.films is not None and rng.random() < self.filmed_share:
            return self._filmed(self.films, rng)
        same = rng.random() < self.same_share
        content = choose(self.labelled if same else self.clips, rng)
        voice = content if same else choose(choose(self.by_emotion, rng), rng)
        asked = not same and rng.random() < self.asked_share
        emotion, intensity = voice.emotion, voice.clip.intensity
        if asked:
            emotion, intensity = choose(EMOTIONS, rng), float(rng.uniform(0.2, 1.0))
        statistics, normal, manner = self.voices.of_clip(voice, rng)
        if asked:
            manner = torch.tensor(MEAN_MANNER[emotion])
        person = self.draw(rng)
        return {
            **self.performance(content, person, emotion, intensity, manner, rng),
            **self.voices.judged(self.judged_voices, rng),
            "voice_statistics": statistics,
            "voice_normal": normal,
            **reference_faces(lambda: reference_face(person, rng), rng),
            **({} if self.captured is None else self.captured.crop(rng)),
            **self._spoken(content, voice, asked),
            "target_emotion": one_hot_emotion(emotion),
            "target_intensity": torch.tensor(intensity, dtype=torch.float32),
            "target_manner": manner,
            "manner_displacement": torch.from_numpy(manner_displacement(person, emotion, manner.numpy())),
            "rest": torch.from_numpy(person.resting),
            "apex_displacement": torch.from_numpy(apex_displacements(person)),
            "apex_known": torch.ones(len(EMOTIONS) - 1),
            "face_known": torch.ones(NUM_EXPRESSIONS),
            "acted": torch.tensor(True),
        }

    def _filmed(self, films: FilmedClips, rng: np.random.Generator) -> dict[str, Tensor]:
        """An example whose target was filmed; what the manner of a voice adds to this face is not known."""
        person, content, voice = films.pair(self.same_share, rng)
        statistics, normal, manner = self.voices.of_clip(voice, rng)
        emotion, intensity = voice.emotion, voice.clip.intensity
        return {
            **self.performance(content, self.draw(rng), emotion, intensity, manner, rng, filmed_curves(content, voice)),
            **self.voices.judged(self.judged_voices, rng),
            "voice_statistics": statistics,
            "voice_normal": normal,
            **reference_faces(lambda: filmed_portrait(person, rng), rng),
            **({} if self.captured is None else self.captured.crop(rng)),
            **self._spoken(content, voice, asked=False),
            "target_emotion": one_hot_emotion(emotion),
            "target_intensity": torch.tensor(intensity, dtype=torch.float32),
            "target_manner": manner,
            "manner_displacement": torch.zeros(NUM_EXPRESSIONS),
            **person_targets(person),
            "acted": torch.tensor(False),
        }

    def _spoken(self, content: FeatureClip, voice: FeatureClip, asked: bool) -> dict[str, Tensor]:
        """Which clips an example speaks with, and how."""
        return {
            "spoken": torch.tensor([self.places[clip.full_name] for clip in (content, voice)]),
            "same_clip": torch.tensor(content is voice),
            "content_style": torch.tensor(content.style),
            "asked": torch.tensor(asked),
        }

    def sources(self, batch: Mapping[str, Tensor]) -> list[str]:
        """The full names of all clips that a batch speaks with, in words or emotion."""
        return sorted({self.clips[int(place)].full_name for place in batch["spoken"].flatten()})

    def performance(
        self,
        content: FeatureClip,
        person: Person,
        emotion: Emotion,
        intensity: float,
        manner: Float[Tensor, "manner"],
        rng: np.random.Generator,
        filmed: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """A random part of the content's recording, and the person's performance of it, padded to equal length.

        `filmed` curves take the place of the acted ones; where the emotion swells and the lips meet is acted still.
        """
        recording = content.recordings[0]
        spoken, prosody = content.clip.phonemes, recording.prosody.numpy()
        acted = perform(spoken, prosody, person, emotion, intensity, rng, manner.numpy())
        total = len(recording.prosody)
        start = int(rng.integers(0, max(1, total - self.num_frames + 1)))
        part = slice(start, start + self.num_frames)
        curves = {
            "prosody": recording.prosody,
            "expression": torch.from_numpy(acted.expression),
            "closed": torch.from_numpy(acted.closed),
            "head": torch.from_numpy(acted.head),
            "course": torch.from_numpy(acted.emotion_gain),
            "present": torch.ones(total),
            **({} if filmed is None else filmed),
        }
        padded = {name: pad_frames(curve[part], self.num_frames, 0) for name, curve in curves.items()}
        sounds = torch.from_numpy(sounds_in_frames(spoken, total))[part]
        if filmed is None:
            padded["trust"] = torch.ones(self.num_frames)  # what follows the end of a sound is known too
        return {
            "hidden": pad_frames(recording.hidden[:, part], self.num_frames, 1).float(),
            "sounds": pad_frames(sounds, self.num_frames, 0),
            **padded,
        }


def choose(items: Sequence, rng: np.random.Generator):
    """One of the items, each equally likely."""
    return items[int(rng.integers(len(items)))]


def pad_frames(frames: Tensor, num_frames: int, dim: int) -> Tensor:
    """Exactly num_frames along a dimension: zeros are appended, or the end is cut."""
    frames = frames.narrow(dim, 0, min(num_frames, frames.shape[dim]))
    missing = list(frames.shape)
    missing[dim] = num_frames - frames.shape[dim]
    return torch.cat([frames, frames.new_zeros(missing)], dim=dim)


def apex_displacements(person: Person) -> Float[np.ndarray, "shown expression"]:
    """Displacements from this person's face at rest to the apex of each emotion but neutral."""
    return np.stack([person.show(emotion, 1.0) - person.resting for emotion in EMOTIONS if emotion != "neutral"])


def first_people(
    num_slots: int, seed: int, draw: PersonSource = Person.sample
) -> tuple[Float[Tensor, "slot expression"], Float[Tensor, "slot shown expression"]]:
    """Random people to fill the memory before training: faces at rest, and apex displacements."""
    rng = np.random.default_rng(seed)
    people = [draw(rng) for _ in range(num_slots)]
    rest = np.stack([person.resting for person in people])
    return torch.from_numpy(rest), torch.from_numpy(np.stack([apex_displacements(person) for person in people]))


def reference_faces(portrait: Callable[[], dict[str, Tensor]], rng: np.random.Generator) -> dict[str, Tensor]:
    """Up to MOST_PORTRAITS portraits of a person, padded to so many; `reference_seen` is 1 for those that count."""
    count = 1 if rng.random() < ONE_PORTRAIT_SHARE else int(rng.integers(2, MOST_PORTRAITS + 1))
    faces = [portrait() for _ in range(count)]
    padded = faces + faces[:1] * (MOST_PORTRAITS - count)
    stacked = {name: torch.stack([face[name] for face in padded]) for name in padded[0]}
    return {**stacked, "reference_seen": (torch.arange(MOST_PORTRAITS) < count).float()}


def reference_face(person: Person, rng: np.random.Generator) -> dict[str, Tensor]:
    """A portrait of the person with a random emotion, as measured with noise.

    Gives the fitted expression and the emotion state by name, as the portrait's fit and its emotion reader would. A
    share of CLEAR_SHARE shows its emotion in full and is read without a doubt; of the others 40 % speak.
    """
    emotion, clear = choose(EMOTIONS, rng), rng.random() < CLEAR_SHARE
    intensity = 0.0 if emotion == "neutral" else 1.0 if clear else rng.uniform(0.3, 1.0)
    expression = person.show(emotion, intensity) + rng.normal(0, 0.05, NUM_EXPRESSIONS)
    if not clear and rng.random() < 0.4:
        for name, most in (("jawOpen", 0.5), ("mouthFunnel", 0.4), ("mouthPucker", 0.4), ("mouthClose", 0.1)):
            expression[ARKIT_INDEX[name]] += rng.uniform(0, most)
    doubt = 0.0 if clear else rng.beta(1.2, 5.0)
    probabilities = (1 - doubt) * one_hot_emotion(emotion) + doubt * torch.from_numpy(rng.dirichlet(np.ones(8) * 0.5))
    seen = intensity if clear else float(np.clip(intensity + rng.normal(0, 0.1), 0, 1))
    return {
        "reference_expression": torch.from_numpy(expression.clip(0, 1)).float(),
        "reference_state": emotion_state(probabilities.float(), torch.tensor(seen)),
    }
