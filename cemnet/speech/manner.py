"""The manner of a voice: how it is spoken, apart from what is said and from the name of the emotion.

One word such as "angry" covers a shout and a hiss; manner tells them apart. Each axis is measured on voiced frames of
`voice_features`, is independent of the recording's level, and is given in standard deviations: the unit is the spread
of an axis among the clips of one speaker, and zero is the mean of all speakers (CENTRE and SPREAD, of RAVDESS's actors
01 to 16, measured with `train/evaluate.py manner`).

- effort: spectral tilt, the level of 1 to 3.4 kHz above that of 0.3 to 1 kHz, in dB. Loud and pressed voices have
  stronger overtones (the alpha ratio of Sundberg & Nordenberg, JASA 2006, in the band that a telephone passes).
- pitch: mean fundamental frequency in octaves above 100 Hz.
- pitch_range: from the 10th to the 90th percentile of the pitch, in octaves. Both are in the minimal set of Eyben et
  al., "GeMAPS", IEEE Trans. Affective Computing 2016.
- tempo: syllables in a second of speech, counted as peaks of loudness (de Jong & Wempe, "Praat script to detect
  syllable nuclei", Behavior Research Methods 2009).
- roughness: noise to harmonics in dB (Boersma, IFA Proceedings 17, 1993). Rough and breathy voices have much of it, as
  have noisy recordings.
"""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.signal import find_peaks
from torch import Tensor

from ..config import MANNER_AXES, PROSODY_DIM
from ..types import MOTION_FPS
from .mel import NUM_MELS, mel_band_edges
from .voice_features import SILENCE_NATS

CENTRE = {"effort": -11.03, "pitch": 1.029, "pitch_range": 0.757, "tempo": 4.252, "roughness": -5.905}
SPREAD = {"effort": 2.75, "pitch": 0.393, "pitch_range": 0.368, "tempo": 0.745, "roughness": 1.203}

LOW_HZ, MIDDLE_HZ, HIGH_HZ = 300.0, 1000.0, 3400.0
RELATIVE_ENERGY, VOICING, SHAPE = 0, 3, slice(PROSODY_DIM, PROSODY_DIM + NUM_MELS)
OCTAVES, HARMONICITY = PROSODY_DIM + 2 * NUM_MELS, PROSODY_DIM + 2 * NUM_MELS + 2
FEWEST_VOICED_FRAMES = 5
DIP_DB = 2.0  # between two syllables
DB_PER_NAT = 20 / np.log(10)
FURTHEST = 3.0  # standard deviations


def manner(voice: Float[Tensor, "frame voice"]) -> Float[Tensor, "manner"]:
    """The manner of a stretch of `voice_features`, standardised, in the order of MANNER_AXES, within ±FURTHEST.

    Zeros, which is the mean manner, where fewer than FEWEST_VOICED_FRAMES frames are voiced.
    """
    measured = measure_manner(voice)
    if measured is None:
        return torch.zeros(len(MANNER_AXES))
    centre, spread = (np.array([constants[axis] for axis in MANNER_AXES]) for constants in (CENTRE, SPREAD))
    return torch.from_numpy((measured - centre) / spread).float().clamp(-FURTHEST, FURTHEST)


def measure_manner(voice: Float[Tensor, "frame voice"]) -> Float[np.ndarray, "manner"] | None:
    """The axes in their own units (dB, octaves, octaves, syllables a second, dB); None where no voice is."""
    features = voice.detach().cpu().double().numpy()
    voiced = features[:, VOICING] > 0.5
    if voiced.sum() < FEWEST_VOICED_FRAMES:
        return None
    shape, octaves = features[voiced, SHAPE].mean(axis=0), features[voiced, OCTAVES]
    low, high = _band(LOW_HZ, MIDDLE_HZ), _band(MIDDLE_HZ, HIGH_HZ)
    lowest, highest = np.percentile(octaves, (10, 90))
    harmonic = float(features[voiced, HARMONICITY].mean().clip(0.02, 0.98))
    return np.array(
        [
            10 * (shape[high].mean() - shape[low].mean()),
            octaves.mean(),
            highest - lowest,
            _syllable_rate(features[:, RELATIVE_ENERGY] * SILENCE_NATS * DB_PER_NAT, voiced),
            10 * np.log10((1 - harmonic) / harmonic),
        ]
    )


@lru_cache(maxsize=4)
def _band(low_hz: float, high_hz: float) -> Bool[np.ndarray, "mel"]:
    centres = mel_band_edges()[1:-1]
    return (centres >= low_hz) & (centres < high_hz)


def _syllable_rate(level_db: Float[np.ndarray, "frame"], voiced: Bool[np.ndarray, "frame"]) -> float:
    """Voiced peaks of loudness that stand DIP_DB above the dips beside them, in a second from first to last voice."""
    first, last = np.flatnonzero(voiced)[[0, -1]]
    spoken = np.pad(level_db[first : last + 1], 1, constant_values=level_db.min() - DIP_DB)
    peaks, _ = find_peaks(spoken, prominence=DIP_DB)
    return float(voiced[first : last + 1][peaks - 1].sum()) * MOTION_FPS / (last + 1 - first)
