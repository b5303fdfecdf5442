"""Measures of refined frames agree with their formulas, and a warp alone paints no mouth."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import skimage.data
from render_faces import astronaut_face, expression, load_renderer
from skimage.metrics import structural_similarity as reference_similarity

from cemnet.evaluation.picture.refiner import (
    HIGHEST_PSNR,
    gradient_error,
    signal_to_noise,
    structural_similarity,
    unfilled,
    warping_renderer,
)
from cemnet.render.mouth.colours import LUMINANCE
from cemnet.render.refiner.crop import CROP_HEIGHT, CROP_WIDTH

REGION = np.zeros((CROP_HEIGHT, CROP_WIDTH), bool)
REGION[40:150, 30:110] = True
STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def target():
    return skimage.data.astronaut()[20 : 20 + CROP_HEIGHT, 150 : 150 + CROP_WIDTH].astype(np.float32) / 255


@pytest.fixture(scope="module")
def noisy(target):
    noise = np.random.default_rng(0).normal(0, 0.05, target.shape).astype(np.float32)
    return (target + noise).clip(0, 1)


def test_psnr_is_measured_in_the_region_alone(target, noisy):
    outside = noisy.copy()
    outside[~REGION] = 0
    expected = -10 * np.log10(((noisy - target)[REGION] ** 2).mean())
    assert signal_to_noise(outside, target, REGION) == pytest.approx(expected, abs=1e-3)
    assert signal_to_noise(target, target, REGION) == HIGHEST_PSNR


def test_ssim_is_that_of_wang_and_others(target, noisy):
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0, "full": True}
    compared: Any = reference_similarity(noisy @ LUMINANCE, target @ LUMINANCE, **settings)
    _, expected = compared
    assert structural_similarity(noisy, target, REGION) == pytest.approx(expected[REGION].mean(), abs=1e-4)
    assert structural_similarity(target, target, REGION) == pytest.approx(1, abs=1e-5)


def test_gradient_errors_ignore_a_change_of_brightness_and_notice_a_blur(target):
    assert gradient_error(target + np.float32(0.1), target, REGION) < 1e-3
    blurred = ((target + np.roll(target, 1, 0) + np.roll(target, 1, 1)) / 3).astype(np.float32)
    assert gradient_error(blurred, target, REGION) > 1


def test_a_warp_alone_paints_no_mouth():
    renderer = load_renderer()
    warping = warping_renderer(renderer)
    assert warping.fill_mouth is unfilled
    prepared = renderer.prepare(astronaut_face(renderer.basis, shown=expression()))
    shown = expression(jawOpen=0.8)
    change = np.abs(renderer.region(prepared, shown, STILL) - warping.region(prepared, shown, STILL)).max(-1)
    rows, columns = prepared.lips.moved_box(prepared.lips.contour).area
    assert change[rows, columns].max() > 0.1


@pytest.mark.slow
def test_running_the_package_does_not_load_the_libraries_of_training():
    program = "import sys, cemnet.pipeline, cemnet.film_dubbing; print([n for n in sys.modules if 'kornia' in n])"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"
