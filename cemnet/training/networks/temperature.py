"""The temperature that calibrates the emotion branch's beliefs on voices that it was not trained on.

Before the training, branches are trained that leave out some of the training speakers, and the temperature is chosen on
those. The speakers that results are reported on have no part in it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...arkit import EMOTION_INDEX
from ...config import AudioEmotionConfig
from ...emotion.audio_emotion import AudioEmotionEncoder
from .emotion_branch import MOMENT_FRAMES, train_emotion_branch
from .feature_clips import FeatureClip, full_speaker
from .voice_statistics import VoiceTable

EVERY = 5  # an inner fold leaves out one speaker in five
HARDER_THAN = 0.75  # of the speakers left out
TEMPERATURES = np.geomspace(1.0, 3.0, 34)  # never below 1: no belief becomes more certain


def choose_temperature(
    clips: Sequence[FeatureClip],
    voices: VoiceTable,
    config: AudioEmotionConfig,
    num_folds: int,
    num_steps: int,
    seed: int,
) -> float:
    """The 75th percentile of the best temperatures of the speakers left out; deterministic for a seed.

    It is above the median because errors are not equal: too much certainty shows a wrong emotion clearly, too little
    only shows less of the right one. Clean and degraded recordings count equally, as the temperature serves both.
    """
    labelled = [clip for clip in clips if clip.is_labelled]
    speakers = sorted({full_speaker(clip.clip) for clip in labelled})
    style_emotion = AudioEmotionEncoder(config).style_emotion
    suited = []
    for fold in range(num_folds):
        left_out = speakers[fold::EVERY]
        rest = [clip for clip in labelled if full_speaker(clip.clip) not in left_out]
        branch = train_emotion_branch(voices.only(rest), config, num_steps, seed + fold)
        for speaker in left_out:
            heard = moments(branch, [clip for clip in labelled if full_speaker(clip.clip) == speaker])
            suited.append(likeliest_temperature(*heard, style_emotion))
    return float(np.quantile(suited, HARDER_THAN))


@torch.no_grad()
def moments(
    branch: AudioEmotionEncoder, clips: Sequence[FeatureClip]
) -> tuple[Float[Tensor, "moment style"], Int[Tensor, "moment"]]:
    """The styles' logits at every recording's voiced moments, as at inference, and the emotion that is true."""
    logits, truth = [], []
    for clip in clips:
        for recording in clip.recordings:
            heard = branch(recording.hidden.unsqueeze(0).float(), recording.voice.unsqueeze(0))
            voiced = recording.voice[::MOMENT_FRAMES, 3] > 0.5
            logits.append(heard.style_logits[0, ::MOMENT_FRAMES][voiced])
            truth += [EMOTION_INDEX[clip.emotion]] * len(logits[-1])
    return torch.cat(logits), torch.tensor(truth)


def likeliest_temperature(
    style_logits: Float[Tensor, "moment style"],
    truth: Int[Tensor, "moment"],
    style_emotion: Float[Tensor, "style emotion"],
) -> float:
    """The one of TEMPERATURES with the smallest negative log-likelihood of the true emotions."""

    def surprise(temperature: float) -> float:
        belief = (style_logits / temperature).softmax(-1) @ style_emotion
        return float(-belief[torch.arange(len(truth)), truth].clamp_min(1e-6).log().mean())

    return float(min(TEMPERATURES, key=surprise))
