"""Verdicts of an emotion matrix made up by hand, whose figures are known."""

import itertools

import numpy as np

from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.evaluation.matrix.scores import JUDGED
from cemnet.evaluation.matrix.verdicts import Verdict

KIND = "rendered heads"


def verdict(system, reference, target, says, person="anna", clip="1", to_target=0.1, to_reference=0.2, heard=None):
    seen = np.full(len(EMOTIONS), 0.05)
    seen[EMOTION_INDEX[says]] = 0.65
    return Verdict(system, KIND, person, reference, target, clip, heard or target, seen, to_target, to_reference)


def everywhere(system, says, people=("anna", "bert"), clips=("1", "2")):
    """Every pair of emotions for all people and clips; `says(reference, target)` is what the judge names."""
    return [
        verdict(system, reference, target, says(reference, target), person, f"{target}{clip}")
        for reference, target, person, clip in itertools.product(EMOTIONS, JUDGED, people, clips)
    ]


def shows_voice(reference, target):
    return target


def shows_portrait(reference, target):
    return reference


def shows_voice_if(known):
    """What the judge names where a system shows only known emotions of the voice, and neutral for others."""
    return lambda reference, target: target if target in known else "neutral"


def four_systems():
    """Verdicts of two perfect systems, of a copy of the portrait, and of one that shows happy and sad alone."""
    return (
        everywhere("full", shows_voice)
        + everywhere("label oracle", shows_voice)
        + everywhere("copy reference", shows_portrait)
        + everywhere("no EBM", shows_voice_if(("happy", "sad")))
    )
