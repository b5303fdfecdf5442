"""The refiner changes only what an expression moves, within bounds, in pictures of any kind."""

import numpy as np
import pytest
import torch
from render_faces import astronaut_face, expression, load_renderer

from cemnet.checkpoint import find_weights, save_checkpoint
from cemnet.model import load_model
from cemnet.render.refiner.crop import (
    CELL,
    GRID,
)
from cemnet.render.refiner.inputs import NUM_DETAILS, NUM_LAYOUT
from cemnet.render.refiner.network import LARGEST_CHANGE, REFINER_WEIGHTS, Refiner, RefinerConfig
from cemnet.render.renderer import FaceRenderer

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def refiner():
    """Untrained, but not silent."""
    torch.manual_seed(0)
    network = Refiner(RefinerConfig((8, 16, 16))).eval()
    torch.nn.init.normal_(network.leave.weight, std=0.3)
    return network


@pytest.fixture(scope="module")
def plain():
    return load_renderer()


@pytest.fixture(scope="module")
def refining(plain, refiner):
    return FaceRenderer(plain.basis, plain.mouth, refiner)


@pytest.fixture(scope="module")
def face(plain):
    return astronaut_face(plain.basis)


@pytest.fixture(scope="module")
def prepared(refining, face):
    return refining.prepare(face)


def test_a_portrait_at_rest_stays_exactly_as_it_is_composed(plain, refining, prepared, face):
    refined = refining.region(prepared, face.expression, STILL)
    np.testing.assert_array_equal(refined, plain.region(prepared, face.expression, STILL))


def test_a_turning_head_alone_is_not_repainted(plain, refining, prepared, face):
    turned = np.array([0.1, 0.05, 0.1], np.float32)
    refined = refining.region(prepared, face.expression, turned)
    assert np.abs(refined - plain.region(prepared, face.expression, turned)).max() < 0.02


def test_a_changed_expression_is_repainted_within_bounds(plain, refining, prepared):
    shown = expression(jawOpen=0.6, browInnerUp=1)
    change = refining.region(prepared, shown, STILL) - plain.region(prepared, shown, STILL)
    assert 0.02 < np.abs(change).max() <= LARGEST_CHANGE + 1e-5


def test_a_faint_motion_is_faintly_repainted(plain, refining, prepared, face):
    def change(share):
        shown = face.expression + share * (expression(jawOpen=0.6) - face.expression)
        return np.abs(refining.region(prepared, shown, STILL) - plain.region(prepared, shown, STILL)).max()

    assert 0 < change(0.03) < 0.3 * change(1.0)


def test_speech_leaves_the_forehead_alone(plain, refining, prepared, face):
    shown = face.expression.copy()
    shown += expression(jawOpen=0.4)
    change = np.abs(refining.region(prepared, shown, STILL) - plain.region(prepared, shown, STILL)).max(-1)
    row = int(prepared.canvas.source_points(prepared.landmarks[[9]])[0, 1]) - prepared.area[0].start
    assert change[:row].max() < 0.1 * change.max()


@pytest.mark.slow
def test_alpha_stays_and_grey_pictures_work(plain, refiner, face):
    refining = FaceRenderer(plain.basis, plain.mouth, refiner)
    colours = face.image.numpy()
    with_alpha = np.concatenate([colours, np.full_like(colours[..., :1], 0.5)], 2)
    for picture in (with_alpha, colours[..., :1].copy()):
        portrait = astronaut_face(plain.basis, image=picture)
        prepared = refining.prepare(portrait)
        refined = refining.region(prepared, expression(jawOpen=0.5), STILL)
        composed = plain.region(prepared, expression(jawOpen=0.5), STILL)
        assert np.abs(refined - composed).max() > 0.01
        np.testing.assert_array_equal(refined[..., 3:], composed[..., 3:])


@pytest.mark.slow
def test_the_mouth_of_a_black_and_white_picture_is_black_and_white(plain, refiner, face):
    """Three equal channels stay so, however colourful the network paints."""
    grey = face.image.mean(2, keepdim=True).repeat(1, 1, 3).contiguous()
    refining = FaceRenderer(plain.basis, plain.mouth, refiner)
    prepared = refining.prepare(astronaut_face(plain.basis, image=grey.numpy()))
    frame = refining.frame(prepared, expression(jawOpen=0.8, mouthUpperUp=0.5), STILL)
    assert np.abs(frame - plain.frame(prepared, expression(jawOpen=0.8, mouthUpperUp=0.5), STILL)).max() > 0.05
    assert 255 * np.ptp(frame, axis=2).max() <= 3


def test_a_stored_refiner_answers_as_before(refiner, tmp_path):
    path = tmp_path / "refiner.safetensors"
    save_checkpoint(path, refiner.state_dict(), refiner.to_dict(), "made up", "none")
    torch.manual_seed(1)
    rows, columns = GRID
    seen = (torch.rand(1, NUM_DETAILS, CELL * rows, CELL * columns), torch.rand(1, NUM_LAYOUT, rows, columns))
    expressions = torch.rand(1, 104)
    torch.testing.assert_close(Refiner.load(path)(*seen, expressions), refiner(*seen, expressions))


def test_a_refiner_in_the_users_folder_is_used(refiner, tmp_path):
    save_checkpoint(tmp_path / REFINER_WEIGHTS, refiner.state_dict(), refiner.to_dict(), "made up", "none")
    used = load_model([tmp_path], device="cpu").renderer.refiner
    assert isinstance(used, Refiner)
    assert used.config == refiner.config


@pytest.fixture(scope="module")
def released(plain):
    return FaceRenderer(plain.basis, plain.mouth, Refiner.load(find_weights(REFINER_WEIGHTS)))


def light_around(renderer, prepared, plain, shown, landmarks):
    """How much lighter the refiner makes skin around some landmarks' middle, as shares pixel by pixel."""
    centre = prepared.canvas.source_points(prepared.landmarks[list(landmarks)]).mean(0) - prepared.canvas.roi[:2]
    rows, columns = (slice(int(place) - 5, int(place) + 6) for place in centre[::-1])
    refined, composed = (of.region(prepared, shown, STILL)[rows, columns].mean(-1) for of in (renderer, plain))
    return refined / composed - 1


BETWEEN_BROWS, BESIDE_MOUTH = (107, 336, 9), (206, 216)


def test_the_released_refiner_folds_the_skin_of_angry_brows_and_a_smile(plain, released):
    prepared = released.prepare(astronaut_face(plain.basis, shown=expression()))
    assert light_around(released, prepared, plain, expression(browDown=1), BETWEEN_BROWS).min() < -0.02
    assert light_around(released, prepared, plain, expression(mouthSmile=1), BESIDE_MOUTH).min() < -0.03


def test_the_released_refiner_smooths_the_folds_of_a_smile_that_leaves(plain, released):
    smiling = released.prepare(astronaut_face(plain.basis, shown=expression(mouthSmile=1)))
    assert light_around(released, smiling, plain, expression(), BESIDE_MOUTH).mean() > 0.01
