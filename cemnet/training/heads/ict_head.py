"""The morphable head of USC ICT-FaceKit with ARKit's blendshapes, and random persons and expressions for it.

ICT-FaceKit (https://github.com/ICT-VGL/ICT-FaceKit, MIT) is needed for training only. Lengths are centimetres, x to the
person's left, y up, z toward the viewer.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Shaped

from ...arkit import ARKIT_INDEX, ARKIT_NAMES, EMOTIONS, NUM_EXPRESSIONS, Emotion, arkit_indices, mirrored_name
from ...errors import MissingModelError
from ..performer.emotion_prototypes import Person

ICT_VARIABLE = "CEMNET_ICT_FACEKIT"
HIDDEN_MATERIALS = ("M_EyeBlend", "M_EyeLashes", "M_EyeOcclusion", "M_LacrimalFluid", "M_IrisLeft", "M_IrisRight")
EYEBALLS = {"Left": slice(21451, 23021), "Right": slice(23021, 24591)}
SIDES = ("Left", "Right")
# Mouth shapes of speech and how far they go: rounded, closed, spread, bitten, open to the teeth.
SPEECH_SHAPES = (
    ("mouthFunnel", 0.6), ("mouthPucker", 0.7), ("mouthClose", 1.0), ("mouthStretch", 0.3), ("mouthRollLower", 0.5),
    ("mouthLowerDown", 0.5), ("mouthUpperUp", 0.2), ("mouthPress", 0.5), ("mouthShrugUpper", 0.3),
)  # fmt: skip
GAZE_DEGREES = {"Up": 25.0, "Down": 30.0, "In": 35.0, "Out": 35.0}  # at weight 1


def arkit_from_ict(names: list[str]) -> Float[np.ndarray, "expression ict"]:
    """The weight (0 or 1) of each ICT expression in each ARKit blendshape; `tongueOut` has none."""
    weights = np.zeros((NUM_EXPRESSIONS, len(names)), np.float32)
    for column, name in enumerate(names):
        stem, _, side = name.partition("_")
        arkit = stem + {"L": "Left", "R": "Right", "": ""}[side]
        for candidate in (arkit, stem):  # ICT splits browInnerUp and cheekPuff into sides, ARKit does not
            if candidate in ARKIT_INDEX:
                weights[ARKIT_INDEX[candidate], column] = 1
                break
    return weights


@dataclass(frozen=True)
class HeadModel:
    """ICT's head with ARKit's expressions; eyeballs turn with the eyeLook blendshapes."""

    base: Float[np.ndarray, "vertex 3"]
    identity: Float[np.ndarray, "identity vertex 3"]  # for standard normal weights
    expression: Float[np.ndarray, "expression vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    face_material: Shaped[np.ndarray, "face"]
    materials: tuple[str, ...]

    @classmethod
    def load(cls, path: Path | None = None) -> "HeadModel":
        """Reads `ict_facekit_light.npz` from the path or from CEMNET_ICT_FACEKIT; MissingModelError without it."""
        path = Path(path or os.environ.get(ICT_VARIABLE, "ict_facekit_light.npz"))
        if not path.is_file():
            raise MissingModelError(
                f"ICT-FaceKit is needed to render training heads, and {path} is not there. Make it with "
                f"train/convert_ict.py, then give its path or set {ICT_VARIABLE}."
            )
        with np.load(path) as ict:
            names = [str(name) for name in ict["expression_names"]]
            expression = np.tensordot(arkit_from_ict(names), ict["expression"].astype(np.float32), 1)
            materials = tuple(str(material) for material in ict["materials"])
            return cls(
                ict["base"],
                ict["identity"].astype(np.float32),
                expression,
                ict["faces"],
                ict["face_material"],
                materials,
            )

    def vertices(
        self, identity: Float[np.ndarray, "identity"], expression: Float[np.ndarray, "expression"]
    ) -> Float[np.ndarray, "vertex 3"]:
        """One head; fewer identity weights than modes leave the others at zero."""
        head = self.base + np.tensordot(identity.astype(np.float32), self.identity[: len(identity)], 1)
        head += np.tensordot(expression.astype(np.float32), self.expression, 1)
        for side, eyeball in EYEBALLS.items():
            ball = head[eyeball]
            centre = (ball.min(0) + ball.max(0)) / 2
            head[eyeball] = (ball - centre) @ gaze_rotation(expression, side).T + centre
        return head

    def visible_faces(self) -> Int[np.ndarray, "shown 3"]:
        """The triangles that are drawn: without lashes, tear film and the like."""
        hidden = [index for index, material in enumerate(self.materials) if material in HIDDEN_MATERIALS]
        return self.faces[~np.isin(self.face_material, hidden)]

    def vertices_of(self, *materials: str) -> Int[np.ndarray, "chosen"]:
        """Indices of the vertices of some materials, named without ICT's `M_`."""
        chosen = [index for index, material in enumerate(self.materials) if material.removeprefix("M_") in materials]
        return np.unique(self.faces[np.isin(self.face_material, chosen)])


def gaze_rotation(expression: Float[np.ndarray, "expression"], side: str) -> Float[np.ndarray, "3 3"]:
    """The turn of one eyeball: In and Out are toward and away from the nose."""
    look = {
        way: degrees * float(expression[ARKIT_INDEX[f"eyeLook{way}{side}"]]) for way, degrees in GAZE_DEGREES.items()
    }
    leftward = (look["Out"] - look["In"]) * (1 if side == "Left" else -1)
    return rotation(math.radians(leftward), math.radians(look["Down"] - look["Up"]), 0.0)


def rotation(yaw: float, pitch: float, roll: float) -> Float[np.ndarray, "3 3"]:
    """Radians; positive yaw turns to the person's left, pitch down, roll tilts the head to the person's left."""
    (sin_y, sin_p, sin_r), (cos_y, cos_p, cos_r) = np.sin([yaw, pitch, roll]), np.cos([yaw, pitch, roll])
    about_y = np.array([[cos_y, 0, sin_y], [0, 1, 0], [-sin_y, 0, cos_y]])
    about_x = np.array([[1, 0, 0], [0, cos_p, -sin_p], [0, sin_p, cos_p]])
    about_z = np.array([[cos_r, sin_r, 0], [-sin_r, cos_r, 0], [0, 0, 1]])
    return about_y @ about_x @ about_z


def sample_identity(rng: np.random.Generator, num_modes: int = 100) -> Float[np.ndarray, "identity"]:
    """Identity weights of a random person."""
    return rng.normal(0, 0.8, num_modes).astype(np.float32)


def sample_expression(rng: np.random.Generator, most: int = 5) -> Float[np.ndarray, "expression"]:
    """At most `most` random blendshapes, mostly on both sides, and sometimes an open jaw.

    As ARKit has it, `mouthClose` is never more than `jawOpen`.
    """
    expression = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name in rng.choice(ARKIT_NAMES[:-1], rng.integers(0, most + 1), replace=False):
        weight = rng.uniform(0.1, 1)
        expression[ARKIT_INDEX[name]] = weight
        if rng.random() < 0.7:
            expression[ARKIT_INDEX[same_on_the_other_side(name)]] = weight
    jaw, close = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]
    if rng.random() < 0.3:
        expression[jaw] = rng.uniform(0.1, 1)
    wanted = rng.uniform(0.3, 1) if rng.random() < 0.35 else 0.0
    expression[close] = wanted * expression[jaw]
    return _without_contradictions(expression)


def same_on_the_other_side(name: str) -> str:
    """The blendshape of the other side that moves together with one; that of jaw and mouth sideways is itself."""
    if name.startswith("eyeLookIn") or name.startswith("eyeLookOut"):
        swapped = name.replace("In", "Out") if "In" in name else name.replace("Out", "In")
        return mirrored_name(swapped)
    if name.startswith(("jaw", "mouthLeft", "mouthRight")):
        return name
    return mirrored_name(name)


def _without_contradictions(expression: Float[np.ndarray, "expression"]) -> Float[np.ndarray, "expression"]:
    pairs = [("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")]
    pairs += [
        (f"eyeLook{one}{side}", f"eyeLook{two}{side}") for one, two in (("Up", "Down"), ("In", "Out")) for side in SIDES
    ]
    for first, second in pairs:
        if expression[ARKIT_INDEX[first]] > 0:
            expression[ARKIT_INDEX[second]] = 0
    return expression


def sample_emotional_face(rng: np.random.Generator) -> tuple[Float[np.ndarray, "expression"], Emotion, float]:
    """The expression of a random person who shows an emotion, its name and its intensity (0 to 1).

    Four of ten speak, and three of ten look elsewhere.
    """
    emotion: Emotion = EMOTIONS[rng.integers(len(EMOTIONS))]
    intensity = (
        0.0 if emotion == "neutral" else float(rng.choice([rng.uniform(0, 0.3), rng.uniform(0.3, 1)], p=[0.25, 0.75]))
    )
    expression = Person.sample(rng).show(emotion, intensity)
    if rng.random() < 0.5:  # people are drawn from both sides, whichever side the prototypes prefer
        expression = expression[[ARKIT_INDEX[mirrored_name(name)] for name in ARKIT_NAMES]]
    if rng.random() < 0.4:
        expression = speaking(expression, rng)
    if rng.random() < 0.3:
        gaze = rng.choice([name for name in ARKIT_NAMES if name.startswith("eyeLook")])
        for name in (gaze, same_on_the_other_side(gaze)):
            expression[ARKIT_INDEX[name]] = rng.uniform(0, 0.6)
    return expression, emotion, intensity


def speaking(expression: Float[np.ndarray, "expression"], rng: np.random.Generator) -> Float[np.ndarray, "expression"]:
    """The same face while it speaks a random sound: the mouth's blendshapes are weakened and those of speech added."""
    mouth = arkit_indices("mouth", "jaw")
    spoken = expression.copy()
    spoken[mouth] *= rng.uniform(0.5, 1)
    spoken[ARKIT_INDEX["jawOpen"]] += rng.uniform(0, 0.5)
    stem, most = SPEECH_SHAPES[rng.integers(len(SPEECH_SHAPES))]
    weight = rng.uniform(0, most)
    for index in arkit_indices(stem):
        spoken[index] += weight
    if stem == "mouthClose":
        spoken[ARKIT_INDEX["mouthClose"]] = rng.uniform(0.7, 1) * spoken[ARKIT_INDEX["jawOpen"]]
    return spoken.clip(0, 1)
