"""Networks that a user brings give their measures, and what is no such network is one sentence."""

import numpy as np
import pytest
import torch
from torch import nn

from cemnet.errors import CEMNetError, MissingModelError
from cemnet.evaluation.videos.backbones import (
    SYNC_FRAMES,
    SYNC_SAMPLES,
    Backbone,
    frechet_distance,
    perceptual_distance,
    picture_features,
    sync_scores,
)


class MeanError(nn.Module):
    """In place of LPIPS: the mean absolute difference."""

    def forward(self, shown, wanted):
        return (shown - wanted).abs().mean(dim=(1, 2, 3))


class MeanColours(nn.Module):
    """In place of Inception."""

    def forward(self, pictures):
        return pictures.mean(dim=(2, 3))


class Brightness(nn.Module):
    """In place of SyncNet: the brightness of the middle picture, and the sound's first sample."""

    def forward(self, pictures, sound):
        return pictures[:, :, 2].mean(dim=(1, 2, 3)).unsqueeze(1), sound[:, :1]


def saved(tmp_path, module, example):
    path = tmp_path / "network.pt"
    torch.jit.save(torch.jit.trace(module, example), str(path))
    return Backbone(path, "network")


def pictures(levels, side=8):
    return [np.full((side, side, 3), level, np.uint8) for level in levels]


def test_a_perceptual_distance_is_the_mean_over_pairs(tmp_path):
    network = saved(tmp_path, MeanError(), (torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)))
    pairs = list(zip(pictures([0] * 20), pictures([51] * 20), strict=True))
    assert perceptual_distance(network, pairs) == pytest.approx(0.4)  # a fifth of the way from -1 to 1


def test_a_network_of_the_newer_kind_is_read_too(tmp_path):
    batch = torch.export.Dim("batch")
    example = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    program = torch.export.export(MeanError(), example, dynamic_shapes=({0: batch}, {0: batch}))
    torch.export.save(program, tmp_path / "network.pt2")
    pairs = list(zip(pictures([0] * 20), pictures([51] * 20), strict=True))
    assert perceptual_distance(Backbone(tmp_path / "network.pt2", "network"), pairs) == pytest.approx(0.4)


def test_features_come_in_rows_and_known_gaussians_are_a_known_distance_apart(tmp_path):
    network = saved(tmp_path, MeanColours(), torch.rand(2, 3, 8, 8))
    assert picture_features(network, pictures(range(40))).tolist() == [[level] * 3 for level in range(40)]
    rng = np.random.default_rng(0)
    first = rng.normal(0, 1, (4000, 2))
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(first, first + np.array([3.0, 4.0])) == pytest.approx(25, rel=1e-6)
    assert frechet_distance(first, 2 * first) == pytest.approx(2, rel=0.05)  # of each axis (2 - 1)²
    assert np.isnan(frechet_distance(first[:1], first))


def test_sound_that_goes_with_the_pictures_is_confident_and_shuffled_sound_is_not(tmp_path):
    example = torch.rand(2, 3, SYNC_FRAMES, 8, 8), torch.rand(2, SYNC_SAMPLES)
    network = saved(tmp_path, Brightness(), example)
    levels = np.random.default_rng(0).integers(0, 200, 90)
    heard = torch.zeros(90, 640)
    heard[:-2, 0] = torch.from_numpy(levels[2:]).float()  # of the middle picture of each window
    distance, confidence = sync_scores(network, pictures(levels), heard.flatten())
    assert distance == pytest.approx(0, abs=1e-3) and confidence > 30
    late = torch.cat([torch.zeros(4 * 640), heard.flatten()[: -4 * 640]])
    assert sync_scores(network, pictures(levels), late)[0] == pytest.approx(0, abs=1e-3)
    shuffled = heard[torch.randperm(90, generator=torch.Generator().manual_seed(0))].flatten()
    assert sync_scores(network, pictures(levels), shuffled)[0] > 30
    assert np.isnan(sync_scores(network, pictures(levels[:20]), heard.flatten())[0])


def test_a_file_that_is_none_or_is_missing_is_one_sentence(tmp_path):
    with pytest.raises(MissingModelError, match="There is no SyncNet"):
        Backbone(tmp_path / "no.pt", "SyncNet")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(MissingModelError, match=r"is no TorchScript file .*docs/benchmark\.md") as refused:
        Backbone(tmp_path / "text.pt", "SyncNet")
    assert len(str(refused.value).splitlines()) == 1


def test_a_network_that_wants_something_else_is_one_sentence(tmp_path):
    network = saved(tmp_path, nn.Linear(4, 2), torch.rand(1, 4))
    with pytest.raises(CEMNetError, match="does not take 3 × 3 × 8 × 8") as refused:
        picture_features(network, pictures(range(3)))
    assert len(str(refused.value).splitlines()) == 1
    with pytest.raises(CEMNetError, match="a row for each of 3 inputs"):
        saved(tmp_path, nn.Flatten(0), torch.rand(1, 4))(torch.rand(3, 4))
