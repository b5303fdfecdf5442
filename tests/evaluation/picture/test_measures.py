"""Tests of what is measured about pictures: a seam, breathing hair and shaking teeth are noticed."""

import dataclasses
import inspect

import numpy as np
import pytest
from render_faces import astronaut_face, load_renderer

from cemnet.evaluation.picture.measures import STILL, breathing, fields, seam, sharpness_kept, teeth_jitter, weights


class Spoilt:
    """A renderer whose pictures are changed after the fact."""

    def __init__(self, renderer, change):
        self.renderer, self.change, self.count = renderer, change, 0

    def region(self, *arguments):
        self.count += 1
        return self.change(self.renderer.region(*arguments), self.count)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def prepared(renderer):
    return renderer.prepare(astronaut_face(renderer.basis))


@pytest.mark.slow
def test_a_pasted_patch_is_seen_at_its_border(renderer, prepared):
    shown = weights(jawOpen=0.5)
    area = prepared.lips.moved_box(fields(prepared, shown, STILL)[1]).area

    def brighten(picture, _):
        picture[area] += 0.2
        return picture

    assert inspect.unwrap(seam)(Spoilt(renderer, brighten), prepared, shown) > 20 + seam(renderer, prepared, shown)


@pytest.mark.slow
def test_chin_and_cheeks_follow_the_jaw_and_hair_does_not(prepared):
    moved = breathing(prepared)
    assert moved["hair"] < 0.2 < 0.5 < moved["cheeks"] < moved["chin"]


def test_blurring_is_measured(renderer, prepared):
    def blur(picture, _):
        return ((picture + np.roll(picture, 1, 0) + np.roll(picture, 1, 1)) / 3).astype(np.float32)

    assert inspect.unwrap(sharpness_kept)(Spoilt(renderer, blur), prepared) < 0.8 * sharpness_kept(renderer, prepared)


@pytest.mark.slow
def test_teeth_that_shake_are_noticed(renderer):
    prepared = renderer.prepare(astronaut_face(renderer.basis))
    rows, columns = prepared.lips.box.area

    def shake(picture, count):
        picture[rows, columns] = np.roll(picture[rows, columns], 2 * (count % 2), 1)
        return picture

    calm, _ = teeth_jitter(renderer, dataclasses.replace(prepared))
    shaken, _ = inspect.unwrap(teeth_jitter)(Spoilt(renderer, shake), prepared)
    assert shaken > 2 * calm
