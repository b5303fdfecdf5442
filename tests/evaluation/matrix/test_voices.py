"""The choice of clips and of the frames that are judged."""

from dataclasses import replace

import pytest
import torch

from cemnet.arkit import EMOTIONS
from cemnet.evaluation.matrix.voices import apex_frames, cell_voices, choose_clips
from cemnet.training.networks.feature_clips import full_speaker

pytestmark = pytest.mark.slow


def test_apex_frames_are_the_loudest_moments_apart_from_each_other(voices):
    course = torch.zeros(voices[0].speech.num_frames)
    course[[5, 7, 30]] = torch.tensor([0.9, 1.0, 0.5])
    assert apex_frames(replace(voices[0].speech, course=course), 2) == [7, 30]


def test_clips_take_turns_among_speakers_and_none_is_of_another_speaker(clips):
    wanted = ["babble/babbler_0", "babble/babbler_1"]
    mixed = [replace(clip, speaker=f"babbler_{index // 8 % 4}") for index, clip in enumerate(clips)]
    chosen = choose_clips(mixed, wanted, per_emotion=2, seed=0)
    assert len(chosen) == 2 * len(EMOTIONS)
    for emotion in EMOTIONS:
        assert sorted(full_speaker(clip) for clip in chosen if clip.emotion == emotion) == wanted


def test_voices_change_from_portrait_to_portrait(voices):
    happy = [replace(voices[0], clip=str(number)) for number in range(4)]
    first, second = (cell_voices(happy, "happy", turn, 2) for turn in (0, 1))
    assert {voice.clip for voice in first} | {voice.clip for voice in second} == {"0", "1", "2", "3"}
    assert cell_voices(happy, "sad", 0, 2) == []
