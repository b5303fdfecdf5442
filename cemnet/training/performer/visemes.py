"""Visemes: ARKit targets of every phoneme, blended by dominance functions, with lips that close fully.

Co-articulation after Cohen & Massaro, "Modeling coarticulation in synthetic visual speech" (1993): each phoneme
dominates its own articulators most strongly and for longest. Closures of /p b m/ and the lip–teeth contact of /f v/ are
separate events that override the blend.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ...arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS
from ...curves import interpolate_curves, smoothstep
from ...types import MOTION_FPS
from ..corpora.phonemes import BILABIALS, LABIODENTALS, SILENCE, PhonemeSpan, fill_silence

# Stems without a side mean both sides. Values at ordinary loudness.
VISEMES: dict[str, dict[str, float]] = {
    SILENCE: {},
    "AA": {"jawOpen": 0.44, "mouthLowerDown": 0.25, "mouthUpperUp": 0.10},
    "AE": {"jawOpen": 0.36, "mouthLowerDown": 0.30, "mouthUpperUp": 0.14, "mouthStretch": 0.20, "mouthSmile": 0.06},
    "AH": {"jawOpen": 0.28, "mouthLowerDown": 0.22, "mouthUpperUp": 0.08},
    "AX": {"jawOpen": 0.17, "mouthLowerDown": 0.15, "mouthUpperUp": 0.05},
    "AO": {"jawOpen": 0.36, "mouthFunnel": 0.34, "mouthPucker": 0.16, "mouthLowerDown": 0.12},
    "EH": {"jawOpen": 0.25, "mouthLowerDown": 0.26, "mouthUpperUp": 0.12, "mouthStretch": 0.16},
    "ER": {"jawOpen": 0.17, "mouthFunnel": 0.32, "mouthPucker": 0.12, "mouthLowerDown": 0.12},
    "IH": {"jawOpen": 0.15, "mouthLowerDown": 0.22, "mouthUpperUp": 0.09, "mouthStretch": 0.14},
    "IY": {"jawOpen": 0.10, "mouthLowerDown": 0.26, "mouthUpperUp": 0.11, "mouthStretch": 0.26, "mouthSmile": 0.12},
    "UH": {"jawOpen": 0.14, "mouthFunnel": 0.30, "mouthPucker": 0.26, "mouthLowerDown": 0.06},
    "UW": {"jawOpen": 0.08, "mouthFunnel": 0.26, "mouthPucker": 0.52},
    "P": {"mouthPress": 0.28, "mouthRollLower": 0.16, "mouthRollUpper": 0.14},
    "B": {"mouthPress": 0.24, "mouthRollLower": 0.14, "mouthRollUpper": 0.12},
    "M": {"mouthPress": 0.20, "mouthRollLower": 0.12, "mouthRollUpper": 0.10},
    "F": {"jawOpen": 0.05, "mouthRollLower": 0.42, "mouthUpperUp": 0.24, "mouthShrugLower": 0.10},
    "V": {"jawOpen": 0.06, "mouthRollLower": 0.38, "mouthUpperUp": 0.20, "mouthShrugLower": 0.08},
    "W": {"jawOpen": 0.06, "mouthFunnel": 0.18, "mouthPucker": 0.66},
    "R": {"jawOpen": 0.10, "mouthFunnel": 0.32, "mouthPucker": 0.18, "mouthLowerDown": 0.08},
    "L": {"jawOpen": 0.17, "mouthLowerDown": 0.18, "mouthUpperUp": 0.06},
    "T": {"jawOpen": 0.08, "mouthLowerDown": 0.18, "mouthUpperUp": 0.07},
    "D": {"jawOpen": 0.09, "mouthLowerDown": 0.18, "mouthUpperUp": 0.07},
    "N": {"jawOpen": 0.10, "mouthLowerDown": 0.16, "mouthUpperUp": 0.06},
    "S": {"jawOpen": 0.04, "mouthLowerDown": 0.26, "mouthUpperUp": 0.12, "mouthStretch": 0.16},
    "Z": {"jawOpen": 0.05, "mouthLowerDown": 0.24, "mouthUpperUp": 0.11, "mouthStretch": 0.14},
    "SH": {"jawOpen": 0.06, "mouthFunnel": 0.46, "mouthPucker": 0.14, "mouthLowerDown": 0.20, "mouthUpperUp": 0.12},
    "ZH": {"jawOpen": 0.07, "mouthFunnel": 0.42, "mouthPucker": 0.14, "mouthLowerDown": 0.20, "mouthUpperUp": 0.11},
    "CH": {"jawOpen": 0.06, "mouthFunnel": 0.44, "mouthPucker": 0.12, "mouthLowerDown": 0.20, "mouthUpperUp": 0.12},
    "JH": {"jawOpen": 0.07, "mouthFunnel": 0.40, "mouthPucker": 0.12, "mouthLowerDown": 0.20, "mouthUpperUp": 0.11},
    "TH": {"jawOpen": 0.12, "mouthLowerDown": 0.18, "mouthUpperUp": 0.08, "tongueOut": 0.16},
    "DH": {"jawOpen": 0.12, "mouthLowerDown": 0.17, "mouthUpperUp": 0.07, "tongueOut": 0.12},
    "K": {"jawOpen": 0.14, "mouthLowerDown": 0.15, "mouthUpperUp": 0.05},
    "G": {"jawOpen": 0.14, "mouthLowerDown": 0.15, "mouthUpperUp": 0.05},
    "NG": {"jawOpen": 0.14, "mouthLowerDown": 0.14, "mouthUpperUp": 0.05},
    "HH": {"jawOpen": 0.18, "mouthLowerDown": 0.15, "mouthUpperUp": 0.06},
    "Y": {"jawOpen": 0.09, "mouthLowerDown": 0.22, "mouthUpperUp": 0.09, "mouthStretch": 0.22},
}
DIPHTHONGS = {"AW": ("AA", "UH"), "AY": ("AA", "IY"), "EY": ("EH", "IY"), "OW": ("AO", "UW"), "OY": ("AO", "IY")}
GLIDE = 0.55  # share of a diphthong's duration that its first vowel takes

ARTICULATORS = {
    "jaw": ("jawOpen",),
    "rounding": ("mouthFunnel", "mouthPucker"),
    "spreading": ("mouthStretch", "mouthSmile", "mouthDimple"),
    "lips": ("mouthLowerDown", "mouthUpperUp", "mouthRoll", "mouthPress", "mouthShrug"),
    "tongue": ("tongueOut",),
}
# Seconds over which a phoneme's dominance fades before its start and after its end; rounding is anticipated.
FADES = {
    "jaw": (0.055, 0.050),
    "rounding": (0.110, 0.070),
    "spreading": (0.080, 0.060),
    "lips": (0.045, 0.045),
    "tongue": (0.035, 0.035),
}
# Dominance of phonemes over jaw, rounding, spreading, lips, tongue.
DOMINANCE = {
    SILENCE: (1.6, 1.6, 1.2, 1.6, 2.0),
    "vowel": (1.0, 0.9, 0.8, 0.7, 0.5),
    "rounded": (1.0, 1.4, 0.6, 0.7, 0.5),
    "bilabial": (0.7, 0.15, 0.2, 1.2, 1.0),
    "labiodental": (1.1, 0.2, 0.2, 1.6, 1.0),
    "sibilant": (1.6, 0.3, 0.6, 0.9, 1.0),
    "postalveolar": (1.4, 1.1, 0.5, 0.9, 1.0),
    "alveolar": (0.8, 0.12, 0.2, 0.4, 0.8),
    "dental": (0.9, 0.15, 0.2, 0.6, 2.5),
    "velar": (0.3, 0.06, 0.1, 0.2, 0.5),
}
KINDS = {
    **dict.fromkeys(("AO", "UH", "UW", "W", "R", "ER"), "rounded"),
    **dict.fromkeys(BILABIALS, "bilabial"),
    **dict.fromkeys(LABIODENTALS, "labiodental"),
    **dict.fromkeys(("S", "Z"), "sibilant"),
    **dict.fromkeys(("SH", "ZH", "CH", "JH"), "postalveolar"),
    **dict.fromkeys(("T", "D", "N", "L"), "alveolar"),
    **dict.fromkeys(("TH", "DH"), "dental"),
    **dict.fromkeys(("K", "G", "NG", "HH", "Y"), "velar"),
}

CURVE_FPS = 200.0
SHORTEST_CONTACT_SECONDS = 0.044  # a little more than a frame, so that no closure falls between two frames
CONTACT_RAMP_SECONDS = 0.07


def _spread(values: dict[str, float]) -> Float[np.ndarray, "expression"]:
    expression = np.zeros(NUM_EXPRESSIONS, np.float32)
    for stem, value in values.items():
        for name in [stem] if stem in ARKIT_INDEX else [stem + "Left", stem + "Right"]:
            expression[ARKIT_INDEX[name]] = value
    return expression


TARGETS = {phoneme: _spread(values) for phoneme, values in VISEMES.items()}


def frame_times(num_frames: int, fps: float = MOTION_FPS) -> Float[np.ndarray, "frame"]:
    """The middle of each frame in seconds, where `voice_features` measures too."""
    return (np.arange(num_frames) + 0.5) / fps


def articulation_curves(
    phonemes: Sequence[PhonemeSpan], num_frames: int, jaw_gain: Float[np.ndarray, "frame"] | float = 1.0
) -> Float[np.ndarray, "frame expression"]:
    """Speech alone, without emotion, at MOTION_FPS: blended visemes with full lip contacts.

    `jaw_gain` multiplies the jaw's opening, for all frames or for each.
    """
    duration = num_frames / MOTION_FPS
    spans = _split_diphthongs(fill_silence(phonemes, duration))
    fine = np.arange(0.5 / CURVE_FPS, duration, 1 / CURVE_FPS)
    curves = _smooth(_blend(spans, fine), 0.018)
    rest = rest_curve(phonemes, num_frames, fine)
    curves *= (1 - rest)[:, None]
    frames = frame_times(num_frames)
    curves = interpolate_curves(frames, fine, curves)
    curves[:, ARKIT_INDEX["jawOpen"]] *= jaw_gain
    for contact in (LABIODENTALS, BILABIALS):
        amount = contact_curve(phonemes, contact, num_frames)
        target = _contact_target(phonemes, contact, frames)
        curves += amount[:, None] * (target - curves) * _lip_channels()
    return curves.clip(0, 1).astype(np.float32)


def contact_curve(
    phonemes: Sequence[PhonemeSpan], kinds: frozenset[str], num_frames: int
) -> Float[np.ndarray, "frame"]:
    """Lip contact (0 to 1) for phonemes of these kinds: 1 while they sound, with smooth ramps before and after."""
    times = frame_times(num_frames)
    amount = np.zeros(num_frames)
    for span in phonemes:
        if span.phoneme in kinds:
            centre = 0.5 * (span.start_seconds + span.end_seconds)
            half = 0.5 * max(0.7 * span.duration_seconds, SHORTEST_CONTACT_SECONDS)
            outside = np.maximum(np.abs(times - centre) - half, 0) / CONTACT_RAMP_SECONDS
            amount = np.maximum(amount, 0.5 + 0.5 * np.cos(np.pi * outside.clip(0, 1)))
    return amount


def rest_curve(
    phonemes: Sequence[PhonemeSpan], num_frames: int, times: Float[np.ndarray, "time"]
) -> Float[np.ndarray, "time"]:
    """1 where the mouth rests: in silences, from 0.18 s after speech until 0.16 s before it; 0 while speaking.

    `times` are in seconds.
    """
    rest = np.zeros(len(times))
    duration = num_frames / MOTION_FPS
    for span in fill_silence(phonemes, duration):
        if span.phoneme != SILENCE:
            continue
        closing = (times - span.start_seconds) / 0.18 if span.start_seconds > 0 else np.ones(len(times))
        opening = (span.end_seconds - times) / 0.16 if span.end_seconds < duration else np.ones(len(times))
        ramp = np.minimum(closing, opening).clip(0, 1)
        rest = np.maximum(rest, smoothstep(ramp))
    return rest


def _split_diphthongs(spans: Sequence[PhonemeSpan]) -> list[PhonemeSpan]:
    split = []
    for span in spans:
        if span.phoneme not in DIPHTHONGS:
            split.append(span)
            continue
        middle = span.start_seconds + GLIDE * span.duration_seconds
        first, second = DIPHTHONGS[span.phoneme]
        split += [PhonemeSpan(first, span.start_seconds, middle), PhonemeSpan(second, middle, span.end_seconds)]
    return split


def _blend(spans: Sequence[PhonemeSpan], times: Float[np.ndarray, "time"]) -> Float[np.ndarray, "time expression"]:
    """Every articulator's targets, averaged with the phonemes' dominance at each time."""
    starts = np.array([span.start_seconds for span in spans])
    ends = np.array([span.end_seconds for span in spans])
    inset = np.minimum(0.25 * (ends - starts), 0.04)  # targets are reached inside the span, not at its edges
    before = (starts + inset)[:, None] - times
    after = times - (ends - inset)[:, None]
    targets = np.stack([TARGETS[span.phoneme] for span in spans])
    strengths = np.array([DOMINANCE[KINDS.get(span.phoneme, "vowel" if span.phoneme != SILENCE else SILENCE)] for span in spans])  # fmt: skip  # noqa: E501
    curves = np.zeros((len(times), NUM_EXPRESSIONS))
    for number, (articulator, stems) in enumerate(ARTICULATORS.items()):
        rise, fall = FADES[articulator]
        distance = np.maximum(np.maximum(before / rise, after / fall), 0)
        dominance = strengths[:, number, None] * np.exp(-distance) + 1e-9
        channels = [index for index, name in enumerate(ARKIT_NAMES) if name.startswith(stems)]
        curves[:, channels] = (dominance / dominance.sum(axis=0)).T @ targets[:, channels]
    return curves


def _smooth(curves: Float[np.ndarray, "time expression"], seconds: float) -> Float[np.ndarray, "time expression"]:
    reach = int(3 * seconds * CURVE_FPS)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (seconds * CURVE_FPS)) ** 2)
    padded = np.pad(curves, ((reach, reach), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    return windows @ (kernel / kernel.sum())


def _contact_target(
    phonemes: Sequence[PhonemeSpan], kinds: frozenset[str], times: Float[np.ndarray, "frame"]
) -> Float[np.ndarray, "frame expression"]:
    """The viseme of the nearest phoneme of these kinds."""
    nearest = np.zeros((len(times), NUM_EXPRESSIONS))
    closest = np.full(len(times), np.inf)
    for span in phonemes:
        if span.phoneme in kinds:
            distance = np.abs(times - 0.5 * (span.start_seconds + span.end_seconds))
            nearest[distance < closest] = TARGETS[span.phoneme]
            closest = np.minimum(closest, distance)
    return nearest


def _lip_channels() -> Float[np.ndarray, "expression"]:
    """1 for blendshapes that a lip contact overrides: those that part or press the lips, but no pucker or corner."""
    stems = ("jawOpen", "mouthFunnel", *ARTICULATORS["lips"])
    return np.array([float(name.startswith(stems)) for name in ARKIT_NAMES])
