"""Landmarks follow a turning head and looking eyes, an emotion in even steps, and a grin that leaves."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.arkit import EMOTIONS
from cemnet.face.landmark_indices import CONTROLS, LIDS, LIP_CORNERS
from cemnet.render.eyelid_rules import lid_gap
from cemnet.render.landmark_motion import head_rotation
from cemnet.training.performer.emotion_prototypes import Person

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def prepared(renderer):
    return renderer.prepare(astronaut_face(renderer.basis))


@pytest.fixture(scope="module")
def calm(renderer):
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression()))


@pytest.fixture(scope="module")
def frowning(renderer):
    return renderer.prepare(astronaut_face(renderer.basis, shown=expression(browDown=0.2)))


def test_yaw_turns_toward_the_pictures_right_and_pitch_down():
    nose = np.array([0.0, 0.0, 1.0])
    assert (head_rotation(np.array([0.2, 0, 0])) @ nose)[0] > 0
    assert (head_rotation(np.array([0, 0.2, 0])) @ nose)[1] < 0
    top = np.array([0.0, 1.0, 0.0])
    assert (head_rotation(np.array([0, 0, 0.2])) @ top)[0] < 0


def test_a_turning_head_moves_the_nose_more_than_the_collar(renderer, prepared):
    moved, _ = prepared.motion.displacements(prepared.motion.face.expression, np.array([0.15, 0, 0], np.float32))
    assert moved[4, 0] > 8
    assert abs(moved[152, 0]) < moved[4, 0]


@pytest.mark.parametrize("emotion", [emotion for emotion in EMOTIONS if emotion != "neutral"])
def test_intensity_steps_are_even_steps_of_the_landmarks(frowning, emotion):
    person, still = Person.average(), np.zeros(3, np.float32)
    places = [frowning.motion.displacements(person.show(emotion, level), still)[0] for level in (0, 0.25, 0.5, 0.75, 1)]
    steps = np.linalg.norm(np.diff(np.stack(places)[:, list(CONTROLS)], axis=0), axis=-1).mean(1)
    assert steps.min() > 0.5  # of a face 270 units tall
    assert steps.max() < 1.6 * steps.min()


def test_brows_and_lids_go_no_further_than_filmed_peoples_do(calm):
    """In eye distances: filmed people reach 0.06 (brow) and 0.035 (lids) while they speak; posed ones go further."""
    person = Person.average()
    before = calm.motion.displacements(person.show("neutral", 0), STILL)[0] + calm.landmarks
    between = np.linalg.norm(np.subtract(*(before[list(lids.corners)].mean(0) for lids in LIDS)))
    inner_brow = [55, 107, 285, 336]
    for emotion in ("surprise", "fear"):
        after = calm.motion.displacements(person.show(emotion, 1), STILL)[0] + calm.landmarks
        raised = (before - after)[inner_brow, 1].mean() / between
        opened = (lid_gap(after) - lid_gap(before)).mean() / between
        assert 0.05 < raised < 0.14, (emotion, raised)
        assert 0.015 < opened < 0.045, (emotion, opened)


@pytest.mark.parametrize(
    ("head", "direction"),
    [((0.15, 0, 0), (1, 0)), ((0, 0.15, 0), (0, 1)), ((0, 0, 0.15), (-1, 0))],
    ids=["to the picture's right", "down", "counter-clockwise"],
)
def test_a_turn_of_the_head_is_seen_in_its_direction(calm, head, direction):
    """The nose goes aside and down; in a roll the forehead goes to the picture's left."""
    moved, _ = calm.motion.displacements(expression(), np.array(head, np.float32))
    point = moved[10] if head[2] else moved[4]
    assert point @ np.array(direction) > 8  # canvas units, of a face 270 units tall


@pytest.mark.parametrize(
    ("shown", "direction"),
    [
        ({"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.6}, (1, 0)),  # the person's left is the picture's right
        ({"eyeLookInLeft": 0.6, "eyeLookOutRight": 0.6}, (-1, 0)),
        ({"eyeLookUp": 0.4}, (0, -1)),
        ({"eyeLookDown": 0.4}, (0, 1)),
    ],
)
def test_both_irises_go_where_the_eyes_look(calm, shown, direction):
    moved, _ = calm.motion.displacements(expression(**shown), STILL)
    right, left = (moved[list(lids.iris)].mean(0) @ np.array(direction) for lids in LIDS)
    assert min(right, left) > 1.0  # canvas units, of an eye about 50 wide
    assert max(right, left) < 1.8 * min(right, left)
    across = np.array(direction)[::-1]
    assert all(abs(moved[list(lids.iris)].mean(0) @ across) < 0.5 * min(right, left) for lids in LIDS)


def corners_moved(renderer, before, after):
    """How far the corners of the mouth move as a portrait's smile goes from one strength to another."""
    prepared = renderer.prepare(astronaut_face(renderer.basis, shown=expression(mouthSmile=before)))
    moved, _ = prepared.motion.displacements(expression(mouthSmile=after), STILL)
    return np.linalg.norm(moved[list(LIP_CORNERS)], axis=1).mean()


def test_a_grin_leaves_by_more_than_it_was_fitted(renderer):
    """A fit ends at 1, and a full grin is more than that."""
    assert corners_moved(renderer, 1.0, 0.0) > 1.2 * corners_moved(renderer, 0.0, 1.0)


def test_a_slight_smile_leaves_by_as_much_as_it_came(renderer):
    assert corners_moved(renderer, 0.4, 0.0) == pytest.approx(corners_moved(renderer, 0.0, 0.4), rel=0.05)


@pytest.mark.slow
def test_a_grin_that_stays_or_grows_moves_by_its_change_alone(renderer):
    assert corners_moved(renderer, 1.0, 1.0) < 1e-3
    assert corners_moved(renderer, 0.8, 1.0) == pytest.approx(corners_moved(renderer, 0.0, 0.2), rel=0.1)


def test_a_frown_brings_the_inner_ends_of_the_brows_together_and_down(calm):
    moved, by_head = calm.motion.displacements(expression(browDown=1), STILL)
    right, left = (moved[[lower, upper]].mean(0) for lower, upper in ((55, 107), (285, 336)))
    assert np.abs(by_head).max() < 1e-3
    assert right[0] > 3 and left[0] < -3
    assert min(right[1], left[1]) > 8
