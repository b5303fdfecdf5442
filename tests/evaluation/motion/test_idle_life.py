"""Idle life is measured as captured faces are, and drawn beside them."""

import pytest

from cemnet.evaluation.motion.idle_life import COMPARED, idle_face, idle_figure, idle_tables, measured_idle
from cemnet.motion.idle_statistics import PARTS, captured_statistics


def test_a_face_of_each_emotion_idles_at_the_rate_of_the_takes():
    motion = idle_face("fear", 3.0, seed=0)
    assert motion.num_frames == 180 and motion.fps == 60


@pytest.mark.slow
def test_ours_is_as_the_captured_faces_in_what_was_taken_over():
    captured = captured_statistics()
    ours = measured_idle(list(captured), 60.0, 2)
    for emotion in captured:
        assert 0.4 < ours[emotion].blinks.per_minute / captured[emotion].blinks.per_minute < 1.2
        assert ours[emotion].gaze.sideways_share == pytest.approx(captured[emotion].gaze.sideways_share, abs=0.2)
    darts = {emotion: found.gaze.saccades_a_minute for emotion, found in ours.items()}
    assert darts["fear"] > 2 * darts["sad"] > 2 * 0.9 * darts["angry"]
    events, parts = idle_tables(captured, ours)
    assert len(events.rows) == len(COMPARED) and len(parts.rows) == 3 * len(PARTS)
    assert idle_figure(captured, ours).image.width > 1000
