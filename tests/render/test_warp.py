"""The two fields follow landmarks, leave the background alone, never fold, and can be inverted."""

import dataclasses

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.arkit import EMOTIONS, NUM_EXPRESSIONS
from cemnet.face.landmark_indices import BROWS, CONTROLS
from cemnet.render.canvas import CANVAS_SIDE
from cemnet.render.displacement_field import MIN_DETERMINANT, cell_determinants
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


@pytest.mark.slow
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


def test_landmarks_arrive_where_they_are_sent(prepared):
    shown = expression(browInnerUp=1, mouthSmile=0.8, jawOpen=0.3)
    moved, _ = prepared.motion.displacements(shown, np.zeros(3, np.float32))
    field = field_of(prepared, shown)
    upper, lower = [0, 13, 61, 291, 107, 336, 10], [17, 14, 61, 291, 152]
    for side, points in zip(field, (upper, lower), strict=True):
        arrived = prepared.warp.sample(side, prepared.landmarks[points])
        assert np.abs(arrived - moved[points]).max() < 3.0  # of a face 270 units tall


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
