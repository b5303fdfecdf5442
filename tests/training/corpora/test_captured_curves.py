"""Captured curves come at the motion's rate, and what a take does not move is not taken for stillness."""

import numpy as np
import pytest

from cemnet.arkit import ARKIT_INDEX
from cemnet.errors import MediaError
from cemnet.training.corpora.captured_curves import read_captured_curves


def write(path, **changed):
    frames = np.arange(90)
    values = np.stack([0.5 + 0.5 * np.sin(frames / 8), np.zeros(90)], axis=1).astype(np.float32)
    arrays = {"names": np.array(["jawOpen", "mouthPucker"]), "values": values, "fps": np.array(30)} | changed
    np.savez(path, **arrays)
    return path


def test_curves_are_resampled_and_still_ones_are_unknown(tmp_path):
    expression, known = read_captured_curves(write(tmp_path / "take.npz"))
    assert expression.shape == (75, 52)
    middles = (np.arange(75) + 0.5) / 25
    expected = 0.5 + 0.5 * np.sin((middles * 30 - 0.5) / 8)
    np.testing.assert_allclose(expression[:, ARKIT_INDEX["jawOpen"]], expected, atol=5e-3)
    assert known[ARKIT_INDEX["jawOpen"]] and known.sum() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"names": np.array(["jawOpen", "mouth_oh"])},
        {"values": np.full((90, 2), np.nan, np.float32)},
        {"fps": np.array(0)},
    ],
)
def test_other_curves_are_refused_with_a_sentence(tmp_path, changed):
    with pytest.raises(MediaError, match=r"take\.npz"):
        read_captured_curves(write(tmp_path / "take.npz", **changed))


def test_a_damaged_file_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "take.npz").write_bytes(b"broken")
    with pytest.raises(MediaError, match="cannot be read"):
        read_captured_curves(tmp_path / "take.npz")
