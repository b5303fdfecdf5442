"""The modules that are exported do what the library's own functions do."""

from pathlib import Path

import pytest
import torch
from small_model import SMALL

from cemnet.emotion.audio_emotion import frames_from_tokens
from cemnet.export.graphs import Hearing, Networks, bridge_graph, free_axes, hearing_graph, timbre
from cemnet.export.trials import listened, made_voice, tone_of
from cemnet.network import EmotionNetwork
from cemnet.render.refiner.network import Refiner, RefinerConfig
from cemnet.speech.mel import log_mel, num_motion_frames
from cemnet.speech.voice_features import voice_features
from cemnet.speech.whisper_encoder import SpeechEncoder
from cemnet.types import SAMPLE_RATE


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    refiner = Refiner(RefinerConfig((4, 4, 4)))
    return Networks(SpeechEncoder().eval(), EmotionNetwork(SMALL).eval(), refiner.eval(), *3 * [Path("no.safetensors")])


@pytest.mark.parametrize("seconds", [0.06, 0.5, 1.21])
def test_the_timbre_of_a_mel_is_that_of_the_sound(seconds):
    waveform = made_voice(seconds)
    num_frames = num_motion_frames(len(waveform))
    expected = voice_features(waveform, num_frames)[:, 4:-4]
    torch.testing.assert_close(timbre(log_mel(waveform).unsqueeze(0), num_frames)[0], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("seconds", [0.06, 3.3])
@pytest.mark.parametrize("normal_known", [False, True])
@torch.no_grad()
def test_hearing_says_what_the_encoder_of_emotion_says(networks, seconds, normal_known):
    waveform = made_voice(seconds)
    num_frames, mel = num_motion_frames(len(waveform)), log_mel(waveform).unsqueeze(0)
    hidden = torch.randn(1, 5, -(-len(waveform) // 320), 384, generator=torch.Generator().manual_seed(1))
    voice = voice_features(waveform, num_frames)
    frames = frames_from_tokens(hidden[0], num_frames)
    normal = torch.rand(3408, generator=torch.Generator().manual_seed(2)) if normal_known else None
    expected = listened(networks, frames, voice, normal)
    unknown = torch.full((3408,), torch.nan)
    graph = hearing_graph(networks.network, networks.encoder, Path())
    found = graph.module(hidden, mel, tone_of(voice).unsqueeze(0), (unknown if normal is None else normal).unsqueeze(0))
    for name, values in zip(graph.outputs, found, strict=True):
        torch.testing.assert_close(values, expected[name], atol=1e-5, rtol=1e-3, msg=name)


def test_named_axes_are_those_of_the_tensors(networks):
    inputs = {
        "content": torch.zeros(1, 7, 41), "prosody": torch.zeros(1, 7, 4), "target": torch.zeros(1, 7, 7),
        "embedding": torch.zeros(1, 7, 16), "expression": torch.zeros(1, 2, 52), "reference": torch.zeros(1, 2, 7),
        "compensation": torch.tensor(1.0),
    }  # fmt: skip
    graph, free = bridge_graph(networks.network, Path()), {"batch": 1, "frame": 7, "portrait": 2}
    outputs = dict(zip(graph.outputs, graph.module(*inputs.values()), strict=True))
    for name, axes in (graph.inputs | graph.outputs).items():
        sizes = [free[axis] if isinstance(axis, str) else axis for axis in axes]
        assert sizes == list((inputs | outputs)[name].shape), name


def test_free_axes_are_those_with_a_word():
    assert free_axes((1, "frame", 52)) == {1: "frame"}


def test_the_windows_of_hearing_are_those_of_its_config(networks):
    windows = Hearing(networks.network.audio_emotion).windows
    assert windows.hop == round(SMALL.audio_emotion.hop_seconds * 25)
    assert SAMPLE_RATE == 16_000
