"""Lips that come near to each other hide the teeth between them."""

import cv2
import numpy as np
import pytest
from render_faces import astronaut_face, expression, load_renderer, mouth_box, moved_contour

from cemnet.face.landmark_indices import LOWER_INNER_LIP, UPPER_INNER_LIP

STILL = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def renderer():
    return load_renderer()


@pytest.mark.slow
def test_lips_that_are_about_to_meet_show_no_bright_line_of_own_teeth(renderer):
    """They stay bright while the mouth is open, and take the colour of lips before the last gap shuts."""
    laughing = expression(jawOpen=0.3, mouthSmile=0.7)
    face = astronaut_face(renderer.basis, image=np.full((1536, 1536, 3), 0.4, np.float32), shown=laughing, scale=3.0)
    teeth = [*UPPER_INNER_LIP, *LOWER_INNER_LIP[::-1]]
    cv2.fillPoly(face.image.numpy(), [np.round(face.landmarks.points[teeth, :2]).astype(np.int32)], (0.9, 1.0, 0.9))
    prepared = renderer.prepare(face)

    def brightest(share):
        seen = mouth_box(renderer, prepared, laughing * np.float32(share))[
            moved_contour(prepared, laughing * np.float32(share)).mask(prepared.lips.box, 0) > 0.9
        ]
        return np.median(seen[:, 1]) if len(seen) else 0.0

    assert brightest(0.5) > 0.9
    apertures = {
        share: moved_contour(prepared, laughing * np.float32(share)).aperture for share in np.linspace(0, 0.4, 41)
    }
    nearly_shut = [share for share, aperture in apertures.items() if 0.004 < aperture < 0.015]
    assert nearly_shut
    assert max(brightest(share) for share in nearly_shut) < 0.7


def test_no_teeth_are_left_between_shut_lips(renderer):
    grey, laughing = np.full((1536, 1536, 3), 0.5, np.float32), expression(jawOpen=0.3, mouthSmile=0.7)
    face = astronaut_face(renderer.basis, image=grey, shown=laughing, scale=3.0)
    image, outline = face.image.numpy(), [*UPPER_INNER_LIP, *LOWER_INNER_LIP[::-1]]
    cv2.fillPoly(image, [np.round(face.landmarks.points[outline, :2]).astype(np.int32)], (0.9, 1.0, 0.9))
    shut = renderer.frame(renderer.prepare(face), expression(), STILL)
    shown = [(picture[..., 1] > 0.8).sum() for picture in (image, shut)]
    assert shown[0] > 60
    assert shown[1] < 0.05 * shown[0]
