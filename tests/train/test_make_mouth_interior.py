"""Teeth, gums and tongue are taken out of ICT-FaceKit as the released file has them."""

import numpy as np
import pytest
import torch
from paths import ICT_FACEKIT
from scripts import load_script

from cemnet.checkpoint import find_weights, load_checkpoint

script = load_script("make_mouth_interior")


def test_normals_are_of_unit_length_and_follow_the_faces():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    normals = script.vertex_normals(vertices, np.array([[0, 1, 2]]))
    np.testing.assert_allclose(normals, [[0, 0, 1]] * 3, atol=1e-6)


def test_the_tongue_lies_inside_the_lower_arch():
    base = np.array([[0.0, -3.0, 7.0], [2.5, -3.0, 7.0], [0.0, -3.0, 9.9]])
    faces = np.array([[index] * 3 for index in range(3)])
    kinds = script.face_kinds(base, faces, np.array([False, False, True]))
    assert kinds.tolist() == [script.TONGUE, script.GUM, script.ENAMEL]


def test_the_released_jaws_can_be_made_again():
    if not ICT_FACEKIT.is_file():
        pytest.skip("needs ICT-FaceKit (CEMNET_ICT_FACEKIT)")
    with np.load(ICT_FACEKIT) as file:
        ict = {name: file[name] for name in file.files}
    released, _ = load_checkpoint(find_weights("mouth_interior.safetensors"))
    for name in ("upper", "lower"):
        for key, values in script.layer(ict, name == "upper").items():
            torch.testing.assert_close(values, released[f"{name}.{key}"], atol=2e-3, rtol=0)
