"""The emotion of a face is read softly, with its strength, and the same from both sides."""

import numpy as np
import pytest

from cemnet.arkit import EMOTION_INDEX, MIRRORED_EXPRESSION, NUM_EXPRESSIONS
from cemnet.checkpoint import find_weights
from cemnet.emotion.portrait_emotion import ReferenceEmotionReader
from cemnet.errors import MissingModelError
from cemnet.face.basis import FaceBasis
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.training.heads.ict_head import rotation
from cemnet.training.performer.emotion_prototypes import Person
from cemnet.types import FaceLandmarks, Pose


@pytest.fixture(scope="module")
def parts():
    try:
        landmarker = FaceLandmarker(find_face_landmarker())
    except MissingModelError as error:
        pytest.skip(str(error))
    return landmarker, FaceBasis.load(find_weights("face_basis.safetensors"))


@pytest.fixture(scope="module")
def reader():
    return ReferenceEmotionReader.load(find_weights("reference_emotion.safetensors"))


def test_a_calm_face_reads_neutral_and_faint(reader):
    calm = reader.read(np.zeros(NUM_EXPRESSIONS), np.zeros(NUM_EXPRESSIONS))
    assert calm.probabilities.argmax() == EMOTION_INDEX["neutral"]
    assert calm.intensity < 0.25


def test_probabilities_sum_to_one_and_intensity_lies_between_zero_and_one(reader):
    rng = np.random.default_rng(0)
    for _ in range(20):
        estimate = reader.read(rng.uniform(0, 1, NUM_EXPRESSIONS), rng.uniform(0, 1, NUM_EXPRESSIONS))
        assert estimate.probabilities.sum() == pytest.approx(1)
        assert 0 <= estimate.intensity <= 1


def seen_face(parts, emotion, intensity, person=None):
    """What is fitted to the landmarks of a person (or an average one) who shows an emotion, and MediaPipe's scores."""
    landmarker, basis = parts
    pose = Pose(rotation(0.1, 0.05, 0.0), 17.0, np.array([256.0, 256.0, 0.0]))
    shown = (person or Person.average()).show(emotion, intensity)
    points = basis.project(pose, basis.shape(np.zeros(len(basis.identity)), shown))
    scores = landmarker.blendshapes(points)
    return basis.fit(FaceLandmarks(points, scores, 1.0)).expression, scores


@pytest.mark.slow
@pytest.mark.parametrize("emotion", ["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"])
def test_a_clear_emotion_is_read_on_most_people(parts, reader, emotion):
    rng = np.random.default_rng(0)
    estimates = [reader.read(*seen_face(parts, emotion, 1.0, Person.sample(rng))) for _ in range(12)]
    right = [estimate.probabilities.argmax() == EMOTION_INDEX[emotion] for estimate in estimates]
    assert np.mean(right) >= 2 / 3
    intensity = np.mean([estimate.intensity for estimate in estimates])
    assert intensity < 0.25 if emotion == "neutral" else intensity > 0.4


def test_a_stronger_emotion_reads_stronger(parts, reader):
    faint, strong = (reader.read(*seen_face(parts, "surprise", intensity)) for intensity in (0.2, 0.9))
    assert strong.intensity > faint.intensity + 0.2


def test_a_mirrored_face_reads_the_same(reader):
    shown = Person.average().show("contempt", 0.8)
    first, second = reader.read(shown, shown), reader.read(shown[MIRRORED_EXPRESSION], shown[MIRRORED_EXPRESSION])
    np.testing.assert_allclose(first.probabilities, second.probabilities, atol=1e-9)


def test_where_someone_looks_changes_nothing(reader):
    looking = np.zeros(NUM_EXPRESSIONS)
    looking[1:5] = 1
    still = reader.read(np.zeros(NUM_EXPRESSIONS), np.zeros(NUM_EXPRESSIONS))
    np.testing.assert_array_equal(reader.read(looking, looking).probabilities, still.probabilities)
