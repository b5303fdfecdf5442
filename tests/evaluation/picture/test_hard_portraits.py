"""Ordinary portraits are made hard in one way each, and the rest of the picture stays."""

import numpy as np
import skimage.data

from cemnet.evaluation.picture.hard_portraits import LARGE_SIDE, SMALL_FACE_SIDE, dark, grey, large, lying, small, tall

ASTRONAUT = np.asarray(skimage.data.astronaut()[:400])


def test_large_and_small_pictures_keep_their_proportions():
    for change, side in ((large, LARGE_SIDE), (small, SMALL_FACE_SIDE)):
        height, width = change(ASTRONAUT).shape[:2]
        assert width == side
        assert abs(height / width - 400 / 512) < 0.01


def test_grey_pictures_have_three_equal_channels():
    picture = grey(ASTRONAUT)
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])
    assert picture.shape == ASTRONAUT.shape


def test_low_light_is_dark_and_noisy_and_always_the_same():
    flat = np.full((64, 64, 3), 200, np.uint8)
    np.testing.assert_array_equal(dark(flat), dark(flat))
    assert dark(flat).mean() < 60
    assert dark(flat).std() > 1


def test_a_lying_picture_is_turned_by_a_quarter():
    np.testing.assert_array_equal(lying(ASTRONAUT)[-1], ASTRONAUT[:, 0])


def test_a_tall_frame_is_nine_to_sixteen_with_the_picture_on_top():
    frame = tall(ASTRONAUT)
    assert frame.shape[:2] == (16 * 512 // 9, 512)
    np.testing.assert_array_equal(frame[:400], ASTRONAUT)
