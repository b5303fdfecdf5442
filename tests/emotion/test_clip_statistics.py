"""A clip is normalised by its own statistics as far as it is long enough to have some."""

import torch

from cemnet.emotion.clip_statistics import ENOUGH_FRAMES, follow_statistics, normalise_over_time

LONG, SHORT = 2 * int(ENOUGH_FRAMES), int(ENOUGH_FRAMES) // 10
USUAL = torch.full((4,), 3.0), torch.full((4,), 2.0)


def clip(num_frames: int, mean: float = 0.0, scale: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return mean + scale * torch.randn(1, num_frames, 4, generator=generator)


def present(values: torch.Tensor) -> torch.Tensor:
    return torch.ones(values.shape[:2], dtype=torch.bool)


def test_how_a_long_clip_sounds_as_a_whole_is_forgotten():
    plain, shifted = clip(LONG, scale=1.5), clip(LONG, mean=20.0, scale=3.0)
    one, other = (normalise_over_time(values, present(values), *USUAL) for values in (plain, shifted))
    torch.testing.assert_close(one, other, atol=1e-3, rtol=0)


def test_a_short_clip_is_compared_with_the_usual_voice():
    values = clip(SHORT, mean=3.0, scale=2.0) + 1.0
    normalised = normalise_over_time(values, present(values), *USUAL)
    usual = (values - 3.0) / 2.0
    assert (normalised - usual).abs().max() < 0.35
    assert normalised.mean() > 0.25  # most of what makes it differ is kept


def test_what_hardly_moves_is_not_blown_up_to_speech():
    silence = clip(LONG, mean=5.0, scale=0.1)
    assert normalise_over_time(silence, present(silence), *USUAL).std() < 0.15


def test_one_frame_and_a_constant_clip_stay_finite():
    for values in (clip(1), torch.full((1, LONG, 4), 7.0)):
        assert normalise_over_time(values, present(values), *USUAL).isfinite().all()


def test_padding_does_not_count():
    values = clip(LONG)
    padded = torch.cat([values, torch.full((1, 30, 4), 50.0)], dim=1)
    there = torch.arange(LONG + 30).unsqueeze(0) < LONG
    whole = normalise_over_time(values, present(values), *USUAL)
    torch.testing.assert_close(normalise_over_time(padded, there, *USUAL)[:, :LONG], whole)


def test_the_usual_statistics_follow_what_is_heard_and_not_the_padding():
    mean, scale = torch.zeros(4), torch.ones(4)
    values = clip(LONG, mean=5.0, scale=2.0)
    padded = torch.cat([values, torch.full((1, LONG, 4), 50.0)], dim=1)
    there = torch.arange(2 * LONG).unsqueeze(0) < LONG
    for _ in range(200):
        follow_statistics(padded, there, mean, scale, pace=0.05)
    torch.testing.assert_close(mean, values.mean((0, 1)), atol=0.01, rtol=0)
    torch.testing.assert_close(scale, values.std((0, 1)), atol=0.05, rtol=0)
