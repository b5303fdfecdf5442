"""Weights come back with their config, from the folder that goes first; what is missing or broken is named."""

import pytest
import torch

from cemnet.checkpoint import find_weights, load_checkpoint, save_checkpoint
from cemnet.errors import MissingModelError

CONFIG = {"width": 3, "nested": {"rate": 0.5}}


def test_tensors_and_config_come_back(tmp_path):
    tensors = {"weight": torch.rand(4, 3).T, "bias": torch.arange(3)}  # one of them not contiguous
    save_checkpoint(tmp_path / "model.safetensors", tensors, CONFIG, "made up", "none")
    loaded, config = load_checkpoint(tmp_path / "model.safetensors")
    assert config == CONFIG
    assert set(loaded) == set(tensors)
    for name, tensor in tensors.items():
        assert torch.equal(loaded[name], tensor)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_file_without_config_has_an_empty_one(tmp_path):
    from safetensors.torch import save_file

    save_file({"bias": torch.zeros(1)}, tmp_path / "plain.safetensors")
    assert load_checkpoint(tmp_path / "plain.safetensors")[1] == {}


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(MissingModelError, match=r"nowhere\.safetensors are missing"):
        load_checkpoint(tmp_path / "nowhere.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    with pytest.raises(MissingModelError, match=r"broken\.safetensors cannot be read"):
        load_checkpoint(tmp_path / "broken.safetensors")


def test_the_first_folder_that_has_the_file_goes_first(tmp_path, monkeypatch):
    folders = [tmp_path / name for name in ("first", "second", "released")]
    monkeypatch.setattr("cemnet.checkpoint.RELEASED_WEIGHTS", folders[2])
    for folder in folders:
        folder.mkdir()
    for folder in reversed(folders):
        (folder / "a.safetensors").write_bytes(b"")
        assert find_weights("a.safetensors", folders[:2]) == folder / "a.safetensors"


def test_weights_that_are_nowhere_are_named_with_every_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("cemnet.checkpoint.RELEASED_WEIGHTS", tmp_path / "released")
    with pytest.raises(MissingModelError) as missing:
        find_weights("a.safetensors", [tmp_path / "own"])
    for word in ("a.safetensors", str(tmp_path / "own"), str(tmp_path / "released")):
        assert word in str(missing.value)
