"""Summaries in one line, which artists read on a text node."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..cemnet.arkit import EMOTIONS
from ..cemnet.inspection.describe import (
    advice,
    describe_face,
    describe_motion,
    describe_speech,
    rounded,
    top_emotions,
)

if TYPE_CHECKING:
    from ..cemnet.face.tracking import FaceTrack
    from ..cemnet.types import FaceReference, Motion, Speech


def face_summary(face: "FaceReference") -> str:
    """The emotion that a portrait shows."""
    seen = describe_face(face)
    return f"The portrait shows {top_emotions(seen['emotion'])}; intensity {seen['intensity']:.2f}."


def film_summary(track: "FaceTrack") -> str:
    """Length of a film, and the emotion that its face shows."""
    length = f"{track.num_frames} frames at {track.fps:g} fps"
    return f"{length}: the film shows {top_emotions(rounded(track.emotion.probabilities, EMOTIONS))}."


def seen_in(face: "FaceReference") -> str:
    """What a node shows on itself of a portrait: "Saw happy 95%"."""
    return f"Saw {top_emotions(describe_face(face)['emotion'], 1)}"


def heard_in(speech: "Speech") -> str:
    """What a node shows on itself of a voice: "Heard angry 85%"; of a doubtful one the second emotion, and advice."""
    emotion = describe_speech(speech)["emotion"]
    if hint := advice(emotion):
        return f"Heard {top_emotions(emotion, 2)}, {hint}"
    return f"Heard {top_emotions(emotion, 1)}"


def lower_first(text: str) -> str:
    """The text as part of a sentence."""
    return text[:1].lower() + text[1:]


def bridged(face: "FaceReference", speech: "Speech", emotion: str) -> str:
    """What a node shows on itself of a performance: "Saw happy 95%, heard angry 85%", and what is shown instead."""
    heard, wish = strongest(speech), strongest(replace(speech, heard=speech.emotion))
    shown = wish if emotion == "auto" else emotion
    if shown == heard and emotion == "auto":
        return f"{seen_in(face)}, {lower_first(heard_in(speech))}"
    line = f"{seen_in(face)}, heard {top_emotions(describe_speech(speech)['emotion'], 1)}"
    return line if shown == heard else f"{line}, shows {shown}"


def wished(speech: "Speech") -> str:
    """What a node shows on itself of an emotion that an artist may have changed: "Shows sad 100%"."""
    wish = describe_speech(replace(speech, heard=speech.emotion))["emotion"]
    return f"Shows {top_emotions(wish, 2)}"


def seen_in_film(track: "FaceTrack") -> str:
    """What a node shows on itself of a film: "Saw happy 95% in 93 frames"."""
    seen = rounded(track.emotion.probabilities, EMOTIONS)
    return f"Saw {top_emotions(seen, 1)} in {track.num_frames} frames"


def strongest(speech: "Speech") -> str:
    """The emotion that is heard the most in a voice."""
    heard = describe_speech(speech)["emotion"]
    return max(heard, key=heard.__getitem__)


def speech_summary(speech: "Speech") -> str:
    """Length of a voice, and the emotion that is heard in it."""
    heard = describe_speech(speech)
    length = f"{speech.audio.duration_seconds:.1f} s of speech"
    return f"{length}: {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}."


def wish_summary(speech: "Speech") -> str:
    """Length of a voice, and the emotion that the face will show, which an artist may have changed."""
    return speech_summary(replace(speech, heard=speech.emotion))


def motion_summary(motion: "Motion") -> str:
    """Length and strongest blendshapes of a motion."""
    return f"{motion.num_frames} frames at {motion.fps:g} fps; strongest: {describe_motion(motion)}."
