"""Films of ICT-FaceKit's heads that speak as the performer acts, laid out as a corpus, with their true curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from made_recordings import write_sound

from cemnet.arkit import EMOTIONS, Emotion
from cemnet.media.video_writer import VideoWriter
from cemnet.speech.mel import num_motion_frames
from cemnet.speech.voice_features import voice_features
from cemnet.training.corpora.phonemes import PhonemeSpan, fill_silence
from cemnet.training.corpora.readers import MEAD_EMOTIONS
from cemnet.training.corpora.text_to_speech import open_espeak
from cemnet.training.heads.head_renderer import HeadRenderer, Look
from cemnet.training.heads.ict_head import HeadModel, rotation, sample_identity
from cemnet.training.performer.emotion_prototypes import Person
from cemnet.training.performer.performer import perform
from cemnet.types import MOTION_FPS, SAMPLE_RATE, Audio, Pose

SENTENCES = ("Dogs are sitting by the door", "My mother baked a plum pie", "Five big boats move slowly past us")
# Words a minute, pitch and its range, as espeak-ng takes them.
VOICES: dict[Emotion, tuple[int, int, int]] = {
    "neutral": (150, 50, 40), "happy": (170, 65, 85), "sad": (115, 35, 15), "angry": (180, 60, 70),
    "fear": (190, 75, 50), "disgust": (125, 40, 60), "surprise": (165, 80, 95), "contempt": (135, 45, 30),
}  # fmt: skip
MEAD_WORDS = {ours: theirs for theirs, ours in MEAD_EMOTIONS.items()}
CENTRE = np.array([0, 0.5, 8])  # of the face, in ICT's centimetres


@dataclass(frozen=True)
class ActedFilm:
    """What is true of one film, by the name of its prepared clip."""

    name: str
    expression: Float[np.ndarray, "frame expression"]
    head: Float[np.ndarray, "frame 3"]


@dataclass(frozen=True)
class Actor:
    """A person with a head, a look, a manner of showing emotions, and a voice."""

    identity: Float[np.ndarray, "identity"]
    look: Look
    person: Person
    variant: str

    @classmethod
    def draw(cls, number: int, seed: int = 0) -> "Actor":
        """The person of this number."""
        rng = np.random.default_rng((seed, number))
        variant = ("m1", "f2", "m3", "f4", "m5", "f1", "m7", "f3")[number % 8]
        return cls(sample_identity(rng), Look.sample_portrait(rng), Person.sample(rng), variant)


def speak(sentence: str, emotion: Emotion, variant: str) -> tuple[Float[torch.Tensor, "sample"], list[PhonemeSpan]]:
    """A sentence with half a second of silence on both sides, and its phonemes."""
    sound, phonemes = open_espeak().speak(sentence, f"en-us+{variant}", *VOICES[emotion])
    padded = torch.nn.functional.pad(0.5 * sound / sound.abs().max(), (SAMPLE_RATE // 2, SAMPLE_RATE // 2))
    moved = [PhonemeSpan(span.phoneme, span.start_seconds + 0.5, span.end_seconds + 0.5) for span in phonemes]
    return padded, fill_silence(moved, len(padded) / SAMPLE_RATE)


def write_mead(
    folder: Path,
    model: HeadModel,
    actors: Sequence[int],
    emotions: Sequence[Emotion] = EMOTIONS,
    sentences: Sequence[str] = SENTENCES[:1],
    size: int = 256,
    seed: int = 0,
) -> list[ActedFilm]:
    """`M001/video/front/angry/level_3/001.mp4` and its sound; every actor says every sentence in every emotion."""
    renderer, films = HeadRenderer(model, size), []
    for number in actors:
        actor, speaker = Actor.draw(number, seed), f"M{number:03d}"
        for emotion in emotions:
            level = "level_1" if emotion == "neutral" else "level_3"
            said = f"{MEAD_WORDS.get(emotion, emotion)}/{level}"
            for place, sentence in enumerate(sentences, start=1):
                sound, phonemes = speak(sentence, emotion, actor.variant)
                num_frames = num_motion_frames(len(sound))
                prosody = voice_features(sound, num_frames)[:, :4]
                rng = np.random.default_rng((seed, number, EMOTIONS.index(emotion), place))
                acted = perform(phonemes, prosody, actor.person, emotion, float(emotion != "neutral"), rng)
                audio = Audio(sound[None], SAMPLE_RATE)
                film = folder / speaker / "video" / "front" / said / f"{place:03d}.mp4"
                film.parent.mkdir(parents=True, exist_ok=True)
                curves = acted.blinking()
                with VideoWriter(film, MOTION_FPS, size, size, audio) as writer:
                    for expression, angles in zip(curves, acted.head, strict=True):
                        writer.write(render_frame(renderer, actor, expression, angles).astype(np.float32) / 255)
                write_sound(folder / speaker / "audio" / said / f"{place:03d}.m4a", audio)
                name = f"{speaker}_{MEAD_WORDS.get(emotion, emotion)}_{level}_{place:03d}"
                films.append(ActedFilm(name, curves, acted.head))
    return films


def render_frame(
    renderer: HeadRenderer,
    actor: Actor,
    expression: Float[np.ndarray, "expression"],
    angles: Float[np.ndarray, "3"],
) -> np.ndarray:
    """The actor's head in the middle of the picture, turned by yaw, pitch and roll."""
    turn, scale = rotation(*map(float, angles)), 18.0 * renderer.size / 512
    middle = np.array([renderer.size / 2, renderer.size / 2, 0.0])
    pose = Pose(turn, scale, middle - scale * (turn @ CENTRE) * [1, -1, -1])
    return renderer.render(renderer.model.vertices(actor.identity, expression), pose, actor.look)
