"""The face reference names the emotion a portrait shows, and says what is wrong with a picture it cannot use."""

import numpy as np
import pytest
import skimage.data
import torch

from cemnet.arkit import EMOTION_INDEX, NUM_EXPRESSIONS
from cemnet.checkpoint import find_weights
from cemnet.emotion.portrait_emotion import ReferenceEmotionReader
from cemnet.errors import FaceError, MissingModelError
from cemnet.face.basis import FaceBasis
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.face.reference import choose_face, face_size, most_varied, reference_faces, spread
from cemnet.types import EmotionEstimate, SeenExpression


@pytest.fixture(scope="module")
def parts():
    try:
        landmarker = FaceLandmarker(find_face_landmarker())
    except MissingModelError as error:
        pytest.skip(str(error))
    basis = FaceBasis.load(find_weights("face_basis.safetensors"))
    return landmarker, basis, ReferenceEmotionReader.load(find_weights("reference_emotion.safetensors"))


@pytest.fixture(scope="module")
def astronaut():
    return torch.from_numpy(skimage.data.astronaut()).float() / 255


@pytest.fixture(scope="module")
def face(parts, astronaut):
    (only,) = reference_faces(astronaut, *parts)
    return only


def test_the_astronaut_is_happy(face):
    assert face.emotion.probabilities[EMOTION_INDEX["happy"]] > 0.8
    assert face.emotion.intensity > 0.5


def test_landmarks_are_pose_shape_and_residual(parts, face):
    basis = parts[1]
    fitted = basis.project(face.pose, basis.shape(face.identity, face.expression))
    np.testing.assert_allclose(fitted + face.residual, face.landmarks.points, atol=1e-6)


def test_the_picture_is_kept_as_it_was(face, astronaut):
    assert face.image is astronaut


def test_a_transparent_picture_is_read_like_an_opaque_one(parts, astronaut, face):
    with_alpha = torch.cat([astronaut, torch.ones_like(astronaut[..., :1])], dim=-1)
    (same,) = reference_faces(with_alpha, *parts)
    np.testing.assert_allclose(same.landmarks.points, face.landmarks.points, atol=1e-6)
    assert same.image.shape[-1] == 4


def test_a_face_hidden_by_transparency_is_not_found(parts, astronaut):
    invisible = torch.cat([astronaut, torch.zeros_like(astronaut[..., :1])], dim=-1)
    with pytest.raises(FaceError, match="No face was found"):
        reference_faces(invisible, *parts)


def test_a_grey_picture_with_one_channel_is_refused(parts, astronaut):
    with pytest.raises(FaceError, match="1 channels"):
        reference_faces(astronaut[..., :1], *parts)


def test_a_picture_without_a_face_is_refused(parts):
    coffee = torch.from_numpy(skimage.data.coffee()).float() / 255
    with pytest.raises(FaceError, match="No face was found"):
        reference_faces(coffee, *parts)


def test_a_face_that_is_too_small_is_refused_with_its_size(parts, astronaut):
    small = torch.nn.functional.interpolate(astronaut.permute(2, 0, 1)[None], scale_factor=0.4, mode="area")
    with pytest.raises(FaceError, match=r"only \d\d pixels"):
        reference_faces(small[0].permute(1, 2, 0), *parts)


def test_several_faces_come_largest_first_and_small_ones_are_left_out(parts, astronaut):
    def shrunk(scale):
        return torch.nn.functional.interpolate(
            astronaut[None, :320, 60:380].permute(0, 3, 1, 2), scale_factor=scale, mode="area"
        )

    group = torch.full((3, 400, 1400), 0.5)
    for left, scale in ((20, 0.4), (300, 0.8), (600, 1.0), (1000, 0.9)):
        picture = shrunk(scale)[0]
        group[:, 40 : 40 + picture.shape[1], left : left + picture.shape[2]] = picture
    faces = reference_faces(group.permute(1, 2, 0), *parts)
    assert [round(face_size(each.landmarks) / face_size(faces[0].landmarks), 1) for each in faces] == [1.0, 0.9, 0.8]
    assert choose_face(faces) is faces[0]
    assert choose_face(faces, 2) is faces[2]


def test_a_face_number_that_does_not_exist_is_refused_with_the_count(face):
    with pytest.raises(FaceError, match="the image has 1 face, counted from 0"):
        choose_face([face], 1)
    with pytest.raises(FaceError, match="the image has 2 faces"):
        choose_face([face, face], -1)


def seen(*changes: float) -> SeenExpression:
    expression = np.zeros(NUM_EXPRESSIONS)
    expression[: len(changes)] = changes
    return SeenExpression(expression, EmotionEstimate(np.full(8, 1 / 8), 0.5))


def test_of_many_pictures_the_most_unlike_are_chosen():
    others = [seen(0.1), seen(0.9), seen(0.88), seen(0.0, 0.7), seen(0.05)]
    chosen = most_varied(seen(0.0), others, most=2)
    assert chosen == (others[1], others[3])
    assert most_varied(seen(0.0), others[:1]) == (others[0],)


def test_few_pictures_are_all_looked_at_and_of_many_some_from_first_to_last():
    assert spread([1, 2, 3], 5) == [1, 2, 3]
    assert spread(list(range(100)), 4) == [0, 33, 66, 99]
