"""Closed lips part along the dark line between them."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.render.mouth.lips import cheapest_path


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


def test_the_seam_of_closed_lips_follows_the_dark_line(renderer):
    image = astronaut_face(renderer.basis).image.numpy().copy()
    face = astronaut_face(renderer.basis, shown=expression())
    points = face.landmarks.points[[78, 13, 14, 308], :2].mean(0)
    image[int(points[1]) - 12 : int(points[1]) + 12, int(points[0]) - 25 : int(points[0]) + 25] = 0.7
    line = round(points[1]) + 1
    image[line, int(points[0]) - 25 : int(points[0]) + 25] = 0.1
    prepared = renderer.prepare(astronaut_face(renderer.basis, image=image, shown=expression()))
    seam = prepared.canvas.source_points(prepared.lips.contour.upper)
    middle = seam[np.abs(seam[:, 0] - points[0]) < 5, 1]
    np.testing.assert_allclose(middle, line, atol=0.8)


def test_the_cheapest_path_bends_where_it_pays():
    cost = np.ones((5, 4))
    cost[:, 1] = 0.5
    cost[2, 3] = -10.0
    distance = np.abs(np.arange(4)[:, None] - np.arange(4))
    assert cheapest_path(cost, 100.0 * distance) == [3] * 5
    assert cheapest_path(cost, 0.0 * distance) == [1, 1, 3, 1, 1]
