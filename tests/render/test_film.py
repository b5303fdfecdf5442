"""Parts of a dubbed film: whose blinks and gaze count, and faces and sounds that fit its pictures."""

import numpy as np
import pytest
import torch
from render_faces import astronaut_face, load_renderer

from cemnet.render.film import lasting, moved_face
from cemnet.types import Audio


def test_a_moved_face_keeps_landmarks_and_pose_together():
    basis = load_renderer().basis
    face = astronaut_face(basis)
    moved = moved_face(face, 30, -12)
    shift = (moved.landmarks.points - face.landmarks.points)[:, :2]
    np.testing.assert_allclose(shift, np.broadcast_to((30, -12), shift.shape), atol=1e-3)
    shape = basis.shape(face.identity, face.expression)
    fitted = basis.project(moved.pose, shape) - basis.project(face.pose, shape)
    np.testing.assert_allclose(fitted[:, :2], np.broadcast_to((30, -12), shift.shape), atol=1e-3)


@pytest.mark.parametrize(("seconds", "num_samples"), [(0.5, 1000), (1.0, 1000), (1.5, 1500)])
def test_sound_lasts_at_least_as_long_as_asked(seconds, num_samples):
    audio = lasting(Audio(torch.ones(2, 1000), 1000), seconds)
    assert audio.waveform.shape == (2, num_samples)
    assert audio.waveform.sum() == 2000
