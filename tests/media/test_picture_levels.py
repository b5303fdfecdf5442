"""Levels of a picture stay what they are on the way to bytes and into a larger picture."""

import numpy as np
import torch

from cemnet.media.images import upscaled
from cemnet.media.pixels import to_uint8


def test_levels_between_two_bytes_go_to_the_nearer_one():
    levels = np.arange(255, dtype=np.float32)
    for above, expected in ((0.4, levels), (0.6, levels + 1)):
        assert (to_uint8(((levels + above) / 255)[None, :, None])[0, :, 0] == expected).all()


def test_an_enlarged_gradient_is_as_smooth_as_before():
    ramp = torch.linspace(0, 1, 21).view(1, 21, 1).expand(8, -1, 3).contiguous()
    steps = upscaled(ramp, 4.0)[16, 16:-16].diff(dim=0)  # away from the borders
    torch.testing.assert_close(steps, torch.full_like(steps, 1 / 80), atol=2e-3, rtol=0)
