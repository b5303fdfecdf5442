"""Checks that the packages that install.py installs are there, without importing any of them."""

from importlib.util import find_spec

# Packages that the nodes need by the name under which they are imported.
NEEDED = {
    "torch": "torch",
    "numpy": "numpy",
    "scipy": "scipy",
    "PIL": "pillow",
    "safetensors": "safetensors",
    "soxr": "soxr",
    "av": "av",
    "cv2": "opencv-python-headless",
    "ai_edge_litert": "ai-edge-litert",
    "jaxtyping": "jaxtyping",
    "tqdm": "tqdm",
}


def require_dependencies() -> None:
    """Raises ImportError with a sentence where a package is missing; ComfyUI logs it and starts without the pack."""
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise ImportError(
            f"CEM-Net is switched off because {', '.join(missing)} cannot be found. Run `python "
            "install.py` in the pack's folder with ComfyUI's Python, then start ComfyUI again."
        )
