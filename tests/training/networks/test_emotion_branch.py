"""The emotion branch alone learns the voices that it is shown, alike for one seed."""

import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.training.networks.emotion_branch import train_emotion_branch

pytestmark = pytest.mark.slow

SMALL_BRANCH = AudioEmotionConfig(content_dim=16, hidden_dim=32, embedding_dim=16, dropout=0.0)


def test_a_trained_branch_knows_its_voices_and_repeats_by_seed(trained_voices):
    branch, again = (train_emotion_branch(trained_voices, SMALL_BRANCH, num_steps=60, seed=0) for _ in range(2))
    assert not branch.training
    with torch.no_grad():
        styles, repeated = (one.judge(trained_voices.statistics.float()).style_logits for one in (branch, again))
    torch.testing.assert_close(styles, repeated)
    assert (styles.argmax(-1) == trained_voices.style).float().mean() > 0.9
