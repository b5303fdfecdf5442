"""The folds of a portrait's own expression: they go with it, with their red shadows, and stubble is no fold."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from render_faces import SKIN, STILL, astronaut_face, expression, load_renderer

from cemnet.render.mouth.colours import LUMINANCE, hue
from cemnet.render.portrait_folds import share_left, without_folds

SAD = expression(mouthFrown=0.5)
RED_SHADOW = np.array([0.2, 0.5, 0.6], np.float32)  # how much less of each colour a fold has


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def folded(renderer):
    """A smiling plain face with the dark red folds of its smile, a little off their creases."""
    shown = expression(mouthSmile=0.9)
    face = astronaut_face(renderer.basis, image=np.full((512, 512, 3), SKIN, np.float32), shown=shown)
    points, shade = face.landmarks.points[:, :2], np.zeros((512, 512), np.float32)
    for line in ((203, 206, 216), (423, 426, 436)):
        cv2.polylines(shade, [np.round(points[list(line)]).astype(np.int32)], False, 1.0, 2)
    shade = cv2.GaussianBlur(shade, (0, 0), 1.0)
    return dataclasses.replace(face, image=face.image * torch.from_numpy(1 - RED_SHADOW * shade[..., None]))


def between_nose_and_mouth(face, frame):
    """The pixels of a frame where the folds lie."""
    nose, lip = face.landmarks.points[[98, 0], 1].round().astype(int)
    left, right = face.landmarks.points[[216, 436], 0].round().astype(int)
    return frame[nose + 1 : lip - 1, left - 8 : right + 8].reshape(-1, 3)


def fold_depth(face, frame):
    """How much darker the darkest hundredth of a plain face is than its skin; 0 to 1."""
    return 1 - float(np.quantile(between_nose_and_mouth(face, frame) @ LUMINANCE, 0.01)) / float(SKIN @ LUMINANCE)


def redness(face, frame):
    """How much redder than skin the reddest hundredth is."""
    pixels = between_nose_and_mouth(face, frame)
    return float(np.quantile(pixels[:, 0] / (pixels @ LUMINANCE), 0.99)) / float(hue(np.array(SKIN))[0]) - 1


def with_all_folds(prepared):
    """The same face, of which no fold goes."""
    folds = prepared.folds
    return dataclasses.replace(
        prepared, folds=dataclasses.replace(folds, strengths=0 * folds.strengths, smiles=0 * folds.smiles)
    )


def test_the_folds_of_a_smile_go_with_it_and_leave_no_red_trace(renderer, folded):
    prepared = renderer.prepare(folded)
    kept, gone = (renderer.frame(each, SAD, STILL) for each in (with_all_folds(prepared), prepared))
    assert fold_depth(folded, kept) > 0.2
    assert redness(folded, kept) > 0.1
    assert fold_depth(folded, gone) < 0.4 * fold_depth(folded, kept)
    assert redness(folded, gone) < 0.4 * redness(folded, kept)


def test_the_folds_of_a_smile_stay_while_it_stays(renderer, folded):
    prepared, speaking = renderer.prepare(folded), folded.expression + expression(jawOpen=0.2)
    assert prepared.folds.smoothed(prepared.crop, speaking) is prepared.crop
    frame, plain = (renderer.frame(each, speaking, STILL) for each in (prepared, with_all_folds(prepared)))
    np.testing.assert_array_equal(frame, plain)


def test_a_fold_that_half_leaves_is_half_as_deep(renderer, folded):
    prepared = renderer.prepare(folded)
    half, gone = (
        prepared.folds.smoothed(prepared.crop, share * folded.expression) - prepared.crop for share in (0.55, 0.0)
    )
    share = (half * gone).sum() / (gone * gone).sum()
    assert 0.3 < share < 0.7


def test_an_alpha_channel_and_what_lies_beside_the_folds_stay(renderer, folded):
    alpha = torch.linspace(0.2, 1, 512).expand(512, 512)[..., None]
    prepared = renderer.prepare(dataclasses.replace(folded, image=torch.cat([folded.image, alpha], 2)))
    smoothed = prepared.folds.smoothed(prepared.crop, SAD)
    np.testing.assert_array_equal(smoothed[..., 3], prepared.crop[..., 3])
    changed = np.abs(smoothed - prepared.crop).max(2) > 1e-6
    changed[prepared.folds.area] = False
    assert not changed.any()


@pytest.mark.parametrize("pixels_per_unit", [1.0, 7.0])
def test_a_dark_line_goes_and_grain_stays_also_in_large_pictures(pixels_per_unit):
    size = round(80 * pixels_per_unit)
    grain = np.random.default_rng(0).normal(0, 0.01, (size, size, 1)).astype(np.float32)
    line = np.exp(-(((np.arange(size) / pixels_per_unit - 40) / 1.5) ** 2) / 2)[None, :, None].astype(np.float32)
    pixels = SKIN * (1 - 0.4 * line) + grain
    mask = np.ones((size, size), np.float32)
    near = np.exp(-(((np.arange(size) / pixels_per_unit - 40) / 7) ** 4)) * mask
    changed = without_folds(pixels, mask, near.astype(np.float32), pixels_per_unit)
    middle = slice(size // 4, -size // 4)
    before, after = ((picture @ LUMINANCE)[middle, middle].mean(0) for picture in (pixels, changed))
    assert np.ptp(after) < 0.3 * np.ptp(before)
    beside = changed[middle, : size // 8, 0] - changed[middle, : size // 8, 0].mean()
    assert beside.std() > 0.004


def test_stubble_is_no_fold():
    rng = np.random.default_rng(1)
    stubble = np.array(SKIN) * np.exp(cv2.GaussianBlur(rng.normal(0, 1.5, (80, 80)), (0, 0), 1.0))[..., None].clip(
        0.2, 1.5
    )
    stubble, mask = stubble.clip(0, 1).astype(np.float32), np.ones((80, 80), np.float32)
    np.testing.assert_allclose(without_folds(stubble, mask, mask, 1.0), stubble, atol=0.02)


def test_the_share_that_is_left_never_grows_with_a_fold_that_comes():
    before, after = np.array([0.5, 0.5, 0.0, 0.02]), np.array([0.0, 0.8, 0.6, 0.0])
    np.testing.assert_allclose(share_left(before, after), [1, 0, 0, 0.2], atol=1e-6)
