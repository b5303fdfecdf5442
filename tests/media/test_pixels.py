"""Levels of a picture stay what they are on the way to bytes."""

import numpy as np

from cemnet.media.pixels import to_uint8


def test_levels_between_two_bytes_go_to_the_nearer_one():
    levels = np.arange(255, dtype=np.float32)
    for above, expected in ((0.4, levels), (0.6, levels + 1)):
        assert (to_uint8(((levels + above) / 255)[None, :, None])[0, :, 0] == expected).all()
