"""ONNX files give what PyTorch gives, at lengths that were not traced; and nothing is overwritten or half written."""

import json
import sys

import numpy as np
import pytest
import torch
from small_model import SMALL

from cemnet.checkpoint import save_checkpoint
from cemnet.cli.commands import main
from cemnet.errors import CEMNetError
from cemnet.export import files
from cemnet.export.files import NAMES, differs, export_networks
from cemnet.export.graphs import Networks
from cemnet.export.trials import trial
from cemnet.network import NETWORK_SETS, EmotionNetwork

onnx = pytest.importorskip("onnx", reason="needs onnx and onnxruntime (the export extra)")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnx and onnxruntime (the export extra)")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with small emotion networks in place of both released ones, each of its own licence."""
    folder = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(NETWORK_SETS.values()):
        torch.manual_seed(seed)
        network = EmotionNetwork(SMALL)
        save_checkpoint(folder / name, network.state_dict(), SMALL.to_dict(), "made", f"licence of {name}")
    return folder


@pytest.fixture(scope="module")
def exported(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "new" / "folder"
    return folder, export_networks(folder, [models], "free")


def test_four_files_are_written_and_agree_with_pytorch(exported):
    folder, written = exported
    assert [each.path for each in written] == [folder / f"{name}.onnx" for name in NAMES]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.onnx" for name in NAMES)
    for each in written:
        assert each.size == each.path.stat().st_size
        assert each.difference < 1e-4, each


@pytest.mark.parametrize("name", NAMES)
def test_lengths_are_free(exported, models, name):
    folder, _ = exported
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx")
    other = trial(Networks.load([models], "free"), 1.234)  # seconds that no trial of the export has
    found = session.run(None, {key: value.numpy() for key, value in other.inputs[name].items()})
    for output, values in zip(session.get_outputs(), found, strict=True):
        expected = other.expected[name][output.name].numpy()
        assert len(output.shape) == expected.ndim
        assert all(
            isinstance(axis, str) or axis == size for axis, size in zip(output.shape, expected.shape, strict=True)
        )
        assert differs(values, expected) < 1e-4, output.name


def test_the_files_carry_licence_config_and_names(exported):
    folder, _ = exported
    about = onnxruntime.InferenceSession(folder / "bridge.onnx").get_modelmeta().custom_metadata_map
    assert about["license"] == f"licence of {NETWORK_SETS['free']}"
    assert about["weights"] == NETWORK_SETS["free"]
    assert json.loads(about["config"]) == json.loads(json.dumps(SMALL.to_dict()))
    assert json.loads(about["emotions"])[0] == "neutral"
    assert json.loads(about["shown"])[0] == "happy"
    assert len(json.loads(about["expressions"])) == 52


def test_files_are_kept_without_overwrite(models, tmp_path, capsys):
    (tmp_path / "hearing.onnx").write_bytes(b"mine")
    with pytest.raises(SystemExit):
        main(["export", "--onnx", str(tmp_path), "--models", str(models)])
    assert "hearing.onnx exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["hearing.onnx"]
    assert (tmp_path / "hearing.onnx").read_bytes() == b"mine"


@pytest.mark.slow
def test_the_command_replaces_files_where_it_may_and_prints_differences(models, tmp_path, capsys):
    (tmp_path / "hearing.onnx").write_bytes(b"mine")
    main(["export", "--onnx", str(tmp_path), "--models", str(models), "--overwrite"])
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(NAMES)
    assert all("onnxruntime differs from PyTorch by" in line for line in printed)
    licence = onnxruntime.InferenceSession(tmp_path / "hearing.onnx").get_modelmeta().custom_metadata_map["license"]
    assert licence == f"licence of {NETWORK_SETS['best']}"


@pytest.mark.slow
def test_the_released_weights_are_exported(tmp_path):
    for each in export_networks(tmp_path):
        assert each.difference < 1e-4, each


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(CEMNetError, match=r"is a file\. Give --onnx a folder"):
        export_networks(tmp_path / "out")


@pytest.mark.parametrize("absent", ["onnx", "onnxruntime"])
def test_an_absent_package_is_one_sentence(tmp_path, monkeypatch, capsys, absent):
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(SystemExit):
        main(["export", "--onnx", str(tmp_path / "out")])
    told = capsys.readouterr().err
    assert f"An export needs the package {absent}" in told and "pip install onnx onnxruntime" in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_where_a_file_differs(models, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_DIFFERENCE", 0.0)
    with pytest.raises(CEMNetError, match=r"cannot be used: its \w+ differs by"):
        export_networks(tmp_path / "out", [models])
    assert not (tmp_path / "out").exists()


def test_a_difference_is_relative_to_large_values_and_infinite_for_another_shape():
    assert differs(np.array([1.0, 101.0]), np.array([1.0, 100.0])) == pytest.approx(0.01)
    assert differs(np.array([0.1]), np.array([0.2])) == pytest.approx(0.1)
    assert differs(np.zeros((1, 2)), np.zeros(2)) == float("inf")
    assert not differs(np.array([np.nan]), np.array([1.0])) <= files.LARGEST_DIFFERENCE
