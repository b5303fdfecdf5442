"""Describes faces, voices and motions, in numbers for a program and in words for a person."""

from typing import Any

import numpy as np

from ..arkit import ARKIT_NAMES, EMOTIONS
from ..types import MOTION_FPS, FaceReference, Motion, Speech

WINDOW_SECONDS = 1.0

DOUBTFUL = 0.5  # belief below which a voice is more likely heard wrong than right


def rounded(values: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    """Values by their names, rounded to four decimals."""
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def describe_face(face: FaceReference) -> dict[str, Any]:
    """Box (pixels), emotion, intensity, expression and pose (degrees) of a face, as plain values for JSON."""
    yaw, pitch, roll = (round(float(angle), 2) for angle in np.degrees(face.pose.angles))
    return {
        "box": [round(edge, 1) for edge in face.landmarks.box],
        "emotion": rounded(face.emotion.probabilities, EMOTIONS),
        "intensity": round(float(face.emotion.intensity), 4),
        "expression": rounded(face.expression, ARKIT_NAMES),
        "pose": {"yaw": yaw, "pitch": pitch, "roll": roll},
    }


def describe_speech(speech: Speech) -> dict[str, Any]:
    """Emotion and intensity heard in a voice, as a whole and per second, as plain values for JSON.

    Emotions are averages weighted by intensity and course; the intensity is the 0.9 quantile over frames.
    """
    weight = (speech.intensity * speech.course + 1e-4).unsqueeze(1)

    def mean_emotion(start: int, end: int) -> dict[str, float]:
        part = weight[start:end]
        return rounded(((speech.heard[start:end] * part).sum(0) / part.sum()).numpy(), EMOTIONS)

    step = int(WINDOW_SECONDS * MOTION_FPS)
    windows = [(start, min(start + step, speech.num_frames)) for start in range(0, speech.num_frames, step)]
    return {
        "emotion": mean_emotion(0, speech.num_frames),
        "intensity": round(float(speech.intensity.quantile(0.9)), 4),
        "windows": [
            {"start": start / MOTION_FPS, "end": end / MOTION_FPS, "emotion": mean_emotion(start, end)}
            for start, end in windows
        ],
    }


def top_emotions(probabilities: dict[str, float], count: int = 3) -> str:
    """The most probable emotions in words, most probable first: "happy 60%, angry 25%, neutral 10%"."""
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])[:count]
    return ", ".join(f"{name} {share:.0%}" for name, share in ranked)


def advice(probabilities: dict[str, float]) -> str:
    """What an artist may do about a voice that leaves a doubt; empty where the strongest belief is DOUBTFUL or more.

    Beliefs are calibrated: of voices that are believed at 0.4 most are heard wrong.
    """
    if max(probabilities.values()) >= DOUBTFUL:
        return ""
    return "in doubt: name the emotion, or give the speaker's normal voice"


def describe_motion(motion: Motion) -> str:
    """The eight strongest blendshapes of a motion in words, by their 0.9 quantile over frames, strongest first."""
    strength = motion.expression.quantile(0.9, dim=0)
    ranked = strength.argsort(descending=True)[:8].tolist()
    return ", ".join(f"{ARKIT_NAMES[index]} {strength[index]:.2f}" for index in ranked)
