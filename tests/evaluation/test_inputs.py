"""Speakers who are held out of training."""

import pytest

from cemnet.errors import CEMNetError
from cemnet.evaluation.inputs import split_speakers
from cemnet.training.networks.feature_clips import full_speaker, generated_clips


@pytest.fixture(scope="module")
def clips():
    return generated_clips(32, seed=0)


def test_speakers_without_clips_are_named(clips):
    held_out, rest = split_speakers(clips, ["babble/babbler_2"])
    assert len(held_out) + len(rest) == len(clips)
    assert {full_speaker(clip) for clip in held_out} == {"babble/babbler_2"}
    with pytest.raises(CEMNetError, match="ravdess/99"):
        split_speakers(clips, ["ravdess/99"])
