"""Training heads speak ARKit, look plausible to the landmarker, and are asked for politely when they are missing."""

import subprocess
import sys

import numpy as np
import pytest
from paths import ICT_FACEKIT, REPOSITORY

from cemnet.arkit import ARKIT_INDEX, ARKIT_NAMES, EMOTIONS, NUM_EXPRESSIONS
from cemnet.errors import MissingModelError
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.training.heads.ict_head import (
    HeadModel,
    arkit_from_ict,
    gaze_rotation,
    rotation,
    same_on_the_other_side,
    sample_emotional_face,
    sample_expression,
    sample_identity,
    speaking,
)
from cemnet.types import Pose


@pytest.fixture(scope="module")
def model():
    if not ICT_FACEKIT.is_file():
        pytest.skip("needs ICT-FaceKit (CEMNET_ICT_FACEKIT)")
    return HeadModel.load(ICT_FACEKIT)


@pytest.fixture(scope="module")
def renderer(model):
    pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")
    from cemnet.training.heads.head_renderer import HeadRenderer

    return HeadRenderer(model)


def shown(**weights):
    expression = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name, weight in weights.items():
        expression[ARKIT_INDEX[name]] = weight
    return expression


def facing_pose(yaw=0.0, pitch=0.0):
    turn, scale = rotation(yaw, pitch, 0.0), 18.0
    return Pose(turn, scale, np.array([256.0, 256.0, 0.0]) - scale * (turn @ [0, 0.5, 8]) * [1, -1, -1])


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


def test_rendered_heads_are_found_where_they_were_drawn(model, renderer):
    from cemnet.training.heads.head_renderer import Look

    rng = np.random.default_rng(2)
    landmarker = FaceLandmarker(find_face_landmarker())
    for yaw in (-0.3, 0.0, 0.3):
        pose = facing_pose(yaw)
        vertices = model.vertices(sample_identity(rng), shown(jawOpen=0.2))
        (face,) = landmarker.detect(renderer.render(vertices, pose, Look.sample(rng)))
        for iris, side in ((473, "Left"), (468, "Right")):
            centre = vertices[model.vertices_of(f"Sclera{side}")].mean(0) + np.array([0, 0, 1.4])
            drawn = pose.translation + pose.scale * (pose.rotation @ centre) * [1, -1, -1]
            assert np.linalg.norm(face.points[iris, :2] - drawn[:2]) < 10


def test_looks_differ_and_are_the_same_for_the_same_seed(model, renderer):
    from cemnet.training.heads.head_renderer import Look

    vertices = model.vertices(np.zeros(1), np.zeros(NUM_EXPRESSIONS))
    pictures = [
        renderer.render(vertices, facing_pose(), Look.sample(np.random.default_rng(seed))) for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert np.abs(pictures[0].astype(int) - pictures[2]).mean() > 5


def test_strong_reference_heads_show_every_emotion_of_new_people(model, renderer):
    from cemnet.training.heads.render_dataset import strong_reference_heads

    shown = list(strong_reference_heads(model, 2, seed=5))
    assert [(person, emotion) for person, emotion, _ in shown] == [(n, emotion) for n in (0, 1) for emotion in EMOTIONS]
    landmarker = FaceLandmarker(find_face_landmarker())
    for _, _, picture in shown:
        assert picture.shape == (512, 512, 3) and picture.dtype == np.uint8
        assert len(landmarker.detect(picture)) == 1
    calm, happy, other = (picture.astype(int) for _, _, picture in (shown[0], shown[1], shown[8]))
    assert 0.1 < np.abs(calm - happy).mean() < np.abs(calm - other).mean()


def test_ict_facekits_files_become_one_small_file(tmp_path):
    folder, output = tmp_path / "FaceXModel", tmp_path / "ict.npz"
    folder.mkdir()
    square = ["v 0 0 0", "v 1 0 0", "v 1 1 0", "v 0 1 0", "v 0 0 1"]
    polygons = ["usemtl M_Teeth", "f 1/1 2/2 3/3 4/4", "usemtl M_Face", "f 1/1 2/2 5/5"]
    shapes = {
        "generic_neutral_mesh": square,
        "identity000": ["v 0 0 2", *square[1:]],
        "jawOpen": [*square[:4], "v 0 -1 1"],
    }
    for name, vertices in shapes.items():
        (folder / f"{name}.obj").write_text("\n".join([*vertices, *polygons]))
    script = REPOSITORY / "train" / "convert_ict.py"
    subprocess.run([sys.executable, str(script), str(folder), str(output)], check=True, capture_output=True)
    with np.load(output) as ict:
        assert ict["faces"].tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 4]]
        assert ict["materials"][ict["face_material"]].tolist() == ["M_Teeth", "M_Teeth", "M_Face"]
        assert ict["identity"][0].tolist() == [[0, 0, 2], *[[0, 0, 0]] * 4]
        assert ict["expression_names"].tolist() == ["jawOpen"]
        assert ict["expression"][0][4].tolist() == [0, -1, 0]
