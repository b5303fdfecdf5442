"""The samples among ComfyUI's inputs: run in ComfyUI's own environment (`make test-comfy`)."""

# ruff: noqa: E402 (the modules of ComfyUI are there only in its own environment)

import json
import logging
import sys
from importlib import import_module
from pathlib import Path

import pytest

comfy_arguments = pytest.importorskip("comfy.cli_args", reason="runs in ComfyUI's own environment: make test-comfy")
comfy_arguments.args.cpu = True  # before the rest of ComfyUI is imported
pytest_plugins = ["comfyui.pack"]

import folder_paths
from paths import REPOSITORY

FILE_INPUTS = {"LoadImage": "image", "LoadAudio": "audio", "LoadVideo": "file", "CEMNetLoadMotion": "file"}


@pytest.fixture
def offer_samples(nodes):
    """The pack's own function, which ComfyUI imports under another name than the tests."""
    return sys.modules[nodes["CEMNetLoader"].__module__.rpartition(".")[0] + ".samples"].offer_samples


def test_the_samples_are_there_when_the_pack_is_loaded(imported):
    offered = {path.name for path in Path(folder_paths.get_input_directory()).iterdir()}
    for workflow in (REPOSITORY / "workflows" / "api").glob("*.json"):
        for node in json.loads(workflow.read_text()).values():
            if node["class_type"] in FILE_INPUTS:
                assert node["inputs"][FILE_INPUTS[node["class_type"]]] in offered
    assert not {name for name in offered if name.endswith((".py", ".md"))}


def test_load_image_lists_them(imported):
    listed, _ = import_module("nodes").NODE_CLASS_MAPPINGS["LoadImage"].INPUT_TYPES()["required"]["image"]
    assert {"cemnet_portrait.png", "cemnet_two_people.jpg", "cemnet_widescreen.jpg"} <= set(listed)


def test_a_file_of_the_user_is_never_overwritten(offer_samples, tmp_path):
    (tmp_path / "cemnet_portrait.png").write_text("mine")
    (tmp_path / "portrait.png").write_text("mine too")
    (tmp_path / "cemnet_speech.mp3").symlink_to(tmp_path / "gone.mp3")
    offer_samples(tmp_path)
    assert (tmp_path / "cemnet_portrait.png").read_text() == "mine"
    assert (tmp_path / "portrait.png").read_text() == "mine too"
    assert (tmp_path / "cemnet_speech.mp3").is_symlink() and not (tmp_path / "gone.mp3").exists()
    assert (tmp_path / "cemnet_film.mp4").read_bytes() == (REPOSITORY / "samples" / "film.mp4").read_bytes()


def test_an_input_folder_that_takes_no_files_is_told_in_the_log(offer_samples, tmp_path, caplog):
    (tmp_path / "input").write_text("no folder")
    with caplog.at_level(logging.WARNING):
        offer_samples(tmp_path / "input")
    assert "CEM-Net: the samples could not be copied into" in caplog.text
