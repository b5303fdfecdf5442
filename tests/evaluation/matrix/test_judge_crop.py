"""The judge sees a face the right way round and the right way up."""

import numpy as np

from cemnet.evaluation.matrix.judge import judge_crop


def test_a_crop_is_neither_mirrored_nor_turned():
    picture = np.zeros((90, 90, 3), np.float32)
    picture[10:30, 50:80] = 1  # above and to the right
    crop = judge_crop(picture, (0.0, 0.0, 90.0, 90.0))
    bright = np.argwhere(crop > 0)
    np.testing.assert_allclose(bright.mean(0) / 64, (20 / 90, 65 / 90), atol=0.02)
