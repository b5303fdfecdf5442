"""Landmarks follow a turning head, and an emotion in even steps."""

import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer

from cemnet.arkit import EMOTIONS
from cemnet.face.landmark_indices import CONTROLS
from cemnet.render.landmark_motion import head_rotation
from cemnet.training.performer.emotion_prototypes import Person


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.fixture(scope="module")
def prepared(renderer):
    return renderer.prepare(astronaut_face(renderer.basis))


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
