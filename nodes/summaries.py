"""What the model saw, heard and does, in a line that an artist can read on a text node."""

from typing import TYPE_CHECKING

from ..cemnet.arkit import ARKIT_NAMES, EMOTIONS

if TYPE_CHECKING:
    from ..cemnet.types import FaceReference, Motion, Speech


def face_summary(face: "FaceReference") -> str:
    return f"The portrait shows {_emotions(face.emotion.probabilities)}; intensity {face.emotion.intensity:.2f}."


def speech_summary(speech: "Speech") -> str:
    heard = _emotions(speech.emotion.float().mean(0))
    return f"{speech.audio.duration_seconds:.1f} s of speech: {heard}; intensity {float(speech.intensity.mean()):.2f}."


def motion_summary(motion: "Motion") -> str:
    strongest = motion.expression.mean(0).argsort(descending=True)[:3].tolist()
    names = ", ".join(ARKIT_NAMES[index] for index in strongest)
    return f"{motion.num_frames} frames at {motion.fps:g} fps; strongest curves: {names}."


def _emotions(probabilities) -> str:
    """The likeliest emotions, strongest first, down to one in ten: "happy 71 %, surprise 18 %"."""
    ranked = sorted(zip(map(float, probabilities), EMOTIONS, strict=True), reverse=True)
    kept = [ranked[0], *(entry for entry in ranked[1:] if entry[0] >= 0.1)]
    return ", ".join(f"{name} {round(100 * probability)} %" for probability, name in kept)
