"""The pack imported as ComfyUI imports it, and its nodes run one by one: fixtures for the tests of the nodes."""

import asyncio
import importlib.util
import sys

import comfy.utils
import folder_paths
import pytest
import torch
from comfyui.install import REPOSITORY
from PIL import Image


def load_pack(name: str):
    """Imports the repository as ComfyUI does: a package named by its path, found by nothing but its place."""
    spec = importlib.util.spec_from_file_location(
        name, REPOSITORY / "__init__.py", submodule_search_locations=[str(REPOSITORY)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """The pack's module, and the names of what came along while ComfyUI loaded it, with an empty input folder."""
    folder_paths.set_input_directory(str(tmp_path_factory.mktemp("input")))
    before = set(sys.modules)
    module = load_pack(str(REPOSITORY).replace(".", "_x_"))
    asyncio.run(module.comfy_entrypoint())
    return module, set(sys.modules) - before


@pytest.fixture(scope="session")
def nodes(imported):
    module, _ = imported
    extension = asyncio.run(module.comfy_entrypoint())
    return {node.GET_SCHEMA().node_id: node for node in asyncio.run(extension.get_node_list())}


def run_node(nodes, node_id: str, **inputs):
    """One node as ComfyUI's executor runs it."""
    node = nodes[node_id].PREPARE_CLASS_CLONE(None)
    with torch.inference_mode():
        return node.EXECUTE_NORMALIZED(**inputs)


@pytest.fixture(scope="session")
def execute(nodes):
    """Runs one node by its id as ComfyUI's executor does, and gives its outputs."""
    return lambda node_id, **inputs: run_node(nodes, node_id, **inputs).result


@pytest.fixture(scope="session")
def shown(nodes):
    """Runs one node by its id as ComfyUI's executor does, and gives what it tells ComfyUI's page."""

    def shown(node_id: str, **inputs):
        told = run_node(nodes, node_id, **inputs).ui
        return told if isinstance(told, dict) else told.as_dict()

    return shown


@pytest.fixture(scope="session")
def sample_image():
    """The sample portrait as an IMAGE batch of one, small enough for a quick test."""
    picture = Image.open(REPOSITORY / "samples" / "portrait.png").convert("RGB")
    picture.thumbnail((384, 384))
    return torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).view(1, picture.height, -1, 3) / 255


@pytest.fixture(scope="session")
def audio():
    """Half a second of a buzzing tone, loud enough to be taken for a voice, in stereo."""
    time = torch.arange(12_000) / 24_000
    harmonics = (torch.sin(2 * torch.pi * 140 * harmonic * time) / harmonic for harmonic in range(1, 9))
    tone = sum(harmonics, torch.zeros_like(time)) / 4
    return {"waveform": tone.expand(1, 2, -1).clone(), "sample_rate": 24_000}


@pytest.fixture(scope="session")
def model(execute):
    return execute("CEMNetLoader", device="auto")[0]


@pytest.fixture(scope="session")
def face(execute, model, sample_image):
    return execute("CEMNetFaceReference", model=model, image=sample_image)[0]


@pytest.fixture(scope="session")
def speech(execute, model, audio):
    return execute("CEMNetAudioEmotionEncoder", model=model, audio=audio)[0]


@pytest.fixture(scope="session")
def motion(execute, model, face, speech):
    return execute("CEMNetEmotionBridge", model=model, face=face, speech=speech)[0]


@pytest.fixture
def progress(monkeypatch):
    """What the progress bar was told: (value, total, preview)."""
    told = []
    monkeypatch.setattr(
        comfy.utils,
        "PROGRESS_BAR_HOOK",
        lambda value, total, preview, node_id=None: told.append((value, total, preview)),
    )
    return told
