"""Prototypes of the eight emotions: action units after published statistics, and differences between persons.

Which units, and the share of people who show the secondary ones, follow
- Du, Tao & Martinez, "Compound facial expressions of emotion", PNAS 2014, table 1: its shares are ours, and what more
  than 70 % show is core;
- EMFACS (Friesen & Ekman 1983; the prototypes and variants of Ekman, Friesen & Hager, FACS Investigator's Guide, 2002)
  where faces speak: anger with bared teeth (4+5+7+10+23+25) or pressed lips (4+7+17+23/24), disgust with a wrinkled
  nose (9) and a raised lip (10) over a lowered one (16+25) or a raised one (17), sadness with eyes (64) and head turned
  down (how many look down is our guess). AU 6 of joy, AU 1 of sadness and AU 5 of fear are core as they are there;
- Ekman & Friesen 1986 and Matsumoto & Ekman 2004 for contempt: AU 14, with or without 12, on one side only.
The left half of a face shows a little more: Sackeim, Gur & Saucy, Science 1978; Borod et al., Neuropsychologia 1997.
Action units become ARKit blendshapes by Apple's descriptions. The weights are our own: strong but human at intensity 1.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ...arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS, Emotion, arkit_indices

# Stems without a side mean both sides.
ACTION_UNITS: dict[str, dict[str, float]] = {
    "AU1": {"browInnerUp": 1.0},
    "AU2": {"browOuterUp": 1.0},
    "AU4": {"browDown": 1.0},
    "AU5": {"eyeWide": 1.0},
    "AU6": {"cheekSquint": 1.0, "eyeSquint": 0.3},
    "AU7": {"eyeSquint": 1.0},
    "AU9": {"noseSneer": 1.0, "browDown": 0.1, "cheekSquint": 0.15},
    "AU10": {"mouthUpperUp": 1.0, "noseSneer": 0.15},
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
    "AU64": {"eyeLookDown": 1.0},
}


@dataclass(frozen=True)
class Prototype:
    """Core action units are always shown, each secondary one by a share of people, and of the styles exactly one."""

    core: dict[str, float]
    secondary: dict[str, tuple[float, float]]  # action unit: (weight, share of people who show it)
    styles: tuple[tuple[float, dict[str, float]], ...] = ((1.0, {}),)  # (share of people, action units)
    one_sided: bool = False


PROTOTYPES: dict[Emotion, Prototype] = {
    "neutral": Prototype({}, {}),
    "happy": Prototype({"AU12": 0.95, "AU6": 0.75, "AU25": 0.8}, {"AU26": (0.15, 0.3)}),
    "sad": Prototype(
        {"AU1": 1.0, "AU4": 0.5, "AU15": 0.95},
        {"AU17": (0.55, 0.67), "AU43": (0.25, 0.6), "AU64": (0.3, 0.7), "AU7": (0.2, 0.3), "AU6": (0.25, 0.5)},
    ),
    "angry": Prototype(
        {"AU4": 1.0, "AU7": 0.8},
        {"AU5": (0.3, 0.3), "AU9": (0.35, 0.5), "AU17": (0.35, 0.5), "AU15": (0.3, 0.3)},
        ((0.75, {"AU10": 0.45, "AU16": 0.45, "AU25": 0.6}), (0.25, {"AU24": 0.8, "AU23": 0.5})),
    ),
    "fear": Prototype(
        {"AU1": 1.0, "AU4": 0.4, "AU5": 1.0, "AU20": 0.85, "AU25": 1.0},
        {"AU2": (0.45, 0.57), "AU26": (0.25, 0.5), "AU16": (0.25, 0.3)},
    ),
    "disgust": Prototype(
        {"AU9": 0.9, "AU10": 0.7, "AU7": 0.5},
        {"AU6": (0.35, 0.5), "AU4": (0.3, 0.31), "AU15": (0.4, 0.5)},
        ((0.55, {"AU16": 0.3, "AU25": 0.5}), (0.45, {"AU17": 0.75})),
    ),
    "surprise": Prototype({"AU1": 1.0, "AU2": 1.0, "AU5": 0.85, "AU25": 0.4, "AU26": 0.4}, {}),
    "contempt": Prototype({"AU14": 1.0, "AU12": 0.55}, {"AU10": (0.3, 0.3), "AU7": (0.25, 0.4)}, one_sided=True),
}
# The face at rest: how far each blendshape strays from zero among people.
RESTING_SPREAD = {
    "browDown": 0.08, "browInnerUp": 0.05, "eyeSquint": 0.08, "mouthFrown": 0.06, "mouthSmile": 0.05,
    "mouthPress": 0.05, "eyeBlink": 0.05,
}  # fmt: skip
# How much less the right half shows: mean and spread among people, and spread from one part of a face to the next.
LEFT_BIAS, LEFT_BIAS_SPREAD, PART_SPREAD = 0.03, 0.06, 0.04
RESTING_YIELDS = 0.7  # the share of the face at rest that leaves for an emotion at intensity 1
FACE_PARTS = ("brow", "eye", "cheek", "nose", "mouth", "jaw")
# Mostly one side: a network that cannot know a person's side would learn the mean of both, a smile.
CONTEMPT_LEFT_SHARE = 0.85
QUIET_SIDE = 0.1  # what the other side shows of a one-sided mouth


def action_units_to_arkit(action_units: dict[str, float]) -> Float[np.ndarray, "expression"]:
    """The sum of the blendshapes of weighted action units, clipped to [0, 1]."""
    expression = np.zeros(NUM_EXPRESSIONS, np.float32)
    for action_unit, weight in action_units.items():
        for stem, share in ACTION_UNITS[action_unit].items():
            sides = [stem] if stem in ARKIT_INDEX else [stem + "Left", stem + "Right"]
            for name in sides:
                expression[ARKIT_INDEX[name]] += weight * share
    return expression.clip(0, 1)


@dataclass(frozen=True)
class Person:
    """One person's way to show emotion: gains (with asymmetry), the face at rest, and secondary action units."""

    gains: Float[np.ndarray, "expression"]
    resting: Float[np.ndarray, "expression"]
    habits: dict[Emotion, dict[str, float]]  # the weights of what this person shows beside the core
    contempt_left: bool

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Person":
        """A random person; secondary units and styles occur as often as among the people of the statistics."""
        resting = np.zeros(NUM_EXPRESSIONS, np.float32)
        for stem, spread in RESTING_SPREAD.items():
            resting[arkit_indices(stem)] = abs(rng.normal(0, spread))
        habits: dict[Emotion, dict[str, float]] = {}
        for emotion, prototype in PROTOTYPES.items():
            shares = [share for share, _ in prototype.styles]
            habits[emotion] = dict(prototype.styles[rng.choice(len(shares), p=shares)][1])
            for unit, (weight, share) in prototype.secondary.items():
                if rng.random() < share:
                    habits[emotion][unit] = habits[emotion].get(unit, 0.0) + weight
        return cls(_sample_gains(rng), resting, habits, bool(rng.random() < CONTEMPT_LEFT_SHARE))

    @classmethod
    def average(cls) -> "Person":
        """The average person: gains of 1, symmetric, with the style and the secondary units that most people show."""
        habits: dict[Emotion, dict[str, float]] = {}
        for emotion, prototype in PROTOTYPES.items():
            usual = {unit: weight for unit, (weight, share) in prototype.secondary.items() if share >= 0.5}
            style = max(prototype.styles, key=lambda style: style[0])[1]
            habits[emotion] = {
                unit: usual.get(unit, 0.0) + style.get(unit, 0.0) for unit in dict.fromkeys([*usual, *style])
            }
        return cls(np.ones(NUM_EXPRESSIONS, np.float32), np.zeros(NUM_EXPRESSIONS, np.float32), habits, True)

    def apex(self, emotion: Emotion) -> Float[np.ndarray, "expression"]:
        """The blendshapes that the emotion at intensity 1 adds to this person's face at rest."""
        prototype = PROTOTYPES[emotion]
        units = dict(prototype.core)
        for unit, weight in self.habits[emotion].items():
            units[unit] = units.get(unit, 0.0) + weight
        expression = action_units_to_arkit(units)
        if prototype.one_sided:
            expression *= self.sided
        return expression * self.gains

    @property
    def sided(self) -> Float[np.ndarray, "expression"]:
        """What each blendshape keeps in a one-sided emotion: QUIET_SIDE on the mouth's quiet side, else 1."""
        kept = np.ones(NUM_EXPRESSIONS, np.float32)
        kept[[index for index in arkit_indices("mouth") if ARKIT_NAMES[index].endswith(self.quiet_side)]] = QUIET_SIDE
        return kept

    @property
    def quiet_side(self) -> str:
        """The side that shows no contempt."""
        return "Right" if self.contempt_left else "Left"

    def show(
        self, emotion: Emotion, intensity: float | Float[np.ndarray, "*frame expression"]
    ) -> Float[np.ndarray, "*frame expression"]:
        """This person's face showing the emotion, with the face at rest included.

        Intensity is 0 to 1, of the whole face or of each blendshape. The emotion replaces parts of the face at rest
        (RESTING_YIELDS): a resting frown disappears in a laugh.
        """
        shown = self.resting * (1 - RESTING_YIELDS * intensity) + intensity * self.apex(emotion)
        return shown.clip(0, 1).astype(np.float32)


def _sample_gains(rng: np.random.Generator) -> Float[np.ndarray, "expression"]:
    """A random gain for each blendshape; the right side has the gain of the left, less an asymmetry."""
    gains = rng.lognormal(0, 0.12) * rng.lognormal(0, 0.15, NUM_EXPRESSIONS)
    whole = rng.normal(LEFT_BIAS, LEFT_BIAS_SPREAD)
    less = {part: whole + rng.normal(0, PART_SPREAD) for part in FACE_PARTS}
    for name, index in ARKIT_INDEX.items():
        if name.endswith("Right") and name not in ("jawRight", "mouthRight"):
            part = next(part for part in FACE_PARTS if name.startswith(part))
            gains[index] = gains[ARKIT_INDEX[name.removesuffix("Right") + "Left"]] * (1 - less[part])
    return gains.astype(np.float32)
