"""What is measured of a face that idles is what was put into it."""

import json

import numpy as np
import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, BLINK, NUM_EXPRESSIONS
from cemnet.motion.idle_statistics import (
    PARTS,
    TABLE,
    IdleStatistics,
    blended,
    captured_statistics,
    idle_statistics,
    sides_of,
)
from cemnet.types import Motion

FPS = 60.0


def take(seconds=30.0):
    return torch.zeros(round(seconds * FPS), NUM_EXPRESSIONS)


def measured(expression):
    return idle_statistics([Motion(expression, torch.zeros(len(expression), 3), FPS)])


def test_blinks_are_counted_and_timed():
    expression = take()
    for start in range(100, 1700, 180):  # every three seconds
        expression[start : start + 6, BLINK] = torch.linspace(1 / 6, 1, 6).unsqueeze(1)
        expression[start + 6 : start + 18, BLINK] = torch.linspace(11 / 12, 0, 12).unsqueeze(1)
    blinks = measured(expression).blinks
    assert blinks.per_minute == pytest.approx(18, abs=0.5)
    assert blinks.closing_seconds == pytest.approx(0.09, abs=0.02)
    assert blinks.opening_seconds == pytest.approx(0.18, abs=0.03)
    assert blinks.height == pytest.approx(1.0) and blinks.regularity == pytest.approx(0.0, abs=0.01)


def test_saccades_are_counted_and_measured():
    expression = take()
    for start in range(120, 1700, 120):
        turned = (start // 120) % 2
        expression[start : start + 120, [ARKIT_INDEX["eyeLookOutLeft"], ARKIT_INDEX["eyeLookInRight"]]] = 0.2 * turned
    gaze = measured(expression).gaze
    assert gaze.saccades_a_minute == pytest.approx(28, abs=3)
    assert gaze.saccade_degrees == pytest.approx(6.0, abs=0.5)
    assert gaze.sideways_share > 0.95


def test_sides_and_deviation_of_a_brow_are_told_from_its_tremor():
    generator = np.random.default_rng(0)
    expression = take(60.0)
    slow = 0.05 * np.sin(np.arange(len(expression)) / FPS * 2 * np.pi * 0.5)
    for index in sides_of("browDown"):
        expression[:, index] = torch.from_numpy(0.3 + slow + 0.004 * generator.normal(size=len(slow))).float()
    part = measured(expression).parts["browDown"]
    assert part.slow == pytest.approx(0.05 / np.sqrt(2), rel=0.15)
    assert part.sides > 0.95
    assert part.tremor == pytest.approx(0.004, rel=0.2)


def test_the_captured_table_tells_its_source_and_licence_and_holds_no_curve():
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    assert "NeuroSync" in table["source"] and "MIT" in table["license"]
    assert set(captured_statistics()) == {"neutral", "fear", "angry", "sad"}
    assert TABLE.stat().st_size < 20_000
    for statistics in captured_statistics().values():
        assert set(statistics.parts) == set(PARTS)
        assert np.linalg.eigvalsh(np.array(statistics.together)).min() > -0.02


def test_a_blend_lies_between_and_survives_plain_values():
    fear, sad = captured_statistics()["fear"], captured_statistics()["sad"]
    between = blended([fear, sad], [0.5, 0.5])
    assert between.blinks.per_minute == pytest.approx((fear.blinks.per_minute + sad.blinks.per_minute) / 2)
    again = IdleStatistics.from_dict(json.loads(json.dumps(between.to_dict())))
    assert again.gaze == between.gaze and again.parts == between.parts
