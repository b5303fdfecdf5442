"""The belief about a whole clip."""

import torch

from cemnet.arkit import EMOTIONS
from cemnet.evaluation.voice.heard import mean_heard


def test_a_clips_belief_is_that_of_its_voiced_frames():
    heard = torch.zeros(10, len(EMOTIONS))
    heard[:5, 1], heard[5:, 2] = 1.0, 1.0
    voiced = torch.zeros(10)
    voiced[6:] = 1.0
    assert mean_heard(heard, voiced)[2] > 0.99
