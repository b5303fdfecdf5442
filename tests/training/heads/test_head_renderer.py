"""Rendered heads appear where they are posed, and a look is the same for the same seed."""

import numpy as np
import pytest
from ict_heads import facing_pose, load_head, load_head_renderer
from render_faces import expression as shown

from cemnet.arkit import NUM_EXPRESSIONS
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.training.heads.ict_head import sample_identity

pytestmark = pytest.mark.slow  # heads are drawn before the first test


@pytest.fixture(scope="module")
def model():
    return load_head()


@pytest.fixture(scope="module")
def renderer(model):
    return load_head_renderer(model)


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


def test_normals_are_unit_vectors_that_point_outward(model, renderer):
    vertices = model.vertices(np.zeros(1), np.zeros(NUM_EXPRESSIONS))
    normals = renderer.normals(vertices)[np.unique(renderer.faces)]
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)
    nose = vertices[model.vertices_of("Face"), 2].argmax()
    assert renderer.normals(vertices)[model.vertices_of("Face")[nose], 2] > 0.5
