"""Tests of the smooth fields: they follow landmarks, leave the background alone, and never fold."""

import dataclasses

import cv2
import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.arkit import ARKIT_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.face.landmark_indices import BROWS, CONTROLS
from cemnet.motion.lip_aperture import LIP_GAP_WEIGHTS, lip_parting
from cemnet.render.canvas import CANVAS_SIDE, face_canvas
from cemnet.render.displacement_field import MIN_DETERMINANT, cell_determinants, invert, unfold
from cemnet.render.eyelid_rules import lid_gap
from cemnet.render.lip_rules import lip_gap
from cemnet.render.renderer import ring_displacements
from cemnet.training.performer.emotion_prototypes import Person


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def prepared(renderer):
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression(browDown=0.2)))


def field_of(prepared, shown, head=(0, 0, 0)):
    head = np.array(head, np.float32)
    moved, _ = prepared.motion.displacements(shown, head)
    return prepared.warp.forward(np.concatenate([moved[list(CONTROLS)], ring_displacements(prepared, head)]))


def strong_expressions(count):
    rng = np.random.default_rng(1)
    for _ in range(count):
        yield ((rng.random(NUM_EXPRESSIONS) < 0.35) * rng.random(NUM_EXPRESSIONS) ** 0.5).astype(np.float32)
    yield expression(browDown=1, noseSneer=1, eyeBlink=1, eyeSquint=1, mouthUpperUp=1)
    yield expression(jawOpen=1, mouthPucker=1, browInnerUp=1, eyeWide=1)


def test_no_expression_folds_the_face(prepared):
    for shown in strong_expressions(40):
        field = field_of(prepared, shown, (0.15, -0.1, 0.1))
        assert cell_determinants(field, prepared.warp.step).min() >= MIN_DETERMINANT * 0.999


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_emotions_reach_the_face_unsoftened(prepared, emotion):
    """At full strength the fields hardly fold by themselves, so that unfolding takes nothing from the brows."""
    shown = Person.average().show(emotion, 1.0)
    moved, _ = prepared.motion.displacements(shown, np.zeros(3, np.float32))
    arrived = prepared.warp.sample(field_of(prepared, shown)[0], prepared.landmarks[list(BROWS)])
    wanted = moved[list(BROWS)]
    assert np.linalg.norm(arrived - wanted, axis=1).sum() <= 0.12 * np.linalg.norm(wanted, axis=1).sum() + 6.0


@pytest.mark.parametrize("emotion", [emotion for emotion in EMOTIONS if emotion != "neutral"])
def test_intensity_steps_are_even_steps_of_the_landmarks(prepared, emotion):
    person, still = Person.average(), np.zeros(3, np.float32)
    places = [prepared.motion.displacements(person.show(emotion, level), still)[0] for level in (0, 0.25, 0.5, 0.75, 1)]
    steps = np.linalg.norm(np.diff(np.stack(places)[:, list(CONTROLS)], axis=0), axis=-1).mean(1)
    assert steps.min() > 0.5  # of a face 270 units tall
    assert steps.max() < 1.6 * steps.min()


def test_eyes_relax_when_a_squint_leaves_and_stare_only_when_told_to():
    renderer = load_renderer()
    squinting = renderer.prepare(astronaut_face(renderer.basis, shown=expression(eyeSquint=0.8, cheekSquint=0.8)))
    openings = []
    for shown in (expression(eyeSquint=0.8, cheekSquint=0.8), expression(), expression(eyeWide=1)):
        moved, _ = squinting.motion.displacements(shown, np.zeros(3, np.float32))
        openings.append(lid_gap(squinting.landmarks + moved).mean())
    assert 1.02 * openings[0] < openings[1] < 1.2 * openings[0] < openings[2]


def test_landmarks_arrive_where_they_are_sent(prepared):
    shown = expression(browInnerUp=1, mouthSmile=0.8, jawOpen=0.3)
    moved, _ = prepared.motion.displacements(shown, np.zeros(3, np.float32))
    field = field_of(prepared, shown)
    upper, lower = [0, 13, 61, 291, 107, 336, 10], [17, 14, 61, 291, 152]
    for side, points in zip(field, (upper, lower), strict=True):
        arrived = prepared.warp.sample(side, prepared.landmarks[points])
        assert np.abs(arrived - moved[points]).max() < 3.0  # of a face 270 units tall


@pytest.mark.parametrize("jaw", [0.1, 0.25, 0.5])
def test_lips_that_a_performance_closes_meet_in_the_picture(jaw):
    renderer = load_renderer()
    calm = renderer.prepare(astronaut_face(renderer.basis, shown=expression()))
    opened, closed = expression(jawOpen=jaw), expression(jawOpen=jaw)
    closed[ARKIT_INDEX["mouthClose"]] = -lip_parting(opened[None])[0] / LIP_GAP_WEIGHTS[ARKIT_INDEX["mouthClose"]]
    gaps = []
    for shown in (opened, closed):
        moved, _ = calm.motion.displacements(shown, np.zeros(3, np.float32))
        gaps.append(lip_gap(calm.landmarks + moved).mean())
    assert gaps[0] > 30 * jaw
    assert gaps[1] < 1.5 + 0.02 * gaps[0]


def test_the_upper_lip_does_not_follow_the_jaw(prepared):
    field = field_of(prepared, expression(jawOpen=0.7))
    upper = prepared.warp.sample(field[0], prepared.landmarks[[13]])[0, 1]
    lower = prepared.warp.sample(field[1], prepared.landmarks[[14]])[0, 1]
    assert lower > 20
    assert upper < 0.35 * lower


def test_the_edge_of_the_crop_never_moves(prepared):
    field = field_of(prepared, expression(jawOpen=1, mouthSmile=1), (0.2, 0.2, 0.2))
    points = prepared.warp.node_positions()
    outside = np.minimum(points, CANVAS_SIDE - points).min(-1) < 4
    assert outside.any()
    assert np.abs(field[:, outside]).max() == 0


def test_hair_does_not_breathe_with_the_jaw(prepared):
    field = field_of(prepared, expression(jawOpen=1))
    above_the_face = prepared.landmarks[[10]] - np.array([[0, 45]], np.float32)
    assert np.abs(prepared.warp.sample(field[0], above_the_face)).max() < 1.0


def test_hair_turns_with_the_head_instead_of_being_pinched(prepared):
    field = field_of(prepared, prepared.motion.face.expression, (0, 0, 0.12))
    chin, brow = prepared.landmarks[152], prepared.landmarks[10]
    hair = np.stack([chin + reach * (brow - chin) for reach in (1.0, 1.12, 1.25)]).astype(np.float32)
    moved = np.linalg.norm(prepared.warp.sample(field[0], hair), axis=1)
    assert (np.diff(moved) > 0).all()  # the further from the neck the further it swings


def test_nothing_is_drawn_in_from_beyond_the_picture(renderer):
    face = astronaut_face(renderer.basis)
    below_the_hairline = int(face.landmarks.points[10, 1]) - 20
    up = np.array([0, below_the_hairline, 0], np.float32)
    cut = dataclasses.replace(
        face,
        image=face.image[below_the_hairline:],
        landmarks=dataclasses.replace(face.landmarks, points=face.landmarks.points - up),
        pose=dataclasses.replace(face.pose, translation=face.pose.translation - up),
    )
    prepared = renderer.prepare(cut)
    field = field_of(prepared, face.expression, (0, 0.2, 0))
    assert field[0, 0, :, 1].max() < 1.0
    assert field[0, :, :, 1].max() > 8.0


def test_the_backward_flow_undoes_the_forward_one(prepared):
    shown = expression(jawOpen=0.8, browDown=1, noseSneer=0.8)
    field = field_of(prepared, shown)
    backward = prepared.warp.backward(field)
    nodes = prepared.warp.node_positions()
    inside = (slice(4, -4), slice(4, -4))
    axes = prepared.warp.axes()
    for there, back in zip(field, backward, strict=True):
        origin = (nodes + back @ axes)[inside].reshape(-1, 2)
        again = origin + prepared.warp.sample(there, origin)
        error = np.linalg.norm(again - nodes[inside].reshape(-1, 2), axis=1)
        assert np.percentile(error, 99) < 0.3
        assert error.max() < 2.0


def test_a_fold_is_smoothed_away():
    grid = np.zeros((1, 24, 24, 2), np.float32)
    grid[0, 10:14, :, 1] = 30
    unfolded = unfold(grid, (8.0, 8.0))
    assert cell_determinants(grid, (8.0, 8.0)).min() < 0
    assert cell_determinants(unfolded, (8.0, 8.0)).min() >= MIN_DETERMINANT
    assert unfolded.max() > 3


def test_a_uniform_shift_is_inverted_exactly():
    field = np.full((12, 12, 2), 3.0, np.float32)
    np.testing.assert_allclose(invert(field, (8.0, 8.0)), -field, atol=1e-5)


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
