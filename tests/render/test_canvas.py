"""The canvas is upright and of one size for every face, and stays inside the picture."""

import cv2
import numpy as np
import pytest
from render_faces import astronaut_face, load_renderer

from cemnet.render.canvas import CANVAS_SIDE, edge_fade, face_canvas


@pytest.mark.parametrize("degrees", [-35, 0, 60, 180])
def test_the_canvas_is_upright_whatever_the_portraits_tilt(degrees):
    renderer = load_renderer()
    points = astronaut_face(renderer.basis).landmarks.points[:, :2]
    turn = cv2.getRotationMatrix2D((256, 256), degrees, 1.3)
    canvas = face_canvas((points @ turn[:, :2].T + turn[:, 2]).astype(np.float32), 900, 900)
    upright = canvas.canvas_points((points @ turn[:, :2].T + turn[:, 2]).astype(np.float32))
    assert abs(upright[33, 1] - upright[263, 1]) < 8
    assert upright[152, 1] > upright[10, 1] + 200
    np.testing.assert_allclose(canvas.canvas_points(canvas.source_points(upright)), upright, atol=1e-2)


def test_the_canvas_stays_inside_the_picture():
    renderer = load_renderer()
    points = astronaut_face(renderer.basis).landmarks.points[:, :2] - np.array([150, 40], np.float32)
    left, top, right, bottom = face_canvas(points, 200, 150).roi
    assert 0 <= left < right <= 200
    assert 0 <= top < bottom <= 150


def test_motion_fades_towards_the_edge_of_the_crop():
    line = np.stack([np.linspace(0, CANVAS_SIDE / 2, 50), np.full(50, CANVAS_SIDE / 2)], 1).astype(np.float32)
    fade = edge_fade(line)
    assert fade[0] == 0 and fade[-1] == 1
    assert (np.diff(fade) >= 0).all()
