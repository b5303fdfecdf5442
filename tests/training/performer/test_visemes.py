"""Each sound has its shape of the mouth, and neighbours shape each other."""

import pytest
from made_phonemes import say

from cemnet.arkit import ARKIT_INDEX
from cemnet.motion.lip_aperture import visible_aperture
from cemnet.training.corpora.phonemes import PHONEMES
from cemnet.training.performer.visemes import DIPHTHONGS, VISEMES, articulation_curves


@pytest.mark.parametrize(
    "vowel, other, blendshape",
    [("UW", "IY", "mouthPucker"), ("IY", "UW", "mouthStretchLeft"), ("AA", "IY", "jawOpen"), ("SH", "S", "mouthFunnel"),
     ("F", "T", "mouthRollLower"), ("TH", "K", "tongueOut"), ("W", "L", "mouthPucker")],
)  # fmt: skip
def test_each_sound_has_its_shape(vowel, other, blendshape):
    def height(symbol: str) -> float:
        spans = say(["SIL", "AX", symbol, "AX", "SIL"], 0.15)
        return articulation_curves(spans, int(spans[-1].end_seconds * 25))[:, ARKIT_INDEX[blendshape]].max()

    assert height(vowel) > height(other) + 0.08


def test_the_lower_lip_meets_the_teeth_on_f_and_v():
    spans = say(["SIL", "AA", "F", "AA", "V", "AA", "SIL"], 0.12)
    aperture = visible_aperture(articulation_curves(spans, int(spans[-1].end_seconds * 25)))
    for number in (2, 4):
        frame = int(25 * 0.5 * (spans[number].start_seconds + spans[number].end_seconds))
        assert aperture[frame] < 0.15 < 0.3 < aperture.max()


def test_rounding_is_anticipated():
    """Lips round for the vowel while the consonants before it sound (Cohen & Massaro 1993)."""
    pucker = ARKIT_INDEX["mouthPucker"]
    rounded = articulation_curves(say(["SIL", "S", "T", "UW", "SIL"]), 60)[:, pucker]
    spread = articulation_curves(say(["SIL", "S", "T", "IY", "SIL"]), 60)[:, pucker]
    during_s = int(25 * 0.66)
    assert rounded[during_s] > spread[during_s] + 0.02


def test_every_phoneme_has_a_mouth_shape():
    assert {phoneme for phoneme in PHONEMES if phoneme not in DIPHTHONGS} == set(VISEMES)
