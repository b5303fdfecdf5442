"""The size of sheets, and their captions."""

from dataclasses import replace

import numpy as np
import pytest
from brightness_judge import BrightnessJudge

from cemnet.arkit import EMOTIONS
from cemnet.evaluation.matrix.baselines import SYSTEMS
from cemnet.evaluation.matrix.sheets import LINE, TILE, matrix_sheet, systems_sheet, voice_name

pytestmark = pytest.mark.slow


def test_sheets_have_a_tile_for_every_portrait_voice_and_system(model, references, voices):
    judge, tile = BrightnessJudge(), (TILE, TILE + LINE)
    whole = matrix_sheet(model, judge, references, voices, SYSTEMS["full"])
    assert whole.size == (3 * tile[0], 2 * tile[1])
    two = {name: SYSTEMS[name] for name in ("full", "copy reference")}
    compared = systems_sheet(model, judge, references, voices, two)
    assert compared.size == (3 * tile[0], 2 * tile[1])  # happy portrait and sad voice, and the reverse
    assert np.asarray(compared)[: tile[0]].std() > 10
    misheard = next(emotion for emotion in EMOTIONS if emotion != voices[0].heard)
    assert voice_name(replace(voices[0], emotion=misheard)) == f"{misheard} (heard {voices[0].heard})"
