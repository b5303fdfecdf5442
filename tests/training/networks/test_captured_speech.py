"""Captured takes are learned in parts, but for those kept for testing, and teach the decoder alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_model import SMALL
from torch.utils.data import default_collate

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.errors import MediaError
from cemnet.network import EmotionNetwork
from cemnet.training.corpora.clips import save_clip
from cemnet.training.networks.captured_speech import CapturedSpeech, load_captured_speech, spoken_and_known
from cemnet.training.networks.cross_pairs import CrossPairs
from cemnet.training.networks.losses import course_loss
from cemnet.training.networks.objective import Objective
from cemnet.training.networks.settings import DataSettings

KNOWN = torch.zeros(NUM_EXPRESSIONS, dtype=torch.bool)
KNOWN[[ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthSmileLeft"]]] = True


def captured(clips, num_frames=40):
    """Takes whose jaw opens with the voice."""
    takes = []
    for clip in clips.clips[:2]:
        expression = torch.zeros(len(clip.recordings[0].prosody), NUM_EXPRESSIONS)
        expression[:, ARKIT_INDEX["jawOpen"]] = (1 + clip.recordings[0].prosody[:, 0]).clamp(0, 1)
        takes.append(replace(clip, clip=replace(clip.clip, expression=expression, known=KNOWN)))
    return CapturedSpeech(tuple(takes), num_frames)


def test_a_part_is_heard_and_seen_at_the_same_time(trained_clips):
    part = captured(trained_clips).crop(np.random.default_rng(0))
    assert part["captured_expression"].shape == (40, NUM_EXPRESSIONS)
    jaw = part["captured_expression"][:, ARKIT_INDEX["jawOpen"]]
    torch.testing.assert_close(jaw, (1 + part["captured_prosody"][:, 0]).clamp(0, 1))


def test_only_what_speech_moves_and_the_take_knows_counts():
    counted = spoken_and_known(KNOWN)
    assert counted[ARKIT_INDEX["jawOpen"]] == 1 and counted.sum() == 1


def test_takes_kept_for_testing_are_left_out(trained_clips, tmp_path):
    (tmp_path / "clips").mkdir()
    for take in captured(trained_clips).takes:
        save_clip(tmp_path / "clips", take.clip)
    first, second = (f"{take.clip.source}/{take.clip.name}" for take in captured(trained_clips).takes)
    settings = DataSettings(captured=(str(tmp_path / "clips"),), captured_test_takes=(first,), crop_seconds=1.0)
    speech = load_captured_speech(settings, tmp_path / "features", torch.device("cpu"), 0)
    assert speech is not None and [f"{take.clip.source}/{take.clip.name}" for take in speech.takes] == [second]
    with pytest.raises(MediaError, match="No take"):
        load_captured_speech(
            replace(settings, captured_test_takes=(first, second)), tmp_path / "features", torch.device("cpu"), 0
        )
    assert load_captured_speech(DataSettings(), tmp_path, torch.device("cpu"), 0) is None


def test_a_course_is_alike_whatever_its_size_and_place():
    curve = torch.rand(2, 50, NUM_EXPRESSIONS, generator=torch.Generator().manual_seed(0))
    known = torch.ones(2, NUM_EXPRESSIONS)
    assert course_loss(0.3 * curve + 0.2, curve, known) < 0.01
    assert course_loss(1 - curve, curve, known) > 2.5
    assert course_loss(curve.flip(1), curve, known) > 1.0
    assert course_loss(1 - curve, curve, 0 * known) == 0


@pytest.mark.slow
def test_captured_speech_teaches_the_decoder_and_nothing_else(trained_clips, trained_voices):
    torch.manual_seed(0)
    pairs = CrossPairs(trained_clips, trained_voices, 1.6, 8, captured=captured(trained_clips))
    batch = default_collate([pairs[index] for index in range(8)])
    network = EmotionNetwork(SMALL)
    network.audio_emotion.standardised(*trained_voices.scale)
    losses = Objective(network, heard_share=0.5)(batch)
    losses["captured"].backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in network.motion_decoder.parameters())
    for module in (network.audio_emotion, network.emotion_memory):
        assert all(p.grad is None or p.grad.abs().sum() == 0 for p in module.parameters())
