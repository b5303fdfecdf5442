"""Weights in safetensors files whose metadata hold their config, training data and licence."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from .errors import MissingModelError

RELEASED_WEIGHTS = Path(__file__).parent / "weights"


def save_checkpoint(path: Path, tensors: dict[str, Tensor], config: dict[str, Any], data: str, license: str) -> None:
    """Writes tensors and their config; `data` and `license` are sentences for people. An existing file is replaced."""
    metadata = {"config": json.dumps(config, sort_keys=True), "data": data, "license": license}
    temporary = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary, metadata)
    temporary.replace(path)


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The stored tensors and their config; MissingModelError where the file is missing or unreadable."""
    try:
        with safe_open(path, framework="pt") as file:
            config = json.loads((file.metadata() or {}).get("config", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, config  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise MissingModelError(
            f"The weights {path} are missing. Install the pack again or put the file there."
        ) from None
    except Exception as error:
        raise MissingModelError(f"The weights {path} cannot be read ({error}). Fetch the file again.") from error


def find_weights(name: str, folders: Sequence[Path] = ()) -> Path:
    """The path of a weights file: in the first of the folders that has it, else among the released weights.

    MissingModelError where it is nowhere; its sentence names the folders.
    """
    candidates = [Path(folder) / name for folder in (*folders, RELEASED_WEIGHTS)]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    places = ", ".join(str(candidate.parent) for candidate in candidates)
    raise MissingModelError(f"The weights {name} are missing. Put the file into one of: {places}.")
