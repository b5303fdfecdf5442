"""Prepared clips, clean and degraded, with what the networks take: a speech encoder's states and `voice_features`."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from ...arkit import EMOTIONS, Emotion
from ...config import PROSODY_DIM, WHISPER_TINY, ModelConfig
from ...emotion.audio_emotion import VOICE_STYLES, frames_from_tokens
from ...errors import MediaError
from ...speech.encoder import SpeechEncoder
from ...speech.encoders import load_speech_encoder
from ...speech.mel import num_motion_frames
from ...speech.voice_features import voice_features
from ..corpora.augmentation import another_pace, degrade
from ..corpora.clips import Clip, list_clips, load_clip
from ..corpora.formant_synthesis import synthesise_formants
from .settings import DataSettings

UNLABELLED = -1
STYLES = list(VOICE_STYLES)
# Corpora's own labels that say more than the emotion on the face.
STYLE_OF_LABEL = {"calm": "calm", "boredom": "bored"}
SYNTHESISED = "synthetic"  # the source of clips whose voice feels nothing


@dataclass(frozen=True)
class Recording:
    """One sound as the networks hear it, at MOTION_FPS."""

    hidden: Float[Tensor, "layer frame channel"]  # fp16
    voice: Float[Tensor, "frame voice"]  # see speech.voice_features

    @property
    def prosody(self) -> Float[Tensor, "frame 4"]:
        """The first columns of the voice's features."""
        return self.voice[:, :PROSODY_DIM]


@dataclass(frozen=True)
class FeatureClip:
    """A clip and the same clip degraded; the clean recording comes first."""

    clip: Clip
    recordings: tuple[Recording, ...]

    @property
    def full_name(self) -> str:
        """Unique among all sources."""
        return f"{self.clip.source}/{self.clip.name}"

    @property
    def style(self) -> int:
        """Index into STYLES, or UNLABELLED."""
        style = STYLE_OF_LABEL.get(self.clip.original_emotion, self.clip.emotion)
        return UNLABELLED if style is None or self.clip.source == SYNTHESISED else STYLES.index(style)

    @property
    def emotion(self) -> Emotion:
        """The emotion that the voice's style shows on a face; neutral if it has no label."""
        return "neutral" if self.style == UNLABELLED else VOICE_STYLES[STYLES[self.style]]

    @property
    def is_labelled(self) -> bool:
        """Whether the corpus says how this voice speaks."""
        return self.style != UNLABELLED


@dataclass(frozen=True)
class FeatureClips:
    """All clips of a run, and what the released weights say about them."""

    clips: tuple[FeatureClip, ...]
    description: str  # what the clips are, for the weights' metadata
    license: str

    def heard_styles(self) -> Float[Tensor, "style"]:
        """1 for every way of speaking that a clip was labelled with, else 0."""
        styles = torch.tensor([clip.style for clip in self.clips if clip.is_labelled], dtype=torch.long)
        return torch.zeros(len(STYLES)).index_fill(0, styles, 1.0)


def fitted(config: ModelConfig, clips: FeatureClips) -> ModelConfig:
    """The config with the sizes of the speech encoder that the clips were heard by."""
    num_states, _, width = clips.clips[0].recordings[0].hidden.shape
    return replace(config, audio_emotion=replace(config.audio_emotion, encoder_states=num_states, encoder_dim=width))


def generated_clips(count: int, seed: int) -> list[Clip]:
    """Synthetic speech in all emotions, for trials without data. The stored names say "babble"."""
    clips = []
    for index in range(count):
        emotion = EMOTIONS[index % len(EMOTIONS)]
        waveform, phonemes = synthesise_formants(emotion, 3.0, np.random.default_rng((seed, index)))
        clips.append(
            Clip(
                name=f"babble_{index:04d}", source="babble", speaker=f"babbler_{index % 4}", sentence=str(index),
                language="none", emotion=emotion, original_emotion=emotion,
                intensity=0.0 if emotion == "neutral" else 0.8, license="Apache-2.0",
                waveform=torch.from_numpy(waveform), phonemes=phonemes,
            )
        )  # fmt: skip
    return clips


def load_feature_clips(
    settings: DataSettings,
    cache: Path,
    device: torch.device,
    seed: int,
    held_out: bool = False,
    encoder: str = WHISPER_TINY,
) -> FeatureClips:
    """Reads or makes the clips of a run and computes their features, which are kept in the cache folder.

    Clips of the validation speakers are left out, or with `held_out` all others. MediaError if a folder holds no clips,
    if none is left, or if no held-out one is labelled.
    """
    clips = [load_clip(path) for folder in settings.clips for path in list_clips(Path(folder))]
    clips += generated_clips(settings.generated_clips, seed)
    clips = [clip for clip in clips if (full_speaker(clip) in settings.validation_speakers) == held_out]
    if not held_out and not clips:
        raise MediaError("There are no clips to learn from. Name folders of them as data.clips.")
    if held_out and not any(clip.emotion for clip in clips):
        speakers = ", ".join(settings.validation_speakers)
        raise MediaError(f"No labelled clip is of a validation speaker ({speakers}). Name speakers of data.clips.")
    licenses = sorted({clip.license for clip in clips})
    counts = {
        source: sum(clip.source == source for clip in clips) for source in sorted({clip.source for clip in clips})
    }
    return FeatureClips(
        tuple(hear_clips(clips, settings.voice_augmentations, cache, device, seed, encoder)),
        description="; ".join(f"{count} clips of {source}" for source, count in sorted(counts.items())),
        license="; ".join(licenses),
    )


def full_speaker(clip: Clip) -> str:
    """A speaker's name that is unique among all sources, such as "ravdess/17"."""
    return f"{clip.source}/{clip.speaker}"


def hear_clips(
    clips: Sequence[Clip],
    voice_augmentations: int,
    cache: Path,
    device: torch.device,
    seed: int,
    encoder: str = WHISPER_TINY,
) -> list[FeatureClip]:
    """The recordings of each clip: the clean one, then degraded copies. Clips of SYNTHESISED get no copies.

    The cache has a folder of its own for each encoder but the released one, which is loaded where a clip is not there.
    """
    folder = cache if encoder == WHISPER_TINY else cache / encoder
    folder.mkdir(parents=True, exist_ok=True)
    loaded = None
    heard = []
    for clip in tqdm(clips, desc="Listening", unit="clip"):
        path = folder / f"{clip.source}_{clip.name}.pt"
        recordings = read_recordings(path)
        if recordings is None:
            rng = np.random.default_rng([seed, *clip.name.encode()])
            copies = 0 if clip.source == SYNTHESISED else voice_augmentations
            sounds = [clip.waveform, *(torch.from_numpy(another_recording(clip, rng)) for _ in range(copies))]
            if loaded is None:
                with torch.random.fork_rng(devices=[]):  # what is cached must not tell how a network begins
                    loaded = load_speech_encoder(encoder).to(device)
            recordings = [Recording(*hear(loaded, sound)) for sound in sounds]
            write_recordings(path, recordings)
        heard.append(FeatureClip(clip, tuple(recordings)))
    return heard


def read_recordings(path: Path) -> list[Recording] | None:
    """What `write_recordings` wrote; None where there is no such file, or, with a word, none that can be read."""
    if not path.exists():
        return None
    try:
        return [Recording(hidden, voice) for hidden, voice in torch.load(path, weights_only=True)]
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        reason = str(error).partition("\n")[0]
        tqdm.write(f"The features {path} cannot be read ({reason}); they are made again.", file=sys.stderr)
        return None


def write_recordings(path: Path, recordings: Sequence[Recording]) -> None:
    """Writes a file whole or not at all, also where several processes write the same one."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    torch.save([(recording.hidden, recording.voice) for recording in recordings], partial)
    partial.replace(path)


def another_recording(clip: Clip, rng: np.random.Generator) -> Float[np.ndarray, "other"]:
    """The clip at another pace, in worse quality, or both."""
    waveform = clip.waveform.numpy()
    kind = rng.choice(["pace", "quality", "both"])
    if kind != "quality":
        waveform = another_pace(waveform, rng)
    return waveform if kind == "pace" else degrade(waveform, rng)


def hear(encoder: SpeechEncoder, waveform: Float[Tensor, "sample"]) -> tuple[Tensor, Tensor]:
    """The encoder's states (layer, frame, channel; fp16) and `voice_features` of a 16 kHz sound, at MOTION_FPS."""
    num_frames = num_motion_frames(len(waveform))
    hidden = frames_from_tokens(encoder.encode_long(waveform), num_frames)
    return hidden.half().cpu(), voice_features(waveform, num_frames)
