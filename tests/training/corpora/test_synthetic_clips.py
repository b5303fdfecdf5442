"""Clips of synthesised sentences differ in voice and repeat by seed."""

import pytest
from needed_programs import needs_espeak, needs_flite

from cemnet.training.corpora.synthetic_clips import synthetic_clips


@pytest.mark.slow
@needs_espeak
@needs_flite
def test_synthetic_clips_differ_in_voice_and_repeat_by_seed():
    first, again = (list(synthetic_clips(6, seed=3)) for _ in range(2))
    assert len({one.speaker for one in first}) > 2
    for one, other in zip(first, again, strict=True):
        assert one.name == other.name and one.speaker == other.speaker
        assert [span.phoneme for span in one.phonemes] == [span.phoneme for span in other.phonemes]
        assert one.duration_seconds == pytest.approx(other.duration_seconds, abs=0.05)  # espeak-ng's voices flutter
        assert one.phonemes[0].phoneme == "SIL" and len(one.phonemes) > 10
