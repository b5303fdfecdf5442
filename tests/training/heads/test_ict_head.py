"""Training heads move by ARKit names, their samples are plausible, and missing ones are asked for."""

import numpy as np
import pytest
from ict_heads import load_head

from cemnet.arkit import ARKIT_INDEX, ARKIT_NAMES, EMOTIONS, NUM_EXPRESSIONS
from cemnet.errors import MissingModelError
from cemnet.training.heads.ict_head import (
    HeadModel,
    arkit_from_ict,
    gaze_rotation,
    rotation,
    same_on_the_other_side,
    sample_emotional_face,
    sample_expression,
    speaking,
)


@pytest.fixture(scope="module")
def model():
    return load_head()


def shown(**weights):
    expression = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name, weight in weights.items():
        expression[ARKIT_INDEX[name]] = weight
    return expression


def test_missing_heads_are_asked_for(tmp_path):
    with pytest.raises(MissingModelError, match="CEMNET_ICT_FACEKIT"):
        HeadModel.load(tmp_path / "ict.npz")


def test_arkit_takes_both_sides_of_what_ict_splits():
    weights = arkit_from_ict(
        ["browInnerUp_L", "browInnerUp_R", "eyeBlink_L", "jawOpen", "cheekRaiser_L", "PupilDilate_R"]
    )
    assert weights[ARKIT_INDEX["browInnerUp"]].tolist() == [1, 1, 0, 0, 0, 0]
    assert weights[ARKIT_INDEX["eyeBlinkLeft"]].tolist() == [0, 0, 1, 0, 0, 0]
    assert weights[ARKIT_INDEX["jawOpen"]].tolist() == [0, 0, 0, 1, 0, 0]
    assert weights[:, 4:].sum() == 0


def test_a_positive_yaw_turns_to_the_persons_left_and_a_positive_pitch_down():
    forward = np.array([0.0, 0.0, 1.0])
    assert (rotation(0.3, 0, 0) @ forward)[0] > 0.2
    assert (rotation(0, 0.3, 0) @ forward)[1] < -0.2
    turn = rotation(0.3, -0.2, 0.5)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)


def test_eyes_that_look_in_turn_toward_the_nose():
    forward = np.array([0.0, 0.0, 1.0])
    assert (gaze_rotation(shown(eyeLookInLeft=1), "Left") @ forward)[0] < -0.4
    assert (gaze_rotation(shown(eyeLookInRight=1), "Right") @ forward)[0] > 0.4
    assert (gaze_rotation(shown(eyeLookUpLeft=1), "Left") @ forward)[1] > 0.3


def test_both_eyes_look_the_same_way():
    assert same_on_the_other_side("eyeLookInLeft") == "eyeLookOutRight"
    assert same_on_the_other_side("eyeLookUpLeft") == "eyeLookUpRight"
    assert same_on_the_other_side("mouthSmileRight") == "mouthSmileLeft"
    assert same_on_the_other_side("jawLeft") == "jawLeft"
    for name in ARKIT_NAMES:
        assert same_on_the_other_side(same_on_the_other_side(name)) == name


def test_sampled_expressions_do_not_contradict_themselves():
    rng = np.random.default_rng(0)
    for _ in range(300):
        expression = sample_expression(rng)
        assert expression.min() >= 0 and expression.max() <= 1
        assert expression[ARKIT_INDEX["mouthClose"]] <= expression[ARKIT_INDEX["jawOpen"]] + 1e-6
        assert min(expression[ARKIT_INDEX["jawLeft"]], expression[ARKIT_INDEX["jawRight"]]) == 0
        assert min(expression[ARKIT_INDEX["eyeLookUpLeft"]], expression[ARKIT_INDEX["eyeLookDownLeft"]]) == 0


def test_sampled_emotions_cover_all_and_calm_faces_have_no_intensity():
    rng = np.random.default_rng(0)
    faces = [sample_emotional_face(rng) for _ in range(200)]
    assert {emotion for _, emotion, _ in faces} == set(EMOTIONS)
    assert all(intensity == 0 for _, emotion, intensity in faces if emotion == "neutral")


def test_speaking_leaves_the_brows_alone():
    rng = np.random.default_rng(0)
    calm = shown(browInnerUp=0.7, mouthSmileLeft=0.5)
    spoken = [speaking(calm, rng) for _ in range(20)]
    assert all(each[ARKIT_INDEX["browInnerUp"]] == np.float32(0.7) for each in spoken)
    assert max(each[ARKIT_INDEX["jawOpen"]] for each in spoken) > 0.2


def test_blendshapes_move_the_head_and_identity_does_not_move_the_base(model):
    rest = model.vertices(np.zeros(1), np.zeros(NUM_EXPRESSIONS))
    np.testing.assert_allclose(rest, model.base, atol=1e-5)
    opened = model.vertices(np.zeros(1), shown(jawOpen=1))
    assert (opened - rest)[:, 1].min() < -2


def test_hidden_parts_are_not_drawn(model):
    drawn = np.unique(model.visible_faces())
    assert not np.intersect1d(drawn, model.vertices_of("EyeLashes", "EyeBlend")).size
    assert np.intersect1d(drawn, model.vertices_of("Teeth")).size
