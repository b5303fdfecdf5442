"""The report on the face basis counts in distances between the eyes and names the worst blendshapes first."""

import numpy as np
import pytest
from scripts import load_script

from cemnet.arkit import ARKIT_INDEX

pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")


def test_the_distance_between_the_eyes_is_that_of_the_irises_in_the_picture():
    points = np.zeros((478, 3))
    points[468], points[473] = (10, 20, 5), (40, 60, -5)
    assert load_script("fit_face_basis").eye_distance(points) == pytest.approx(50)


def test_blendshapes_are_reported_worst_first_and_only_where_shown(capsys):
    truth, off = np.zeros((4, 52)), np.zeros((4, 52))
    for name, error in (("jawOpen", 0.1), ("browInnerUp", -0.4)):
        truth[:, ARKIT_INDEX[name]], off[:, ARKIT_INDEX[name]] = 0.8, error
    off[:, ARKIT_INDEX["cheekPuff"]] = 0.9
    load_script("fit_face_basis").report_coefficients(off, truth)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "browInnerUp" in lines[1] and "-0.40" in lines[1]
    assert "jawOpen" in lines[2] and "+0.10" in lines[2]
