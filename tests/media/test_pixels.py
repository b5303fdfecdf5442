"""Levels of a picture stay what they are on the way to bytes."""

import numpy as np

from cemnet.media.pixels import from_uint8, to_uint8


def test_levels_between_two_bytes_go_to_the_nearer_one():
    levels = np.arange(255, dtype=np.float32)
    for above, expected in ((0.4, levels), (0.6, levels + 1)):
        assert (to_uint8(((levels + above) / 255)[None, :, None])[0, :, 0] == expected).all()


def test_bytes_and_floats_convert_without_loss():
    values = np.arange(256, dtype=np.uint8).reshape(4, 64, 1)
    np.testing.assert_array_equal(to_uint8(from_uint8(values)), values)
    assert to_uint8(np.array([[[-1.0, 2.0, np.nan]]], np.float32)).tolist() == [[[0, 255, 0]]]
