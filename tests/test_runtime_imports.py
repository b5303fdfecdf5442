"""Who only makes videos needs no more packages than pyproject.toml declares, and none that compiles at first use."""

import re
import subprocess
import sys

import pytest
from import_graph import read_imports
from paths import REPOSITORY

FOR_TRAINING = ("cemnet.training", "cemnet.evaluation")
MODULES = {"pillow": "PIL", "opencv-python-headless": "cv2", "ai-edge-litert": "ai_edge_litert"}  # others are alike
OF_EXTRAS = {"torchaudio", "pygltflib", "pythonosc"}  # imported where they are asked for, see LISTEN
HEAVY = ("librosa", "numba", "llvmlite", "sklearn", "kornia", "accelerate", "matplotlib", "yaml")
LISTEN = """
import sys
for name in sys.argv[2:]:
    sys.modules[name] = None  # as if it were not installed
from cemnet.cli.commands import main
main(["inspect-speech", sys.argv[1]])
"""


@pytest.fixture(scope="module")
def declared() -> set[str]:
    """The modules of the packages that pyproject.toml asks for beside its extras."""
    text = (REPOSITORY / "pyproject.toml").read_text().split("[project.optional-dependencies]")[0]
    packages: set[str] = set(re.findall(r'^    "([\w-]+)>=', text, re.MULTILINE))
    return {MODULES.get(package, package) for package in packages}


@pytest.mark.slow
def test_library_and_nodes_import_what_is_declared_and_nothing_else(declared):
    own = ("cemnet", "nodes")
    imports = [
        each for each in read_imports(REPOSITORY, own) if not each.source.startswith(FOR_TRAINING) and each.target
    ]
    found = {each.target.split(".")[0] for each in imports} - sys.stdlib_module_names - set(own)
    comfyui = {name for name in found if name.startswith("comfy") or name in ("folder_paths", "server")}
    assert found - comfyui - OF_EXTRAS == declared


@pytest.mark.slow
def test_a_voice_of_any_rate_is_heard_without_the_packages_of_training(samples):
    command = [sys.executable, "-c", LISTEN, str(samples / "speech.mp3"), *HEAVY, *OF_EXTRAS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    assert "angry" in done.stdout
