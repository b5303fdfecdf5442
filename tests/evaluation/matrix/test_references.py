"""Reference portraits that pass detection and the reader like photographs."""

import pytest

from cemnet.evaluation.matrix.references import PUSHED

pytestmark = pytest.mark.slow


def test_pushed_portraits_are_read_back_with_the_emotion_they_were_given(references):
    by_emotion = {reference.emotion: reference for reference in references}
    assert set(by_emotion) == {"happy", "sad"}
    smile = [name for name in ("happy", "sad") if by_emotion[name].face.expression[23] > 0.3]
    assert smile == ["happy"]
    assert {reference.kind for reference in references} == {PUSHED}
