"""The expression space of the project: Apple's 52 ARKit blendshapes; and the eight emotions."""

from typing import Literal, get_args

import numpy as np

# Live Link Face's column order (ARKit's names, first letter in lower case).
ARKIT_NAMES = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
NUM_EXPRESSIONS = len(ARKIT_NAMES)
ARKIT_INDEX = {name: index for index, name in enumerate(ARKIT_NAMES)}

Emotion = Literal["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise", "contempt"]
EMOTIONS: tuple[Emotion, ...] = get_args(Emotion)
EMOTION_INDEX = {name: index for index, name in enumerate(EMOTIONS)}


def arkit_indices(*stems: str) -> list[int]:
    """Indices of the blendshapes whose name starts with one of the stems: `arkit_indices("brow", "jawOpen")`."""
    return [index for index, name in enumerate(ARKIT_NAMES) if name.startswith(stems)]


def mirrored_name(name: str) -> str:
    """The blendshape on the other side of the face; a central blendshape is its own mirror."""
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    if name.endswith("Right"):
        return name.removesuffix("Right") + "Left"
    return name


# Named groups of blendshapes.
BLINK = arkit_indices("eyeBlink")
GAZE = arkit_indices("eyeLook")
MOUTH = arkit_indices("jaw", "mouth", "tongue")
BROWS_AND_EYES = arkit_indices("brow", "eyeWide", "eyeSquint", "cheekSquint")  # the upper face without blinks and gaze
# Opens the lips in speech; a lip closure switches these off in any emotion.
OPENING = arkit_indices("jawOpen", "mouthLowerDown", "mouthUpperUp", "mouthFunnel")
# For every blendshape the index of its mirror.
MIRRORED_EXPRESSION = np.array([ARKIT_INDEX[mirrored_name(name)] for name in ARKIT_NAMES])
