"""Summaries in one line, which artists read on a text node."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..cemnet.arkit import EMOTIONS
from ..cemnet.inspection.describe import describe_face, describe_motion, describe_speech, rounded, top_emotions

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
