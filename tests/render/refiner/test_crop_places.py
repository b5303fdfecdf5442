"""The refiner paints where it looks: its crop and the frame lie exactly over each other."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.render.refiner.inputs import CROP_HEIGHT, CROP_WIDTH, crop_to_frame
from cemnet.render.refiner.network import add_change


@pytest.mark.parametrize("roll", [0.0, 0.6])
@pytest.mark.parametrize(("row", "column"), [(40, 60), (90, 75), (130, 50)])
def test_a_dot_of_the_crop_is_added_at_its_place_in_the_frame(roll, row, column):
    renderer = load_renderer()
    prepared = renderer.prepare(astronaut_face(renderer.basis, shown=expression(), roll=roll, scale=1.5))
    to_frame = crop_to_frame(prepared.canvas, None)
    dot, frame = np.zeros((CROP_HEIGHT, CROP_WIDTH, 3), np.float32), np.zeros_like(prepared.crop)
    dot[row - 6 : row + 7, column - 6 : column + 7] = 0.25
    add_change(dot, to_frame, frame)
    weight = frame[..., 0]
    rows, columns = np.indices(weight.shape)
    seen = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    np.testing.assert_allclose(seen, to_frame @ np.array([column, row, 1.0]), atol=0.3)
