"""A face is followed through a film: its jaw, its head, and the moments that do not show it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cemnet import film_dubbing, pipeline
from cemnet.arkit import ARKIT_INDEX
from cemnet.errors import FaceError
from cemnet.face.landmark_indices import LOWER_LIP_ROWS, UPPER_LIP_ROWS
from cemnet.face.tracking import TeethFrame, presence_of
from cemnet.media import images
from cemnet.media.pixels import to_uint8
from cemnet.types import Motion

pytestmark = pytest.mark.slow

FPS = 25.0


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


def talking(num_frames):
    """A jaw that opens and closes, and a head that turns."""
    expression, head = torch.zeros(num_frames, 52), torch.zeros(num_frames, 3)
    time = torch.linspace(0, 2 * torch.pi, num_frames)
    expression[:, ARKIT_INDEX["jawOpen"]] = 0.35 - 0.35 * time.cos()
    head[:, 0], head[:, 2] = 0.1 * time.sin(), 0.04 * time.sin()
    return Motion(expression, head, FPS)


@pytest.fixture(scope="module")
def film(model, samples):
    face = pipeline.face_reference(model, images.read_image(samples / "portrait.png"))
    return [to_uint8(frame) for frame in pipeline.render_frames(model, face, talking(14))]


def follow(model, frames, **options):
    return film_dubbing.track_frames(model, frames, FPS, **options)


def test_the_track_follows_jaw_and_head(model, film):
    track = follow(model, film)
    motion = talking(14)
    jaw = track.expression[:, ARKIT_INDEX["jawOpen"]]
    assert np.corrcoef(jaw, motion.expression[:, ARKIT_INDEX["jawOpen"]])[0, 1] > 0.95
    yaw = np.array([track.pose(frame).angles[0] for frame in range(track.num_frames)])
    assert np.corrcoef(yaw, motion.head[:, 0])[0, 1] > 0.9
    assert (track.presence == 1).all()
    assert jaw[track.best] < 0.3


def test_the_frame_that_bares_bright_teeth_is_kept(model, film):
    """A mouth that is open on darkness is no frame of teeth."""
    track = follow(model, film)
    dark = TeethFrame(model.basis)
    assert track.teeth is not None and track.teeth_picture is not None
    np.testing.assert_array_equal(track.teeth_picture, film[track.teeth])
    face = track.landmarks(track.teeth)
    black = dark.badness_of(np.zeros_like(film[0]), face)
    assert dark.badness_of(track.teeth_picture, face) < black - 0.2
    shut = replace(face, points=face.points.copy())
    shut.points[list(LOWER_LIP_ROWS[0])] = shut.points[list(UPPER_LIP_ROWS[0])]
    assert dark.badness_of(track.teeth_picture, shut) == np.inf


def test_a_face_that_leaves_is_left_alone_and_found_again(model, film):
    empty = np.full_like(film[0], 90)
    track = follow(model, [*film[:6], *[empty] * 8, *film[6:12]])
    assert (track.presence[6:14] == 0).all()
    assert track.presence[0] == track.presence[19] == 1
    assert 0 < track.presence[5] < 1


def test_a_film_without_a_face_is_told(model):
    with pytest.raises(FaceError, match="no face"):
        follow(model, [np.full((64, 64, 3), 90, np.uint8)] * 2)
    with pytest.raises(FaceError, match="no face number 3"):
        follow(model, [np.full((64, 64, 3), 90, np.uint8)] * 2, face_index=3)


def test_a_moment_of_blindness_is_bridged():
    seen = np.array([0, 1, 2, 5, 6, 7])
    assert (presence_of(seen, 8, FPS) == 1).all()
    assert presence_of(seen, 20, FPS)[19] == 0


def test_a_long_film_whose_landmarks_lie_on_the_disk_is_followed_as_a_short_one(model, film, monkeypatch, tmp_path):
    short = follow(model, film)
    monkeypatch.setattr("cemnet.long_rows.MOST_IN_MEMORY", 1000)
    monkeypatch.setattr("cemnet.face.steadying.FRAMES_AT_ONCE", 5)
    monkeypatch.setattr("cemnet.face.tracking.FRAMES_AT_ONCE", 5)
    long = follow(model, film)
    assert short.pages is None and long.pages is not None
    long.let_go()
    for name in ("points", "blendshapes", "rotations", "scales", "translations", "expression", "presence", "identity"):
        np.testing.assert_array_equal(getattr(long, name), getattr(short, name), err_msg=name)
    image = torch.from_numpy(film[3]) / 255
    one, other = short.reference(image, 3), long.reference(image, 3)
    np.testing.assert_array_equal(one.residual, other.residual)
    fitted = short.person.project(one.pose, short.person.shape(np.zeros(0), one.expression))
    np.testing.assert_allclose(fitted + one.residual, one.landmarks.points, atol=1e-9)
