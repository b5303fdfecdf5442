"""The mirror image of a training pair is the same face seen in a mirror: picture and expression alike."""

import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.render.refiner.inputs import CROP_HEIGHT, CROP_WIDTH, GRID, NUM_LAYOUT
from cemnet.training.refiner.objective import PairBatch


def test_a_smile_on_the_left_is_one_on_the_right_in_the_mirror():
    rows, columns = GRID
    picture = torch.zeros(1, 3, CROP_HEIGHT, CROP_WIDTH)
    picture[..., : CROP_WIDTH // 2] = 1
    mask = torch.zeros(1, 1, CROP_HEIGHT, CROP_WIDTH)
    expressions = torch.zeros(1, 2 * NUM_EXPRESSIONS)  # the portrait's, then the frame's
    left, right = ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]
    expressions[0, left], expressions[0, NUM_EXPRESSIONS + left] = 0.3, 0.9
    layout = torch.zeros(1, NUM_LAYOUT, rows, columns)
    batch = PairBatch(picture, picture, mask, mask, mask, layout, expressions).mirrored()
    assert batch.composed[..., : CROP_WIDTH // 2].max() == 0 and batch.target[..., CROP_WIDTH // 2 :].min() == 1
    portrait, frame = batch.expressions[0].split(NUM_EXPRESSIONS)
    torch.testing.assert_close(torch.stack([portrait[right], frame[right]]), torch.tensor([0.3, 0.9]))
    assert portrait[left] == frame[left] == 0
