"""Sound comes to another rate exactly as librosa brings it there."""

import librosa
import numpy as np
import pytest
import torch
from made_media import tone

from cemnet.resampling import at_rate, resampled_blocks
from cemnet.types import Audio


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "new_rate"), [(44_100, 16_000), (8_000, 16_000), (7_000, 48_000), (96_000, 16_000)])
@pytest.mark.parametrize("num_samples", [400, 12_345])
def test_resampling_is_librosas(rate, new_rate, num_samples):
    waveform = torch.randn(2, num_samples, generator=torch.Generator().manual_seed(0))
    resampled = at_rate(Audio(waveform, rate), new_rate)
    expected = librosa.resample(waveform.numpy(), orig_sr=rate, target_sr=new_rate, res_type="soxr_hq")
    assert resampled.sample_rate == new_rate
    np.testing.assert_allclose(resampled.waveform.numpy(), expected, atol=1e-6)


def test_what_has_the_rate_already_stays():
    sound = Audio(tone(2, 16_000), 16_000)
    assert at_rate(sound, 16_000) is sound


@pytest.mark.parametrize("num_samples", [1, 2, 5])
def test_a_few_samples_are_enough(num_samples):
    resampled = at_rate(Audio(torch.ones(1, num_samples), 48_000), 16_000)
    assert resampled.waveform.shape == (1, -(-num_samples // 3))


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 96_000])
@pytest.mark.parametrize("num_samples", [1, 7, 30_011])
def test_blocks_of_a_sound_come_out_as_the_whole_of_it(rate, num_samples):
    waveform = torch.randn(1, num_samples, generator=torch.Generator().manual_seed(0))
    blocks = resampled_blocks((block.numpy() for block in waveform[0].split(997)), rate, 16_000)
    whole = at_rate(Audio(waveform, rate), 16_000).waveform[0]
    np.testing.assert_array_equal(np.concatenate(list(blocks)), whole.numpy())
