"""Installing the pack changes no package that an environment has, and OpenCV comes only where there is none."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest
from paths import REPOSITORY

TORCH = "2.9.1"  # stands in the environments by name alone: it is large, and nothing here runs it
OLD = ("numpy==1.26.4", "scipy==1.12.0", "pillow==10.4.0", "opencv-python==4.10.0.84")
NEW = ("numpy==2.2.6", "pillow==12.0.0", "opencv-contrib-python-headless==4.12.0.88")
BARE = ("numpy==1.26.4", "pillow==10.4.0")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="these old wheels are there for Python 3.11"),
    pytest.mark.skipif(sys.platform == "win32", reason="asks for bin/python"),
]


def pip(environment: Path, *arguments: str) -> str:
    command = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def frozen(environment: Path) -> set[str]:
    """The lines of `pip freeze`."""
    return set(pip(environment, "freeze").split())


def environment_with(folder: Path, packages: tuple[str, ...]) -> Path:
    """An environment with some packages, and with torch as far as pip can see."""
    venv.create(folder, with_pip=True)
    pip(folder, "install", "--quiet", *packages)
    described = next(folder.glob("lib/python*/site-packages")) / f"torch-{TORCH}.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {TORCH}\n")
    (described / "INSTALLER").write_text("pip\n")
    (described / "RECORD").write_text("")
    return folder


def run_install(environment: Path) -> None:
    """Requirements and install.py, as ComfyUI-Manager runs them one after the other."""
    pip(environment, "install", "--quiet", "-r", str(REPOSITORY / "requirements.txt"))
    command = [environment / "bin" / "python", REPOSITORY / "install.py"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("packages", [OLD, NEW], ids=["old", "new"])
def test_what_other_packs_brought_keeps_its_version(tmp_path, packages):
    environment = environment_with(tmp_path, packages)
    before = frozen(environment)
    run_install(environment)
    after = frozen(environment)
    assert before <= after, before - after
    assert {line.split("==")[0] for line in after - before if "opencv" in line} == set()
    assert any(line.startswith("ai-edge-litert==") for line in after)
    run = [environment / "bin" / "python", "-c", "import cv2, numpy, soxr, scipy.signal, ai_edge_litert.interpreter"]
    subprocess.run(run, check=True)


def test_opencv_is_installed_where_there_is_none(tmp_path):
    environment = environment_with(tmp_path, BARE)
    before = frozen(environment)
    run_install(environment)
    added = frozen(environment) - before
    assert before <= frozen(environment)
    assert [line for line in added if "opencv" in line and line.startswith("opencv-python-headless==")]
    subprocess.run([environment / "bin" / "python", "-c", "import cv2"], check=True)
