"""Boxes of pixels know where they are, read tables of curves, and pictures whose invisible colours do not count."""

import cv2
import numpy as np
import pytest
from render_faces import STILL, astronaut_face, astronaut_with_drawn_eyes, expression, load_renderer

from cemnet.render.pixel_box import PixelBox, node_flow_at, sample_pixels, with_colours_behind


@pytest.fixture(scope="module")
def prepared():
    renderer = load_renderer()
    return renderer.prepare(astronaut_face(renderer.basis, roll=0.3))


@pytest.fixture(scope="module")
def box(prepared):
    return PixelBox.around(prepared.warp, np.array([300.0, 310.0]), np.array([360.0, 350.0]))


def test_a_box_holds_the_rectangle_that_it_was_made_around(box):
    assert box.x.min() <= 300 and box.x.max() >= 360
    assert box.y.min() <= 310 and box.y.max() >= 350


def test_a_part_is_found_in_the_whole(box):
    part = box.part(np.array([320.0, 320.0]), np.array([340.0, 330.0]))
    np.testing.assert_array_equal(box.x[part.place_in(box)], part.x)
    np.testing.assert_array_equal(box.position[part.place_in(box)], part.position)
    assert part.table_x is box.table_x


def test_curves_are_read_at_every_pixel(box):
    (line,) = box.curves(2 * box.table_x + 1)
    np.testing.assert_allclose(line, 2 * box.x + 1, atol=0.05)


def test_places_of_the_canvas_are_found_among_the_pixels(prepared, box):
    places = box.moved_places(prepared.canvas, box.x + 5, box.y - 3)
    expected = prepared.canvas.source_points(np.stack([box.x + 5, box.y - 3], -1)) - np.array(prepared.canvas.roi[:2])
    np.testing.assert_allclose(places, expected, atol=1e-2)


def test_a_uniform_flow_is_the_same_everywhere_and_in_pixels(prepared, box):
    flow = np.full((*prepared.warp.shape, 2), 2.0, np.float32)
    np.testing.assert_allclose(
        node_flow_at(prepared.warp, flow, box.nodes), 2 * prepared.canvas.pixels_per_unit, rtol=1e-4
    )


def test_pixels_sampled_at_their_own_places_stay(prepared, box):
    np.testing.assert_allclose(sample_pixels(prepared.crop, box.position), prepared.crop[box.area], atol=1e-5)


def test_invisible_pixels_take_the_colours_of_visible_ones_nearby():
    picture = np.zeros((40, 40, 4), np.float32)
    picture[:, :20] = (0.8, 0.6, 0.4, 1.0)
    shown = with_colours_behind(picture)
    np.testing.assert_allclose(shown[:, 20:24, :3], np.broadcast_to((0.8, 0.6, 0.4), (40, 4, 3)), atol=1e-3)
    np.testing.assert_array_equal(shown[..., 3], picture[..., 3])
    np.testing.assert_array_equal(shown[:, :20], picture[:, :20])


@pytest.mark.slow
def test_soft_things_of_a_large_face_cost_no_wide_blurs(monkeypatch):
    """With a working density of one pixel a unit no blur is wider than 33 pixels, and a face looks as it did."""
    renderer, widths = load_renderer(), []
    blur = cv2.GaussianBlur

    def measured(picture, size, sigma, *rest, **named):
        widths.append(sigma)
        return blur(picture, size, sigma, *rest, **named)

    monkeypatch.setattr(cv2, "GaussianBlur", measured)
    face, shown = astronaut_with_drawn_eyes(renderer.basis), expression(jawOpen=0.5, eyeBlink=0.4)
    assert renderer.prepare(face).canvas.pixels_per_unit > 1.2

    def drawn():
        widths.clear()
        return renderer.frame(renderer.prepare(face), shown, STILL), max(widths)

    fine, widest = drawn()
    monkeypatch.setattr("cemnet.render.pixel_box.WORKING_DENSITY", 1.0)
    coarse, bounded = drawn()
    assert widest > 36
    assert bounded <= 33
    assert np.abs(coarse - fine).mean() < 0.002


def test_a_coarse_box_has_the_same_places(monkeypatch, prepared):
    monkeypatch.setattr("cemnet.render.pixel_box.WORKING_DENSITY", prepared.canvas.pixels_per_unit / 2)
    box = PixelBox.around(prepared.warp, np.array([250.0, 260.0]), np.array([400.0, 380.0]))
    coarse = box.coarse()
    assert coarse.x.shape[0] < 0.6 * box.x.shape[0]
    points = np.stack([coarse.x, coarse.y], -1) @ coarse.to_box[:, :2].T + coarse.to_box[:, 2]
    columns, rows = np.meshgrid(*(np.arange(side) for side in coarse.x.shape[::-1]))
    np.testing.assert_allclose(points, np.stack([columns, rows], -1), atol=0.1)
