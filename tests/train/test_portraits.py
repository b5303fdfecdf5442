"""Sheets of hard portraits show seven expressions and close-ups in their own pixels."""

import numpy as np
import pytest
from PIL import Image
from scripts import load_script

from cemnet.arkit import ARKIT_INDEX

pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")


@pytest.fixture(scope="module")
def script():
    return load_script("portraits")


def test_six_emotions_and_a_blink_are_shown_and_half_of_them_speak(script):
    shown = script.expressions()
    assert [*shown] == [*script.SHOWN, "blink"]
    assert len(shown) == 7
    speaking = [name for name, each in shown.items() if each[ARKIT_INDEX["jawOpen"]] >= 0.35]
    assert len(speaking) >= 3
    assert shown["blink"][ARKIT_INDEX["eyeBlinkLeft"]] == 1


def test_close_ups_are_not_scaled(script):
    picture = np.zeros((400, 500, 3), np.float32)
    picture[180:190, 240:250] = 1
    points = np.array([[244.0, 184.0], [246.0, 186.0]])
    seen = np.asarray(script.close_up(picture, points))
    assert seen.shape == (script.CLOSE_UP[1], script.CLOSE_UP[0], 3)
    assert (seen[..., 0] == 255).sum() == 100


def test_a_sheet_holds_all_rows(script, tmp_path):
    tile = Image.new("RGB", (20, 10), "red")
    script.save_sheet(tmp_path / "sheet.png", [[tile, tile], [tile]])
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (40, 20)
        assert sheet.getpixel((5, 15)) == (255, 0, 0) and sheet.getpixel((25, 15)) == (0, 0, 0)
