"""The registry's own check passes on what is distributed, without a warning."""

import subprocess
import sys
import venv

import pytest
from distribution import copy_distribution
from paths import REPOSITORY


@pytest.mark.slow
@pytest.mark.skipif(not (REPOSITORY / ".git").exists(), reason="asks git which files there are")
@pytest.mark.skipif(sys.platform == "win32", reason="asks for bin/python")
def test_comfy_node_validate_passes(tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / "bin"
    constraints = ["-c", str(REPOSITORY / "constraints.txt")]
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", *constraints, "comfy-cli"], check=True)
    command = [programs / "comfy", "--skip-prompt", "--no-enable-telemetry", "node", "validate"]
    done = subprocess.run(command, cwd=copy_distribution(tmp_path / "cemnet"), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warnings found" not in done.stdout, done.stdout
