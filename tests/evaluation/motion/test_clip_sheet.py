"""A sheet shows frames of a performance and every curve that is drawn of it."""

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.evaluation.motion.clip_sheet import clip_curves
from cemnet.types import Motion


def test_curves_have_the_units_that_they_say():
    expression = torch.zeros(50, NUM_EXPRESSIONS)
    expression[10, ARKIT_INDEX["jawOpen"]] = 0.5
    expression[20, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = 1.0
    expression[30, [ARKIT_INDEX["eyeLookUpLeft"], ARKIT_INDEX["eyeLookUpRight"]]] = 0.5
    head = torch.zeros(50, 3)
    head[40, 1] = np.radians(3.0)
    curves = clip_curves(Motion(expression, head, 25.0, breath=-torch.ones(50)))
    assert curves["lips part"].argmax() == 10
    assert curves["lids close"][:, 0].tolist() == [0] * 20 + [1] + [0] * 29
    assert curves["gaze sideways, up; degrees"][30, 1] > 5
    assert curves["head yaw, pitch, roll; degrees"][40].tolist() == pytest.approx([0, 3, 0], abs=1e-4)
    assert (curves["shoulders; breaths"] == -1).all()
