"""What the model saw, heard and does, in a line that an artist can read on a text node."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..cemnet.arkit import EMOTIONS
from ..cemnet.inspection.describe import describe_face, describe_motion, describe_speech, rounded, top_emotions

if TYPE_CHECKING:
    from ..cemnet.face.tracking import FaceTrack
    from ..cemnet.types import FaceReference, Motion, Speech


def face_summary(face: "FaceReference") -> str:
    seen = describe_face(face)
    return f"The portrait shows {top_emotions(seen['emotion'])}; intensity {seen['intensity']:.2f}."


def film_summary(track: "FaceTrack") -> str:
    length = f"{track.num_frames} frames at {track.fps:g} fps"
    return f"{length}: the film shows {top_emotions(rounded(track.emotion.probabilities, EMOTIONS))}."


def speech_summary(speech: "Speech") -> str:
    heard = describe_speech(speech)
    length = f"{speech.audio.duration_seconds:.1f} s of speech"
    return f"{length}: {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}."


def wish_summary(speech: "Speech") -> str:
    """The emotion that will be shown, which is not what was heard once an artist has changed it."""
    return speech_summary(replace(speech, heard=speech.emotion))


def motion_summary(motion: "Motion") -> str:
    return f"{motion.num_frames} frames at {motion.fps:g} fps; strongest: {describe_motion(motion)}."
