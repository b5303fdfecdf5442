"""Every system on a small matrix of portraits and voices."""

import csv

import pytest
from brightness_judge import BrightnessJudge

from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.evaluation.matrix.baselines import SYSTEMS
from cemnet.evaluation.matrix.verdicts import RENDERER, judge_drawn_apexes, run_matrix, write_verdicts

pytestmark = pytest.mark.slow


def test_every_system_gives_one_verdict_for_each_portrait_and_voice(model, references, voices, tmp_path):
    verdicts = run_matrix(model, BrightnessJudge(), references, voices, SYSTEMS, clips_per_cell=1, num_frames=1)
    assert len(verdicts) == 2 * 2 * len(SYSTEMS)
    assert {(v.system, v.reference, v.target) for v in verdicts} == {
        (name, reference, target) for name in SYSTEMS for reference in ("happy", "sad") for target in ("happy", "sad")
    }
    oracle, copy = ([v for v in verdicts if v.system == name] for name in ("label oracle", "copy reference"))
    assert all(v.to_target < v.to_reference for v in oracle if v.reference != v.target)
    assert all(v.to_target > v.to_reference for v in copy if v.reference != v.target)
    write_verdicts(tmp_path / "verdicts.csv", verdicts)
    with (tmp_path / "verdicts.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(verdicts)
    assert rows[0]["says"] == verdicts[0].says
    assert float(rows[0]["p_happy"]) == pytest.approx(verdicts[0].seen[EMOTION_INDEX["happy"]], abs=1e-3)


def test_the_renderer_alone_is_judged_on_every_apex(model, references):
    verdicts = judge_drawn_apexes(model, BrightnessJudge(), references)
    assert len(verdicts) == len(references) * len(EMOTIONS)
    assert {verdict.system for verdict in verdicts} == {RENDERER}
