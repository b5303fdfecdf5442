"""Pairs of clips, performed for cross-reconstruction."""

from cemnet.speech.mel import num_motion_frames
from cemnet.training.networks.feature_clips import UNLABELLED


def test_pairs_come_from_the_same_clip_or_from_two(batch, trained_clips):
    assert batch["same_clip"].any()
    assert not batch["same_clip"].all()
    assert batch["expression"].shape == (16, 40, 52)
    assert (batch["judged_style"] != UNLABELLED).all()
    for clip in trained_clips.clips:
        assert len(clip.recordings[0].prosody) == num_motion_frames(len(clip.clip.waveform))
