"""Installs what the nodes need, and changes nothing that is there already: ComfyUI-Manager runs this file by itself.

By hand, with ComfyUI's Python: python install.py

Other packs and ComfyUI share the environment. So every package that is there keeps its version, and OpenCV, which comes
in four packages that overwrite each other, is installed only where there is none.
"""

import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
# Not in requirements.txt, as pip alone would replace what is there: the newest of what it needs asks for numpy 2.
FACE_RUNTIME = "ai-edge-litert>=1.4"
OPENCV = "opencv-python-headless>=4.8"
# What other packs break without, if not every package can keep its version.
SHARED = ("numpy", "scipy", "pillow", "torch", "torchvision", "torchaudio", "transformers", "protobuf", "av")


def main() -> None:
    """Installs; where pip cannot without changing what others need, it ends with a sentence."""
    for kept in (installed(), {name: version for name, version in installed().items() if name in SHARED}):
        if install(kept):
            return
    sys.exit(
        "CEM-Net: pip could not install what the nodes need without replacing what is there; its own words stand "
        "above. Update ComfyUI's packages (pip install -r ComfyUI/requirements.txt), then run install.py again."
    )


def wanted() -> list[str]:
    """What to install beside requirements.txt."""
    return [FACE_RUNTIME] if find_spec("cv2") else [FACE_RUNTIME, OPENCV]


def installed() -> dict[str, str]:
    """The version of every package of this Python by its name in lower case."""
    found = ((each.metadata["Name"], each.version) for each in distributions())
    return {name.lower().replace("_", "-"): version for name, version in found if name and version}


def install(kept: dict[str, str]) -> bool:
    """Runs pip, or uv where there is no pip, and keeps some packages at their versions; whether that was possible."""
    uv = [shutil.which("uv") or "uv", "pip", "install", "--python", sys.executable]
    program = [sys.executable, "-m", "pip", "install"] if find_spec("pip") else uv
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in kept.items()), encoding="utf-8")
        command = [*program, "-r", str(REQUIREMENTS), "-c", str(constraints), *wanted()]
        return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
