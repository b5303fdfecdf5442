"""Sizes and constants of the networks. Defaults are the released model; a checkpoint stores the same fields."""

from dataclasses import asdict, dataclass, field
from typing import Any

WHISPER_TINY = "whisper-tiny.en"  # the released speech encoder
PROSODY_DIM = 4
VOICE_DIM = PROSODY_DIM + 2 * 80 + 4  # prosody and timbre: see speech.voice_features
MANNER_AXES = ("effort", "pitch", "pitch_range", "tempo", "roughness")  # see speech.manner


@dataclass(frozen=True)
class AudioEmotionConfig:
    """The audio emotion encoder (AEE), and how its probabilities become an emotion to show."""

    encoder_dim: int = 384  # of the speech encoder's states: Whisper-tiny's
    encoder_states: int = 5  # one before and one after each of its blocks
    content_dim: int = 64  # of the layer that tells the spoken sounds apart
    num_sounds: int = 41  # in the alphabet of phonemes: training.corpora.phonemes
    sound_temperature: float = 0.5  # of their shares; below 1 the likeliest sound is favoured
    hidden_dim: int = 192
    embedding_dim: int = 128  # of z, all that is heard of a voice
    manner_dim: int = 8  # of them the last, which hold the manner; the others hold the emotion
    prototypes_per_style: int = 3
    sharpness: float = 12.0  # of cosine similarities before a softmax
    enhancement: float = 1.0  # how far an embedding is pulled toward its prototypes
    dropout: float = 0.5
    manner_dropout: float = 0.2
    temperature: float = 1.5  # of the probabilities; see training/networks/temperature.py
    decisiveness: float = 4.0  # exponent that favours the most probable emotion of a single window, as in training
    unsure: float = 0.2  # up to this probability of the most probable emotion nothing is shown
    sure: float = 0.5  # from this probability on, all of it
    window_seconds: float = 2.4
    hop_seconds: float = 0.4
    believed_stays: float = 0.6  # how probably an emotion lasts from one window to the next, for the belief
    believed_through_pauses: float = 0.3  # the same where a pause is between them: see emotion.persistence
    believed_evidence: float = 0.3  # how much of an observation a window is
    decided_stays: float = 0.9  # the same three for which emotion is shown, which must not flicker
    decided_through_pauses: float = 0.4
    decided_evidence: float = 1.0

    @property
    def emotional_dim(self) -> int:
        """Length of the part of z that holds the emotion."""
        return self.embedding_dim - self.manner_dim

    @property
    def num_statistics(self) -> int:
        """Mean and deviation of each channel of the blocks and of the voice's features; the first state is left out,
        which has no context yet."""
        return 2 * ((self.encoder_states - 1) * self.encoder_dim + VOICE_DIM)

    @property
    def num_judged(self) -> int:
        """Statistics, how they differ from the normal voice, and whether that is known."""
        return 2 * self.num_statistics + 1


@dataclass(frozen=True)
class EmotionMemoryConfig:
    """The emotion bridging memory (EBM)."""

    num_slots: int = 256  # people
    num_states: int = 7  # emotions but neutral
    num_manners: int = 24
    key_dim: int = 16
    hidden_dim: int = 256
    sharpness: float = 12.0


@dataclass(frozen=True)
class MotionConfig:
    """The motion decoder."""

    hidden_dim: int = 128
    num_blocks: int = 6
    kernel_size: int = 5
    dropout: float = 0.1


@dataclass(frozen=True)
class ModelConfig:
    """The three trained networks together; a yaml file may override single fields."""

    audio_emotion: AudioEmotionConfig = field(default_factory=AudioEmotionConfig)
    emotion_memory: EmotionMemoryConfig = field(default_factory=EmotionMemoryConfig)
    motion: MotionConfig = field(default_factory=MotionConfig)
    speech_encoder: str = WHISPER_TINY  # the one whose states they hear; see speech.encoders

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """A config from nested plain values of a checkpoint or a yaml file; TypeError for an unknown name."""
        return cls(
            AudioEmotionConfig(**values.get("audio_emotion", {})),
            EmotionMemoryConfig(**values.get("emotion_memory", {})),
            MotionConfig(**values.get("motion", {})),
            str(values.get("speech_encoder", WHISPER_TINY)),  # files of version 0.1.0 name none
        )

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values, which `from_dict` reads."""
        return asdict(self)
