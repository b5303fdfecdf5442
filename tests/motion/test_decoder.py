"""The decoder answers for every frame."""

import torch

from cemnet.arkit import NUM_EXPRESSIONS
from cemnet.config import MotionConfig
from cemnet.motion.decoder import MotionDecoder


def test_the_decoder_answers_in_arkit_range_for_every_frame():
    decoder = MotionDecoder(16, 8, MotionConfig(hidden_dim=32, num_blocks=2)).eval()
    expression, closure, head = decoder(
        torch.randn(2, 30, 16),
        torch.randn(2, 30, 4),
        torch.rand(2, 30, 7),
        torch.rand(2, 30, NUM_EXPRESSIONS),
        torch.randn(2, 30, 8),
    )
    assert expression.shape == (2, 30, NUM_EXPRESSIONS)
    assert expression.min() >= 0
    assert expression.max() <= 1
    assert ((closure > 0) & (closure < 1)).all()
    assert head.abs().max() <= 0.2
