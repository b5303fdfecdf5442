"""What the registry distributes, and what ComfyUI makes of it: run in ComfyUI's own environment (`make test-comfy`)."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("comfy", reason="runs in ComfyUI's own environment: make test-comfy")

from distribution import copy_distribution
from paths import REPOSITORY

pytestmark = pytest.mark.skipif(not (REPOSITORY / ".git").exists(), reason="asks git which files there are")

LOAD = """
import asyncio, sys
from comfy.cli_args import args
args.cpu = True
import folder_paths, nodes
folder_paths.set_input_directory('input')
loaded = asyncio.run(nodes.load_custom_node(sys.argv[1]))
names = sorted(name for name in nodes.NODE_CLASS_MAPPINGS if name.startswith("CEMNet"))
print(loaded, len(names), nodes.EXTENSION_WEB_DIRS)
"""
CONFIGURATION = """
import sys
from comfy_config.config_parser import extract_node_configuration
project = extract_node_configuration(sys.argv[1])
print(project.project.name, project.project.version, project.project.license.text, len(project.project.dependencies))
print(project.tool_comfy.publisher_id, "|", project.tool_comfy.display_name)
"""


def run(code: str, folder: Path, cwd: Path) -> str:
    # Without compiled modules, which would stand among the distributed files.
    done = subprocess.run([sys.executable, "-B", "-c", code, str(folder)], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The distributed files in a folder of their own."""
    return copy_distribution(tmp_path_factory.mktemp("custom_nodes") / "cemnet")


def test_what_is_distributed_loads_and_brings_its_pages(package, tmp_path):
    shown = run(LOAD, package, tmp_path)
    assert shown.startswith("True 20 ")
    assert str(package / "web") in shown
    for part in (
        "locales/zh/nodeDefs.json",
        "example_workflows/1 Talking portrait.jpg",
        "requirements.txt",
        "install.py",
    ):
        assert (package / part).is_file()


def test_nothing_that_users_do_not_need_is_distributed(package):
    folders = {path.name for path in package.iterdir() if path.is_dir()}
    assert folders == {
        "cemnet",
        "docs",
        "example_workflows",
        "locales",
        "nodes",
        "samples",
        "subgraphs",
        "web",
        "workflows",
    }
    suffixes = {path.suffix for path in package.rglob("*") if path.is_file()}
    assert not suffixes & {".pyc", ".pyo", ".so", ".exe", ".sh"}


def test_loading_writes_nothing_into_the_pack(package, tmp_path):
    before = set(package.rglob("*"))
    run(LOAD, package, tmp_path)
    assert set(package.rglob("*")) == before


def test_the_registrys_description_can_be_read(package, tmp_path):
    project, pack = run(CONFIGURATION, package, tmp_path).splitlines()
    assert project.split()[0] == "cemnet" and project.split()[2] == "Apache-2.0" and int(project.split()[3]) >= 11
    assert pack == "cemnet | CEM-Net: emotional talking face"
