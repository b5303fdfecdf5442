"""What the trainer sees: Whisper's view of prepared clips, and pairs of clips for cross-reconstruction."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from ..arkit import ARKIT_INDEX, EMOTION_INDEX, EMOTIONS, NUM_EXPRESSIONS, Emotion
from ..audio import num_motion_frames, voice_features
from ..audio_emotion import VOICE_STYLES, AudioEmotionEncoder, frames_from_tokens
from ..config import PROSODY_DIM
from ..emotion_memory import emotion_state
from ..speech_encoder import SpeechEncoder
from ..types import MOTION_FPS
from .babble import babble
from .clips import Clip, list_clips, load_clip
from .degrade import another_pace, degrade
from .objective import UNLABELLED
from .performer import perform
from .prototypes import Person
from .settings import DataSettings

STYLES = list(VOICE_STYLES)
# Corpora's own labels that say more than the emotion on the face.
STYLE_OF_LABEL = {"calm": "calm", "boredom": "bored"}
SYNTHESISED = "synthetic"  # the source of clips whose voice feels nothing


@dataclass(frozen=True)
class Recording:
    """One sound as the networks hear it, at MOTION_FPS."""

    hidden: Float[Tensor, "layer frame channel"]  # fp16
    voice: Float[Tensor, "frame voice"]  # see audio.voice_features

    @property
    def prosody(self) -> Float[Tensor, "frame 4"]:
        return self.voice[:, :PROSODY_DIM]


@dataclass(frozen=True)
class FeatureClip:
    """A clip and the same clip degraded; the clean recording comes first."""

    clip: Clip
    recordings: tuple[Recording, ...]

    @property
    def style(self) -> int:
        """Index into STYLES, or UNLABELLED."""
        style = STYLE_OF_LABEL.get(self.clip.original_emotion, self.clip.emotion)
        return UNLABELLED if style is None or self.clip.source == SYNTHESISED else STYLES.index(style)

    @property
    def emotion(self) -> Emotion:
        """What the voice shows on a face; neutral where nobody said."""
        return "neutral" if self.style == UNLABELLED else VOICE_STYLES[STYLES[self.style]]

    @property
    def is_labelled(self) -> bool:
        return self.style != UNLABELLED


@dataclass(frozen=True)
class FeatureClips:
    clips: tuple[FeatureClip, ...]
    description: str  # what the clips are, for the weights' metadata
    license: str

    def voice_statistics(self, encoder: AudioEmotionEncoder) -> tuple[Tensor, Tensor]:
        """Mean and deviation of the emotion branch's input over all labelled recordings."""
        rows = []
        for clip in self.clips:
            for recording in clip.recordings if clip.is_labelled else ():
                weights = voiced_weights(recording.voice).unsqueeze(0)
                hidden, voice = recording.hidden.unsqueeze(0).float(), recording.voice.unsqueeze(0)
                rows.append(encoder.statistics(hidden, voice, weights)[0, 0])
        table = torch.stack(rows).detach()
        return table.mean(0), table.std(0).clamp_min(1e-3)

    def heard_styles(self) -> Float[Tensor, "style"]:
        """1 for every way of speaking that a clip was labelled with, else 0."""
        styles = torch.tensor([clip.style for clip in self.clips if clip.is_labelled], dtype=torch.long)
        return torch.zeros(len(STYLES)).index_fill(0, styles, 1.0)


def voiced_weights(voice: Float[Tensor, "frame voice"]) -> Float[Tensor, "1 frame"]:
    """One window over the voiced frames of a recording, as `audio_emotion.window_weights` makes many."""
    weights = voice[:, 3] + 1e-3
    return (weights / weights.sum()).unsqueeze(0)


def generated_clips(count: int, seed: int) -> list[Clip]:
    """Babble in all emotions, for trials without data."""
    clips = []
    for index in range(count):
        emotion = EMOTIONS[index % len(EMOTIONS)]
        waveform, phonemes = babble(emotion, 3.0, np.random.default_rng((seed, index)))
        clips.append(
            Clip(
                name=f"babble_{index:04d}", source="babble", speaker=f"babbler_{index % 4}", sentence=str(index),
                language="none", emotion=emotion, original_emotion=emotion,
                intensity=0.0 if emotion == "neutral" else 0.8, license="Apache-2.0",
                waveform=torch.from_numpy(waveform), phonemes=phonemes,
            )
        )  # fmt: skip
    return clips


def load_feature_clips(settings: DataSettings, cache: Path, device: torch.device, seed: int) -> FeatureClips:
    """Reads or makes the clips of a run and hears them once; what was heard is kept in the cache folder."""
    clips = [load_clip(path) for folder in settings.clips for path in list_clips(Path(folder))]
    clips += generated_clips(settings.generated_clips, seed)
    clips = [clip for clip in clips if full_speaker(clip) not in settings.validation_speakers]
    licenses = sorted({clip.license for clip in clips})
    counts = {
        source: sum(clip.source == source for clip in clips) for source in sorted({clip.source for clip in clips})
    }
    return FeatureClips(
        tuple(hear_clips(clips, settings.voice_augmentations, cache, device, seed)),
        description="; ".join(f"{count} clips of {source}" for source, count in sorted(counts.items())),
        license="; ".join(licenses),
    )


def full_speaker(clip: Clip) -> str:
    """A speaker's name that is unique among all sources, such as "ravdess/17"."""
    return f"{clip.source}/{clip.speaker}"


def hear_clips(
    clips: Sequence[Clip], voice_augmentations: int, cache: Path, device: torch.device, seed: int
) -> list[FeatureClip]:
    """Each clip's recordings; only labelled clips are degraded, as only their emotion is judged."""
    cache.mkdir(parents=True, exist_ok=True)
    encoder = SpeechEncoder.load().to(device)
    heard = []
    for clip in tqdm(clips, desc="Listening", unit="clip"):
        path = cache / f"{clip.source}_{clip.name}.pt"
        if path.exists():
            stored = torch.load(path, weights_only=True)
        else:
            rng = np.random.default_rng([seed, *clip.name.encode()])
            copies = 0 if clip.source == SYNTHESISED else voice_augmentations
            sounds = [clip.waveform, *(torch.from_numpy(another_recording(clip, rng)) for _ in range(copies))]
            stored = [hear(encoder, sound) for sound in sounds]
            torch.save(stored, path)
        heard.append(FeatureClip(clip, tuple(Recording(hidden, voice) for hidden, voice in stored)))
    return heard


def another_recording(clip: Clip, rng: np.random.Generator) -> Float[np.ndarray, "other"]:
    """The clip at another pace, in worse quality, or both."""
    waveform = clip.waveform.numpy()
    kind = rng.choice(["pace", "quality", "both"])
    if kind != "quality":
        waveform = another_pace(waveform, rng)
    return waveform if kind == "pace" else degrade(waveform, rng)


def hear(encoder: SpeechEncoder, waveform: Float[Tensor, "sample"]) -> tuple[Tensor, Tensor]:
    num_frames = num_motion_frames(len(waveform))
    hidden = frames_from_tokens(encoder.encode_long(waveform), num_frames)
    return hidden.half().cpu(), voice_features(waveform, num_frames)


class CrossPairs(Dataset):
    """Content of one clip, emotion of another (or of the same), a person, a reference face, and the exact target.

    A share of the performances is asked for by name instead of by a voice, as users do; contempt, which no voice
    corpus has, is learned through these alone.
    """

    def __init__(
        self,
        clips: FeatureClips,
        crop_seconds: float,
        length: int,
        same_share: float = 0.25,
        asked_share: float = 0.2,
    ) -> None:
        self.clips = clips.clips
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
        rng = np.random.default_rng(int(torch.randint(2**62, ())))
        same = rng.random() < self.same_share
        content = choose(self.labelled if same else self.clips, rng)
        voice = content if same else choose(choose(self.by_emotion, rng), rng)
        asked = not same and rng.random() < self.asked_share
        emotion, intensity = voice.emotion, voice.clip.intensity
        if asked:
            emotion, intensity = choose(EMOTIONS, rng), float(rng.uniform(0.2, 1.0))
        person = Person.sample(rng)
        return {
            **self.performance(content, person, emotion, intensity, rng),
            **self.voice_window(voice, rng),
            **reference_face(person, rng),
            "same_clip": torch.tensor(same),
            "asked": torch.tensor(asked),
            "target_emotion": one_hot_emotion(emotion),
            "target_intensity": torch.tensor(intensity, dtype=torch.float32),
            "apex_displacement": torch.from_numpy(apex_displacements(person)),
        }

    def performance(
        self, content: FeatureClip, person: Person, emotion: Emotion, intensity: float, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        """A part of the content's recording and how the person performs it."""
        recording = content.recordings[0]
        acted = perform(content.clip.phonemes, recording.prosody.numpy(), person, emotion, intensity, rng)
        total = len(recording.prosody)
        start = int(rng.integers(0, max(1, total - self.num_frames + 1)))
        part = slice(start, start + self.num_frames)
        curves = {
            "prosody": recording.prosody,
            "expression": torch.from_numpy(acted.expression),
            "closed": torch.from_numpy(acted.closed),
            "head": torch.from_numpy(acted.head),
            "course": torch.from_numpy(acted.emotion_gain),
        }
        padded = {name: pad_frames(curve[part], self.num_frames, 0) for name, curve in curves.items()}
        return {"hidden": pad_frames(recording.hidden[:, part], self.num_frames, 1).float(), **padded}

    def voice_window(self, voice: FeatureClip, rng: np.random.Generator) -> dict[str, Tensor]:
        """A part of 1.2 s or more of one of the voice's recordings, as windows are at inference."""
        recording = choose(voice.recordings, rng)
        total = len(recording.prosody)
        length = min(total, int(rng.uniform(1.2 * MOTION_FPS, self.num_frames + 1)))
        voiced = torch.nonzero(recording.prosody[:, 3]).flatten().tolist() or [0, total - 1]
        low = max(0, min(voiced[0], total - length))
        start = int(rng.integers(low, max(low, min(voiced[-1] - length, total - length)) + 1))
        part = slice(start, start + length)
        return {
            "voice_hidden": pad_frames(recording.hidden[:, part], self.num_frames, 1).float(),
            "voice_features": pad_frames(recording.voice[part], self.num_frames, 0),
            "voice_weights": pad_frames(voiced_weights(recording.voice[part]), self.num_frames, 1),
            "style": torch.tensor(voice.style),
            "strength": torch.tensor(voice.clip.intensity, dtype=torch.float32),
        }


def choose(items: Sequence, rng: np.random.Generator):
    return items[int(rng.integers(len(items)))]


def pad_frames(frames: Tensor, num_frames: int, dim: int) -> Tensor:
    """Zeros after the end, to num_frames; more than that is cut."""
    frames = frames.narrow(dim, 0, min(num_frames, frames.shape[dim]))
    missing = list(frames.shape)
    missing[dim] = num_frames - frames.shape[dim]
    return torch.cat([frames, frames.new_zeros(missing)], dim=dim)


def one_hot_emotion(emotion: Emotion) -> Float[Tensor, "emotion"]:
    probabilities = torch.zeros(len(EMOTIONS))
    probabilities[EMOTION_INDEX[emotion]] = 1.0
    return probabilities


def apex_displacements(person: Person) -> Float[np.ndarray, "shown expression"]:
    """How this person's face moves from rest to each emotion's apex."""
    return np.stack([person.show(emotion, 1.0) - person.resting for emotion in EMOTIONS if emotion != "neutral"])


def first_memories(num_slots: int, seed: int) -> Float[Tensor, "slot expression"]:
    """Displacements of different people and emotions, for a memory to start from."""
    rng = np.random.default_rng(seed)
    people = (apex_displacements(Person.sample(rng)) for _ in range(num_slots))
    return torch.from_numpy(np.stack([shown[slot % len(shown)] for slot, shown in enumerate(people)]))


def reference_face(person: Person, rng: np.random.Generator) -> dict[str, Tensor]:
    """A portrait of the person in some emotion, perhaps speaking, as a noisy fit and an unsure reader see it."""
    emotion = choose(EMOTIONS, rng)
    intensity = 0.0 if emotion == "neutral" else rng.uniform(0.3, 1.0)
    expression = person.show(emotion, intensity) + rng.normal(0, 0.05, NUM_EXPRESSIONS)
    if rng.random() < 0.4:
        for name, most in (("jawOpen", 0.5), ("mouthFunnel", 0.4), ("mouthPucker", 0.4), ("mouthClose", 0.1)):
            expression[ARKIT_INDEX[name]] += rng.uniform(0, most)
    doubt = rng.beta(1.2, 5.0)
    probabilities = (1 - doubt) * one_hot_emotion(emotion) + doubt * torch.from_numpy(rng.dirichlet(np.ones(8) * 0.5))
    seen = float(np.clip(intensity + rng.normal(0, 0.1), 0, 1))
    return {
        "reference_expression": torch.from_numpy(expression.clip(0, 1)).float(),
        "reference_state": emotion_state(probabilities.float(), torch.tensor(seen)),
    }
