"""Hearing over windows without loops says what the loops say."""

import pytest
import torch

from cemnet.config import AudioEmotionConfig
from cemnet.emotion import persistence
from cemnet.emotion.audio_emotion import MIN_VOICED_FRAMES, Windows, window_statistics
from cemnet.errors import CEMNetError
from cemnet.export.windows import SlidingWindows, lasting_belief, steps_of

CONFIG = AudioEmotionConfig()
LENGTHS = [1, 4, 5, 6, 9, 10, 14, 15, 16, 37, 100, 251, 700]
HOPS = [0.4, 0.2, 0.36, 0.04]


def made_voicing(num_frames: int) -> torch.Tensor:
    """Words of a third of a second to a second, and pauses of about as long."""
    rng = torch.Generator().manual_seed(num_frames)
    lengths = torch.randint(4, 25, (num_frames,), generator=rng)
    return (torch.arange(len(lengths)) % 2 == 0).repeat_interleave(lengths)[:num_frames].float()


@pytest.mark.parametrize("num_frames", LENGTHS)
@pytest.mark.parametrize("hop", HOPS)
def test_windows_lie_where_those_of_the_library_do(num_frames, hop):
    windows = Windows.over(num_frames, CONFIG.window_seconds, hop)
    assert int(SlidingWindows(CONFIG.window_seconds, hop).count(num_frames)) == len(windows)


@pytest.mark.parametrize("num_frames", LENGTHS)
@pytest.mark.parametrize("hop", HOPS)
def test_statistics_and_presence_are_those_of_the_library(num_frames, hop):
    rng, voicing = torch.Generator().manual_seed(0), made_voicing(num_frames)
    hidden, voice = torch.randn(1, 3, num_frames, 6, generator=rng), torch.rand(1, num_frames, 5, generator=rng)
    voice[..., 3] = voicing
    windows, sliding = Windows.over(num_frames, CONFIG.window_seconds, hop), SlidingWindows(CONFIG.window_seconds, hop)
    weights = windows.weights(0, len(windows), voicing.unsqueeze(0))
    reached = windows.reached(0, len(windows))
    expected = window_statistics(hidden[:, :, reached], voice[:, reached], weights)[0]
    features = torch.cat([hidden[0, 1], hidden[0, 2], voice[0]], dim=1)
    torch.testing.assert_close(sliding.statistics(features, voicing), expected, atol=1e-4, rtol=1e-4)
    presence = (voicing[reached] * (weights[0] > 0)).sum(dim=-1) / MIN_VOICED_FRAMES
    torch.testing.assert_close(sliding.presence(voicing), presence.clamp_max(1.0))


@pytest.mark.parametrize("num_frames", LENGTHS)
def test_pauses_are_those_of_the_library(num_frames):
    voicing = made_voicing(num_frames)
    windows = Windows.over(num_frames, CONFIG.window_seconds, CONFIG.hop_seconds)
    expected = persistence.pauses(voicing.unsqueeze(0), windows.centres)[0]
    found = SlidingWindows(CONFIG.window_seconds, CONFIG.hop_seconds).pauses(voicing)
    assert found[:-1].tolist() == expected.tolist()


def test_a_sound_without_any_voice_has_no_pause():
    assert not SlidingWindows(CONFIG.window_seconds, CONFIG.hop_seconds).pauses(torch.zeros(100)).any()


@pytest.mark.parametrize("num_windows", [1, 2, 3, 8, 75, 1000])
def test_the_lasting_belief_is_that_of_the_library(num_windows):
    rng = torch.Generator().manual_seed(num_windows)
    belief = (4 * torch.randn(num_windows, 8, generator=rng)).softmax(dim=1)
    presence = torch.rand(num_windows, generator=rng)
    paused = torch.rand(num_windows, generator=rng) > 0.8
    stays = steps_of(paused, CONFIG.decided_through_pauses, CONFIG.decided_stays)
    expected = persistence.lasting_belief(belief.unsqueeze(0), presence.unsqueeze(0), stays[:-1].unsqueeze(0), 1.0)[0]
    torch.testing.assert_close(lasting_belief(belief, presence, stays, 1.0), expected, atol=1e-5, rtol=1e-4)


def test_windows_between_frames_are_refused():
    with pytest.raises(CEMNetError, match="whole number of frames"):
        SlidingWindows(2.4, 0.41)
