"""Films of faces become curves at the rate of the sound."""

import inspect

import numpy as np
import pytest
from made_recordings import write_film

from cemnet.errors import FaceError
from cemnet.face.basis import FaceFit
from cemnet.training.corpora.film_curves import fit_confidence, track_film
from cemnet.types import Pose


class FaceAtTheLens:
    """Stands in for the landmarker: every picture shows one face, unless its brightness says otherwise."""

    def detect(self, image: np.ndarray, max_faces: int) -> list[float]:
        return [] if 100 < image.mean() < 110 else [float(image.mean())]


class BrightnessAsExpression:
    """Stands in for the face basis: the first blendshape is the picture's brightness."""

    def fit(self, brightness: float) -> FaceFit:
        expression = np.zeros(52)
        expression[0] = brightness / 255
        return FaceFit(Pose(np.eye(3), 1.0, np.zeros(3)), np.zeros(4), expression, np.zeros((478, 3)))


@pytest.mark.slow
def test_films_are_tracked_at_the_rate_of_the_sound(tmp_path):
    write_film(tmp_path / "a.mp4", seconds=2.0)
    film = inspect.unwrap(track_film)(tmp_path / "a.mp4", FaceAtTheLens(), BrightnessAsExpression())
    assert film.expression.shape == (50, 52) and film.head.shape == (50, 3)
    np.testing.assert_allclose(film.expression[:, 0], np.arange(50) / 25 * 0.5, atol=0.05)
    lost = [number for number in range(50) if film.confidence[number] == 0]
    assert lost and lost == list(range(lost[0], lost[-1] + 1))  # those of a brightness that shows no face
    assert set(film.confidence) == {0.0, 1.0}


def test_a_face_that_does_not_fit_its_landmarks_is_trusted_less():
    pose = Pose(np.eye(3), 20.0, np.zeros(3))
    trusts = []
    for apart in (0.09, 0.13, 0.17, 0.3):  # centimetres, to the side
        residual = np.zeros((478, 3))
        residual[:, 0] = apart * 20.0
        trusts.append(fit_confidence(FaceFit(pose, np.zeros(4), np.zeros(52), residual)))
    assert trusts[0] == 1 and trusts[1] > trusts[2] > 0 and trusts[3] == 0


def test_a_film_without_faces_is_refused(tmp_path):
    class NobodyThere:
        def detect(self, image: np.ndarray, max_faces: int) -> list:
            return []

    write_film(tmp_path / "a.mp4")
    with pytest.raises(FaceError, match="a face in only 0"):
        inspect.unwrap(track_film)(tmp_path / "a.mp4", NobodyThere(), BrightnessAsExpression())
