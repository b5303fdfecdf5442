"""Phonemes with their times, in one alphabet: ARPABET without stress, with AX for schwa and SIL for silence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from ...types import MOTION_FPS

SILENCE = "SIL"
BILABIALS = frozenset({"P", "B", "M"})
LABIODENTALS = frozenset({"F", "V"})
VOWELS = frozenset(["AA", "AE", "AH", "AO", "AW", "AX", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"])
PHONEMES = (
    SILENCE, *sorted(VOWELS), "P", "B", "M", "F", "V", "W", "R", "L", "T", "D", "N", "S", "Z", "SH", "ZH", "CH", "JH",
    "TH", "DH", "K", "G", "NG", "HH", "Y",
)  # fmt: skip

# The International Phonetic Alphabet as espeak-ng and hama write it. A sound that English lacks becomes the one that
# looks most alike on the lips.
IPA = {
    "eə": ("EH",), "ɪə": ("IY",), "eɪ": ("EY",), "aɪ": ("AY",), "aʊ": ("AW",), "oʊ": ("OW",), "əʊ": ("OW",),
    "ɔɪ": ("OY",), "ɔø": ("OY",), "ɔʏ": ("OY",), "iː": ("IY",), "i": ("IY",), "ɨ": ("IH",), "ɪ": ("IH",), "ᵻ": ("IH",),
    "e": ("EH",), "ɛ": ("EH",), "ɘ": ("EH",), "æ": ("AE",), "a": ("AA",), "ɑ": ("AA",), "ɒ": ("AO",), "ɐ": ("AH",),
    "ʌ": ("AH",), "ə": ("AX",), "ɵ": ("AX",), "ɤ": ("AH",), "ɚ": ("ER",), "ɝ": ("ER",), "ɜ": ("ER",), "ɔ": ("AO",),
    "o": ("OW",), "ʊ": ("UH",), "u": ("UW",), "ʉ": ("UW",), "ɯ": ("IH",), "y": ("UW",), "ʏ": ("UH",), "ø": ("UH",),
    "œ": ("AO",), "p": ("P",), "b": ("B",), "m": ("M",), "ɓ": ("B",), "f": ("F",), "v": ("V",), "ʋ": ("V",),
    "ɱ": ("F",), "ɸ": ("F",), "β": ("V",), "w": ("W",), "ʍ": ("W",), "ɥ": ("W",), "ɹ": ("R",), "r": ("R",),
    "ɻ": ("R",), "ʀ": ("HH",), "ʁ": ("HH",), "l": ("L",), "ɫ": ("L",), "ɬ": ("L",), "ʎ": ("Y",), "t͡ʃ": ("CH",),
    "tʃ": ("CH",), "d͡ʒ": ("JH",), "dʒ": ("JH",), "t͡s": ("T", "S"), "ts": ("T", "S"), "t": ("T",), "d": ("D",),
    "ʈ": ("T",), "ɖ": ("D",), "ɾ": ("D",), "n": ("N",), "ɲ": ("N",), "ɳ": ("N",), "s": ("S",), "z": ("Z",),
    "ʃ": ("SH",), "ʒ": ("ZH",), "ʂ": ("SH",), "ʐ": ("ZH",), "ɕ": ("SH",), "ʑ": ("ZH",), "t͡ɕ": ("CH",), "θ": ("TH",),
    "ð": ("DH",), "k": ("K",), "g": ("G",), "ɡ": ("G",), "q": ("K",), "c": ("K",), "ɟ": ("G",), "ŋ": ("NG",),
    "h": ("HH",), "ɦ": ("HH",), "x": ("HH",), "χ": ("HH",), "ç": ("HH",), "ɣ": ("G",), "j": ("Y",),
}  # fmt: skip
LONGEST_IPA = max(map(len, IPA))


@dataclass(frozen=True)
class PhonemeSpan:
    """One phoneme of PHONEMES and when it sounds."""

    phoneme: str
    start_seconds: float
    end_seconds: float

    @property
    def duration_seconds(self) -> float:
        """From start to end."""
        return self.end_seconds - self.start_seconds


def from_ipa(text: str) -> list[str]:
    """Phonemes of an IPA string. The longest known symbol wins; stress, length, tone and unknown signs are skipped."""
    phonemes, position = [], 0
    while position < len(text):
        for length in range(min(LONGEST_IPA, len(text) - position), 0, -1):
            known = IPA.get(text[position : position + length])
            if known is not None:
                phonemes += known
                break
        else:
            length = 1
        position += length
    return phonemes


def split_span(phonemes: Sequence[str], start_seconds: float, end_seconds: float) -> list[PhonemeSpan]:
    """Divides a span equally among the phonemes that one symbol stands for."""
    edges = np.linspace(start_seconds, end_seconds, len(phonemes) + 1)
    return [
        PhonemeSpan(phoneme, float(start), float(end))
        for phoneme, start, end in zip(phonemes, edges[:-1], edges[1:], strict=True)
    ]


def fill_silence(
    spans: Sequence[PhonemeSpan], duration_seconds: float, shortest_seconds: float = 0.1
) -> list[PhonemeSpan]:
    """The spans in time order, with silence before, after and in every gap of `shortest_seconds` or more.

    A shorter gap goes to the phoneme before it. Where spans overlap, the later one is cut; none passes the duration.
    """
    filled: list[PhonemeSpan] = []
    now = 0.0
    for span in sorted(spans, key=lambda span: span.start_seconds):
        start, end = max(span.start_seconds, now), min(span.end_seconds, duration_seconds)
        if end <= start or span.phoneme == SILENCE:
            continue
        if start - now >= shortest_seconds:
            filled.append(PhonemeSpan(SILENCE, now, start))
        elif filled:  # a gap too short for the lips to rest belongs to the phoneme before it
            filled[-1] = PhonemeSpan(filled[-1].phoneme, filled[-1].start_seconds, start)
        filled.append(PhonemeSpan(span.phoneme, start, end))
        now = end
    if duration_seconds - now > 0:
        filled.append(PhonemeSpan(SILENCE, now, duration_seconds))
    return filled


def sounds_in_frames(spans: Sequence[PhonemeSpan], num_frames: int) -> Int64[np.ndarray, "frame"]:
    """The phoneme in the middle of each frame at MOTION_FPS, as an index into PHONEMES; silence where there is none."""
    sounds = np.full(num_frames, PHONEMES.index(SILENCE), np.int64)
    for span in spans:
        first, last = (max(0, round(seconds * MOTION_FPS)) for seconds in (span.start_seconds, span.end_seconds))
        sounds[first:last] = PHONEMES.index(span.phoneme)
    return sounds
