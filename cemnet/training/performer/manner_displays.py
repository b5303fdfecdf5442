"""What the manner of a voice adds to a face, beyond the name of its emotion.

One name covers two families. Banse & Scherer, "Acoustic profiles in vocal emotion expression", JPSP 1996, keep apart
hot and cold anger, despair and quiet sadness, elation and calm happiness, panic and anxiety, mostly by the energy and
pitch of the voice; Scherer & Ellgring, "Are facial expressions of emotion produced by categorical affect programs or
dynamically driven by appraisal?", Emotion 2007, describe the faces of the same families. Here each axis of
`speech.manner` adds or takes action units:

- anger: with effort the teeth are bared and the eyes wide (the shout of EMFACS: 4+5+10+25), without it the lips are
  pressed and the eyes narrow (4+7+23/24);
- sadness: a voice that cries, high and with effort, squeezes the eyes, stretches the mouth and raises the upper lip
  (6+7+10+20); a quiet one lets lids and gaze sink (43, 64);
- joy: elation opens the mouth, raises brows and cheeks; contentment smiles with closed lips;
- fear: panic widens the eyes and opens a stretched mouth; worry knits the brows over pressed lips;
- disgust: aloud it lifts the lip over an open mouth (10+16+25), quietly it raises the chin (17);
- high voices raise the brows (Cavé et al., ICSLP 1996; Guaïtella et al., Language and Speech 2009).

Louder speech opens jaw and lips further (Garnier, Henrich & Dubois, "Influence of sound immersion and communicative
interaction on the Lombard effect", JSLHR 2010), and aroused speakers move the head more (Busso et al., "Rigid head
motion in expressive speech animation", IEEE TASLP 2007). All weights are our own.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from ...arkit import ARKIT_INDEX, NUM_EXPRESSIONS, Emotion
from ...config import MANNER_AXES
from .emotion_prototypes import ACTION_UNITS, PROTOTYPES, Person

# What a standard deviation of an axis adds to the action units at intensity 1.
MANNER_UNITS: dict[Emotion, dict[str, dict[str, float]]] = {
    "neutral": {},
    "happy": {
        "effort": {"AU12": 0.12, "AU6": 0.15, "AU25": 0.3, "AU26": 0.15},
        "pitch": {"AU1": 0.1, "AU2": 0.18, "AU5": 0.1},
        "pitch_range": {"AU6": 0.05, "AU2": 0.05},
    },
    "sad": {
        "effort": {
            "AU6": 0.2, "AU7": 0.2, "AU10": 0.25, "AU20": 0.3, "AU25": 0.3, "AU26": 0.08, "AU43": -0.2, "AU64": -0.25
        },
        "pitch": {"AU1": 0.1, "AU4": 0.15, "AU7": 0.15, "AU10": 0.08},
        "tempo": {"AU43": -0.06, "AU64": -0.06},
        "roughness": {"AU7": 0.06, "AU17": 0.12},
    },
    "angry": {
        "effort": {
            "AU5": 0.2, "AU7": -0.2, "AU10": 0.25, "AU16": 0.25, "AU25": 0.3, "AU26": 0.1, "AU23": -0.3, "AU24": -0.45
        },
        "pitch": {"AU5": 0.1, "AU26": 0.08},
        "roughness": {"AU9": 0.1, "AU10": 0.08},
    },
    "fear": {
        "effort": {"AU4": -0.12, "AU5": 0.2, "AU20": 0.18, "AU25": 0.2, "AU26": 0.25, "AU23": -0.15, "AU24": -0.25},
        "pitch": {"AU1": 0.06, "AU2": 0.15, "AU5": 0.1},
    },
    "disgust": {
        "effort": {"AU9": 0.08, "AU10": 0.22, "AU16": 0.25, "AU25": 0.3, "AU26": 0.08, "AU17": -0.35},
        "pitch": {"AU2": 0.1},
        "roughness": {"AU9": 0.08, "AU10": 0.06},
    },
    "surprise": {
        "effort": {"AU5": 0.12, "AU25": 0.2, "AU26": 0.2},
        "pitch": {"AU1": 0.1, "AU2": 0.12, "AU5": 0.08},
        "pitch_range": {"AU26": 0.05},
    },
    "contempt": {
        "effort": {"AU4": 0.08, "AU10": 0.2, "AU25": 0.12},
        "pitch": {"AU2": 0.15},
        "tempo": {"AU43": -0.08},
    },
}  # fmt: skip
# The mean manner of each emotion's voices against its speakers' own means, in the order of MANNER_AXES; RAVDESS's
# actors 01 to 16 (`train/evaluate.py manner`). No voice says contempt: it has the mean of all.
MEAN_MANNER: dict[Emotion, tuple[float, ...]] = {
    "neutral": (-0.62, -0.88, -0.25, -0.35, -0.75), "happy": (0.68, 0.34, -0.01, 0.22, -0.16),
    "sad": (-0.25, -0.11, -0.14, -0.1, -0.1), "angry": (0.79, 0.71, 0.07, -0.18, 0.71),
    "fear": (0.77, 0.78, -0.35, 0.52, -0.1), "disgust": (-0.63, -0.44, 0.17, -0.51, 0.29),
    "surprise": (-0.12, 0.43, 0.71, 0.41, 0.61), "contempt": (0.0, 0.0, 0.0, 0.0, 0.0),
}  # fmt: skip
FURTHEST_DEVIATION = 2.0  # standard deviations
AROUSAL = {"effort": 0.4, "pitch": 0.3, "pitch_range": 0.15, "tempo": 0.15}
# Shares by which a standard deviation changes what moves; the head and the batons change by powers of e.
JAW_BY_EFFORT, LIPS_BY_EFFORT = 0.12, 0.1
HEAD_BY_AROUSAL, ONSET_BY_AROUSAL, BATONS_BY_RANGE, HEAD_BY_TEMPO = 0.25, 0.2, 0.2, 0.1


def manner_deviation(emotion: Emotion, manner: Float[np.ndarray, "manner"] | None) -> Float[np.ndarray, "manner"]:
    """How the manner differs from that of the emotion's average voice, within ±FURTHEST_DEVIATION; zeros for None."""
    if manner is None:
        return np.zeros(len(MANNER_AXES))
    deviation = np.asarray(manner, np.float64) - np.array(MEAN_MANNER[emotion])
    return deviation.clip(-FURTHEST_DEVIATION, FURTHEST_DEVIATION)


def manner_directions(person: Person, emotion: Emotion) -> Float[np.ndarray, "manner expression"]:
    """What a standard deviation of each axis adds to this person's face at the emotion's apex; zeros for neutral.

    The displacements are signed. Asymmetry and gains are the person's own; where the emotion moves one side of the
    mouth, so do these.
    """
    units = MANNER_UNITS[emotion]
    directions = np.stack([signed_units_to_arkit(units.get(axis, {})) for axis in MANNER_AXES])
    if PROTOTYPES[emotion].one_sided:
        directions *= person.sided
    return (directions * person.gains).astype(np.float32)


def manner_displacement(
    person: Person, emotion: Emotion, manner: Float[np.ndarray, "manner"] | None
) -> Float[np.ndarray, "expression"]:
    """What the manner adds to this person's face at the emotion's apex (intensity 1).

    It is linear in the manner as far as FURTHEST_DEVIATION from the emotion's mean manner, where it is zero, and zero
    for neutral. It is signed: with the apex it may leave [0, 1], and whoever shows the sum clips it.
    """
    return (manner_deviation(emotion, manner) @ manner_directions(person, emotion)).astype(np.float32)


def arousal(deviation: Float[np.ndarray, "manner"]) -> float:
    """The deviation's axes that speak of energy, weighted (AROUSAL, which sums to one), in standard deviations."""
    return sum(weight * float(deviation[MANNER_AXES.index(axis)]) for axis, weight in AROUSAL.items())


def signed_units_to_arkit(action_units: Mapping[str, float]) -> Float[np.ndarray, "expression"]:
    """The sum of the blendshapes of action units whose weights may be negative; not clipped."""
    expression = np.zeros(NUM_EXPRESSIONS)
    for action_unit, weight in action_units.items():
        for stem, share in ACTION_UNITS[action_unit].items():
            for name in [stem] if stem in ARKIT_INDEX else [stem + "Left", stem + "Right"]:
                expression[ARKIT_INDEX[name]] += weight * share
    return expression
