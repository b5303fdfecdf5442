"""Weights come back with their config, from the folder that goes first; what is missing or broken is named."""

import math
import shutil
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from jaxtyping import Float
from safetensors.torch import save_file

from cemnet.checkpoint import (
    CHECKSUMS,
    RELEASED_WEIGHTS,
    check_arrays,
    checksums,
    find_weights,
    load_checkpoint,
    load_network,
    save_checkpoint,
    sha256,
)
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


def test_a_flipped_bit_in_released_weights_is_noticed(tmp_path):
    name = "reference_emotion.safetensors"
    for file in (name, CHECKSUMS):
        shutil.copy(RELEASED_WEIGHTS / file, tmp_path)
    load_checkpoint(tmp_path / name)
    damaged = bytearray((tmp_path / name).read_bytes())
    damaged[-1001] ^= 1
    (tmp_path / name).write_bytes(damaged)
    with pytest.raises(MissingModelError, match=f"{name} are damaged.*{CHECKSUMS}"):
        load_checkpoint(tmp_path / name)


def test_every_released_file_has_its_checksum():
    sums = {path.name: sha256(path) for path in RELEASED_WEIGHTS.glob("*.safetensors")}
    assert sums == checksums(RELEASED_WEIGHTS), "in cemnet/weights: sha256sum *.safetensors > SHA256SUMS"


def test_a_replaced_file_gets_a_new_checksum_where_it_had_one(tmp_path):
    path, other = tmp_path / "model.safetensors", tmp_path / "other.safetensors"
    (tmp_path / CHECKSUMS).write_text(f"{'0' * 64}  model.safetensors\n{'1' * 64} *kept.safetensors\n")
    for each in (path, other):
        save_checkpoint(each, {"bias": torch.zeros(2)}, CONFIG, "made up", "none")
    assert checksums(tmp_path) == {"model.safetensors": sha256(path), "kept.safetensors": "1" * 64}
    assert load_checkpoint(path)[1] == CONFIG


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_tensor_without_numbers_is_named(tmp_path, value):
    tensors = {"good": torch.zeros(3), "bad": torch.tensor([0.0, value]).half()}
    save_checkpoint(tmp_path / "model.safetensors", tensors, CONFIG, "made up", "none")
    with pytest.raises(MissingModelError, match=r"model\.safetensors are damaged: not all of bad"):
        load_checkpoint(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    "config",
    ["{", "[1]", "3", "[" * 100_000, '{"width": NaN}'],
)
def test_a_config_that_is_none_is_refused(tmp_path, config):
    save_file({"bias": torch.zeros(1)}, tmp_path / "model.safetensors", {"config": config})
    with pytest.raises(MissingModelError, match=r"model\.safetensors cannot be read"):
        load_checkpoint(tmp_path / "model.safetensors")


NETWORK_DAMAGE = {
    "missing": (lambda tensors: tensors.pop("bias"), "bias is missing"),
    "extra": (lambda tensors: tensors.update(more=torch.zeros(1)), "nothing needs their more"),
    "shape": (lambda tensors: tensors.update(bias=torch.zeros(2, 1)), "bias is 2 × 1, not 2"),
}


@pytest.mark.parametrize("damage", NETWORK_DAMAGE)
def test_the_tensor_that_does_not_fit_a_network_is_named(tmp_path, damage):
    change, words = NETWORK_DAMAGE[damage]
    tensors, path = dict(torch.nn.Linear(3, 2).state_dict()), tmp_path / "model.safetensors"
    save_checkpoint(path, tensors, CONFIG, "made up", "none")
    build = lambda config: torch.nn.Linear(config["width"], 2)  # noqa: E731
    assert torch.equal(load_network(path, build).weight, tensors["weight"])
    change(tensors)
    save_checkpoint(path, tensors, CONFIG, "made up", "none")
    with pytest.raises(MissingModelError, match=words) as refused:
        load_network(path, build)
    assert str(path) in str(refused.value)


def test_a_config_of_another_network_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, dict(torch.nn.Linear(3, 2).state_dict()), {"width": 3}, "made up", "none")
    with pytest.raises(MissingModelError, match="config does not fit"):
        load_network(path, lambda config: torch.nn.Linear(config["height"], 2))


@pytest.mark.parametrize("width", ["1e999", f"1{'0' * 400}", "[90000]", '{"most": 90000}'])
def test_a_config_that_asks_for_endless_memory_is_refused(tmp_path, width):
    path = tmp_path / "model.safetensors"
    save_file({"bias": torch.zeros(1)}, path, {"config": f'{{"width": {width}}}'})
    with pytest.raises(MissingModelError, match=r"a setting of (inf|1000|90000)"):
        load_network(path, lambda config: torch.nn.Linear(config["width"], 2))


@dataclass(frozen=True)
class Mesh:
    vertices: Float[np.ndarray, "vertex 3"]
    shade: Float[np.ndarray, "vertex"]
    modes: Float[np.ndarray, "mode vertex"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vertices": torch.zeros(5, 2)}, "vertices is 5 × 2, not vertex × 3"),
        ({"shade": torch.zeros(4)}, "shade is 4, not vertex"),
        ({"modes": torch.zeros(2, 5)}, "modes is 2 × 5, not mode × vertex"),
        ({"shade": torch.zeros(5, 1)}, "shade is 5 × 1, not vertex"),
        ({"more": torch.zeros(1)}, "nothing needs their more"),
    ],
)
def test_the_array_that_does_not_fit_its_annotation_is_named(tmp_path, change, words):
    tensors = {"vertices": torch.zeros(5, 3), "shade": torch.zeros(5), "modes": torch.zeros(3, 5)}
    check_arrays(tmp_path / "mesh", tensors, Mesh, {"mode": 3})
    with pytest.raises(MissingModelError, match=words):
        check_arrays(tmp_path / "mesh", tensors | change, Mesh, {"mode": 3})
