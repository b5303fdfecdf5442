"""Parts of a dubbed film: whose blinks and gaze count, and faces and sounds that fit its pictures."""

from itertools import islice

import numpy as np
import pytest
import torch
from render_faces import astronaut_face, load_renderer

from cemnet.errors import CEMNetError
from cemnet.performance_settings import FILM_ENDS, check_film_end
from cemnet.render import film
from cemnet.render.film import film_order, lasting, moved_face, ordered_pictures
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


@pytest.mark.parametrize(
    ("film_end", "order"),
    [
        ("hold", [0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3]),
        ("loop", [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]),
        ("ping-pong", [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2]),
    ],
)
@pytest.mark.parametrize("backward_pictures", [1, 2, 100])
def test_a_film_goes_on_as_its_end_says(monkeypatch, film_end, order, backward_pictures):
    pictures = [np.full((2, 3, 3), value, np.uint8) for value in range(4)]
    monkeypatch.setattr(film, "BACKWARD_BYTES", backward_pictures * pictures[0].nbytes)
    assert film_order(4, 11, film_end).tolist() == order
    assert film_order(4, 3, film_end).tolist() == [0, 1, 2]
    shown = [int(picture[0, 0, 0]) for picture in islice(ordered_pictures(lambda: iter(pictures), 4, film_end), 11)]
    assert shown == (order[:4] if film_end == "hold" else order)


@pytest.mark.parametrize("film_end", FILM_ENDS)
def test_a_film_of_one_picture_goes_on_showing_it(film_end):
    assert film_order(1, 5, film_end).tolist() == [0] * 5
    pictures = [np.zeros((2, 3, 3), np.uint8)]
    assert len(list(islice(ordered_pictures(lambda: iter(pictures), 1, film_end), 5))) in (1, 5)


def test_an_unknown_end_is_refused():
    with pytest.raises(CEMNetError, match="Choose one of: hold, loop, ping-pong"):
        check_film_end("stop")


@pytest.mark.parametrize(("seconds", "num_samples"), [(0.5, 1000), (1.0, 1000), (1.5, 1500)])
def test_sound_lasts_at_least_as_long_as_asked(seconds, num_samples):
    audio = lasting(Audio(torch.ones(2, 1000), 1000), seconds)
    assert audio.waveform.shape == (2, num_samples)
    assert audio.waveform.sum() == 2000


@pytest.mark.parametrize("seconds", [0.1, 0.5, 0.83])
def test_long_sound_is_lengthened_on_the_disk(monkeypatch, seconds):
    monkeypatch.setattr("cemnet.long_rows.MOST_IN_MEMORY", 1000)
    monkeypatch.setattr("cemnet.render.film.SAMPLES_AT_ONCE", 700)
    audio = Audio(torch.rand(2, 4_000) - 0.5, 8_000)
    longer = lasting(audio, seconds)
    wanted = max(4_000, round(seconds * 8_000))
    assert longer.waveform.shape == (2, wanted) and longer.sample_rate == 8_000
    assert torch.equal(longer.waveform[:, :4_000], audio.waveform) and not longer.waveform[:, 4_000:].any()
    assert (longer.pages is not None) == (wanted > 4_000)
