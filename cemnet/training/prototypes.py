"""How people show the eight emotions: action units from the published statistics, and how persons differ.

Core and secondary action units follow EMFACS (Friesen & Ekman 1983) and the production statistics of Du, Tao &
Martinez, "Compound facial expressions of emotion", PNAS 2014, table 1 (percentages there are our probabilities of the
secondary units); contempt is the unilateral AU 12/14 of Ekman & Friesen 1986. Action units become ARKit blendshapes
by Apple's descriptions. Weights at intensity 1 are strong but human.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS, Emotion

# Stems without a side mean both sides.
ACTION_UNITS: dict[str, dict[str, float]] = {
    "AU1": {"browInnerUp": 1.0},
    "AU2": {"browOuterUp": 1.0},
    "AU4": {"browDown": 1.0},
    "AU5": {"eyeWide": 1.0},
    "AU6": {"cheekSquint": 1.0, "eyeSquint": 0.3},
    "AU7": {"eyeSquint": 1.0},
    "AU9": {"noseSneer": 1.0, "browDown": 0.25},
    "AU10": {"mouthUpperUp": 1.0},
    "AU12": {"mouthSmile": 1.0},
    "AU14": {"mouthDimple": 1.0},
    "AU15": {"mouthFrown": 1.0},
    "AU16": {"mouthLowerDown": 1.0},
    "AU17": {"mouthShrugLower": 1.0},
    "AU20": {"mouthStretch": 1.0},
    "AU23": {"mouthRollLower": 0.5, "mouthRollUpper": 0.5, "mouthPress": 0.4},
    "AU24": {"mouthPress": 1.0},
    "AU25": {"mouthLowerDown": 0.4, "mouthUpperUp": 0.15, "jawOpen": 0.06},
    "AU26": {"jawOpen": 1.0},
    "AU43": {"eyeBlink": 1.0},
}


@dataclass(frozen=True)
class Prototype:
    """Core action units are always shown; each secondary one by a share of people."""

    core: dict[str, float]
    secondary: dict[str, tuple[float, float]]  # action unit: (weight, share of people who show it)
    one_sided: bool = False


PROTOTYPES: dict[Emotion, Prototype] = {
    "neutral": Prototype({}, {}),
    "happy": Prototype({"AU12": 0.85, "AU6": 0.7}, {"AU25": (0.8, 0.9), "AU26": (0.12, 0.3)}),
    "sad": Prototype(
        {"AU1": 0.95, "AU4": 0.45, "AU15": 0.9},
        {"AU17": (0.5, 0.67), "AU43": (0.22, 0.6), "AU7": (0.2, 0.3), "AU6": (0.2, 0.5)},
    ),
    "angry": Prototype(
        {"AU4": 1.0, "AU7": 0.55, "AU10": 0.5, "AU25": 0.7},
        {"AU5": (0.35, 0.5), "AU16": (0.35, 0.5), "AU9": (0.25, 0.3), "AU17": (0.3, 0.5), "AU24": (0.25, 0.4)},
    ),
    "fear": Prototype(
        {"AU1": 0.95, "AU4": 0.4, "AU5": 0.95, "AU20": 0.8, "AU25": 0.8},
        {"AU2": (0.4, 0.57), "AU26": (0.22, 0.5)},
    ),
    "disgust": Prototype(
        {"AU9": 0.9, "AU10": 0.75, "AU4": 0.3},
        {"AU17": (0.45, 0.5), "AU7": (0.5, 0.6), "AU6": (0.3, 0.4), "AU15": (0.3, 0.3), "AU16": (0.25, 0.3)},
    ),
    "surprise": Prototype(
        {"AU1": 0.95, "AU2": 0.95, "AU5": 0.8, "AU25": 0.4, "AU26": 0.3},
        {},
    ),
    "contempt": Prototype({"AU14": 0.85, "AU12": 0.4}, {"AU10": (0.25, 0.3), "AU7": (0.2, 0.3)}, one_sided=True),
}


def action_units_to_arkit(action_units: dict[str, float]) -> Float[np.ndarray, "expression"]:
    """Adds up the blendshapes of weighted action units; each ends in [0, 1]."""
    expression = np.zeros(NUM_EXPRESSIONS, np.float32)
    for action_unit, weight in action_units.items():
        for stem, share in ACTION_UNITS[action_unit].items():
            sides = [stem] if stem in ARKIT_INDEX else [stem + "Left", stem + "Right"]
            for name in sides:
                expression[ARKIT_INDEX[name]] += weight * share
    return expression.clip(0, 1)


@dataclass(frozen=True)
class Person:
    """How one person shows emotion: which secondary units, how strongly, how lop-sided, and the face at rest."""

    gains: Float[np.ndarray, "expression"]
    resting: Float[np.ndarray, "expression"]
    habits: dict[Emotion, frozenset[str]]  # the secondary units that this person shows
    contempt_left: bool

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Person":
        expressiveness = rng.lognormal(0, 0.12)
        gains = expressiveness * rng.lognormal(0, 0.15, NUM_EXPRESSIONS)
        lopsided = rng.normal(0, 0.07)
        for name, index in ARKIT_INDEX.items():
            if name.endswith("Right"):  # sides share their gain, apart from this person's asymmetry
                gains[index] = gains[ARKIT_INDEX[name.removesuffix("Right") + "Left"]] * (1 + lopsided)
        resting = np.zeros(NUM_EXPRESSIONS, np.float32)
        for stem, spread in (("browDown", 0.08), ("browInnerUp", 0.05), ("eyeSquint", 0.08), ("mouthFrown", 0.06),
                             ("mouthSmile", 0.05), ("mouthPress", 0.05), ("eyeBlink", 0.05)):  # fmt: skip
            level = abs(rng.normal(0, spread))
            for name in ARKIT_NAMES:
                if name.startswith(stem):
                    resting[ARKIT_INDEX[name]] = level
        habits: dict[Emotion, frozenset[str]] = {
            emotion: frozenset(unit for unit, (_, share) in prototype.secondary.items() if rng.random() < share)
            for emotion, prototype in PROTOTYPES.items()
        }
        return cls(gains.astype(np.float32), resting, habits, bool(rng.random() < 0.5))

    @classmethod
    def average(cls) -> "Person":
        """Nobody in particular: unit gains, symmetric, the secondary units that most people show."""
        habits: dict[Emotion, frozenset[str]] = {
            emotion: frozenset(unit for unit, (_, share) in prototype.secondary.items() if share >= 0.5)
            for emotion, prototype in PROTOTYPES.items()
        }
        return cls(np.ones(NUM_EXPRESSIONS, np.float32), np.zeros(NUM_EXPRESSIONS, np.float32), habits, True)

    def show(self, emotion: Emotion, intensity: float) -> Float[np.ndarray, "expression"]:
        """This person's face at the emotion's apex, resting face included; intensity 0 to 1."""
        prototype = PROTOTYPES[emotion]
        units = dict(prototype.core)
        for unit in self.habits[emotion]:
            units[unit] = units.get(unit, 0.0) + prototype.secondary[unit][0]
        expression = action_units_to_arkit(units)
        if prototype.one_sided:
            quiet_side = "Right" if self.contempt_left else "Left"
            for name, index in ARKIT_INDEX.items():
                if name.endswith(quiet_side) and name.startswith("mouth"):
                    expression[index] *= 0.15
        # A face at rest gives way to the emotion: a resting frown does not survive a laugh.
        shown = intensity * expression * self.gains
        return (self.resting * (1 - 0.7 * intensity) + shown).clip(0, 1).astype(np.float32)
