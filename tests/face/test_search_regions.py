"""Regions of a picture cover all of it, and are cropped without aliasing."""

import numpy as np

from cemnet.face.search_regions import Picture, Region, region_of_landmarks, searches, tiles


def test_a_crop_of_a_large_region_does_not_alias():
    stripes = np.zeros((1024, 1024, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = Picture(stripes).crop(Region(np.array([512.0, 512.0]), 1024.0), 128)
    assert np.ptp(crop[8:-8, 8:-8]) < 0.05


def test_tiles_cover_the_whole_image():
    covered = np.zeros((700, 1900), bool)
    for tile in tiles(700, 1900, 4):
        low = np.round(tile.centre - tile.side / 2).astype(int).clip(0)
        covered[low[1] : low[1] + int(tile.side) + 1, low[0] : low[0] + int(tile.side) + 1] = True
    assert covered.all()


def test_the_whole_picture_comes_first_and_turned_ones_later():
    found = list(searches(600, 800))
    assert found[0][0].side == 800
    assert all(region.angle == 0 for regions in found[:3] for region in regions)
    assert {regions[0].angle for regions in found[3:6]} == {np.pi / 2, -np.pi / 2, np.pi}


def test_a_region_of_turned_landmarks_shows_them_upright():
    points = np.zeros((478, 2))
    points[33], points[263] = (100, 100), (100, 160)  # the eyes lie below each other: a quarter turn
    points[0] = points[1:33].T[:, 0] = (80, 130)
    points[34:263] = points[264:] = (80, 130)
    region = region_of_landmarks(points)
    assert region.angle == np.pi / 2
    to_crop = region.to_crop(100)
    right, left = points[[33, 263]] @ to_crop[:, :2].T + to_crop[:, 2]
    np.testing.assert_allclose(right[1], left[1], atol=1e-9)
    assert 0 < right[0] < left[0] < 100
