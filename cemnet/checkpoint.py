"""Weights in safetensors files whose metadata hold their config, training data and licence.

Loading is strict: a file has exactly the tensors that its reader needs, in the right shapes, all of finite numbers. The
released files have their checksums beside them, in a file as `sha256sum` writes and checks it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .errors import MissingModelError

RELEASED_WEIGHTS = Path(__file__).parent / "weights"
CHECKSUMS = "SHA256SUMS"  # beside the weights: a line for each file, its sha256 and its name
HASHED_AT_ONCE = 1 << 20  # bytes
LARGEST_SETTING = 4096  # of a number in a config: a larger one is damage, and would ask for endless memory
AGAIN = "Fetch the file again."
Network = TypeVar("Network", bound=nn.Module)


def save_checkpoint(path: Path, tensors: dict[str, Tensor], config: dict[str, Any], data: str, license: str) -> None:
    """Writes tensors and their config; `data` and `license` are sentences for people. An existing file is replaced, and
    so is its checksum where one lies beside it."""
    metadata = {"config": json.dumps(config, sort_keys=True), "data": data, "license": license}
    temporary = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary, metadata)
    temporary.replace(path)
    sums = checksums(path.parent)
    if path.name in sums:
        sums[path.name] = sha256(path)
        lines = [f"{digest}  {name}\n" for name, digest in sorted(sums.items())]
        (path.parent / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The stored tensors and their config.

    MissingModelError where the file is missing or unreadable, is not what its checksum says, or holds a number that is
    not finite; its sentence names the file and the tensor.
    """
    try:
        expected = checksums(path.parent).get(path.name)
        if expected is not None and sha256(path) != expected:
            raise MissingModelError(
                f"The weights {path} are damaged, or newer than {CHECKSUMS} beside them. Install the pack again."
            )
        with safe_open(path, framework="pt") as file:
            config = json.loads((file.metadata() or {}).get("config", "{}"), parse_constant=_refuse_number)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        if not isinstance(config, dict):
            raise ValueError("its config names no settings")
        for name, tensor in tensors.items():
            if tensor.is_complex() or not tensor.double().isfinite().all():
                raise MissingModelError(f"The weights {path} are damaged: not all of {name} are numbers. {AGAIN}")
    except MissingModelError:
        raise
    except FileNotFoundError:
        raise MissingModelError(
            f"The weights {path} are missing. Install the pack again or put the file there."
        ) from None
    except Exception as error:
        raise MissingModelError(f"The weights {path} cannot be read ({error}). {AGAIN}") from error
    return tensors, config


def load_network(path: Path, build: Callable[[dict[str, Any]], Network]) -> Network:
    """A network made by `build` of the stored config, with the stored weights in float32, ready to run.

    MissingModelError as for `load_checkpoint`, and where the file is of another network; it names the tensor.
    """
    tensors, config = load_checkpoint(path)
    try:
        _check_sizes(config)
        network = build(config)
    except Exception as error:
        raise MissingModelError(
            f"The weights {path} were made for another network: their config does not fit ({error!r}). {AGAIN}"
        ) from error
    fill(network, tensors, path)
    return network.eval()


def fill(network: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Puts stored tensors into a network, in float32; MissingModelError names the first that is missing or too much,
    or has another shape."""
    needed = network.state_dict()
    _check_names(path, tensors, needed)
    for name, tensor in needed.items():
        if tensors[name].shape != tensor.shape:
            raise MissingModelError(
                f"The weights {path} are of another kind or size than this program needs: {name} is "
                f"{_by(tensors[name].shape)}, not {_by(tensor.shape)}. {AGAIN}"
            )
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})


def check_arrays(path: Path, tensors: Mapping[str, Tensor], kind: type, sizes: Mapping[str, int]) -> None:
    """Raises MissingModelError where tensors are not the fields of a dataclass with the shapes of their annotations.

    `sizes` are those of axis words; any other word stands for one number wherever it occurs in the class.
    """
    annotations: dict[str, Any] = {field.name: field.type for field in fields(kind)}
    _check_names(path, tensors, annotations)
    known = dict(sizes)
    for name, annotation in annotations.items():
        words, shape = annotation.dim_str.split(), tensors[name].shape
        needed = [
            int(word) if word.isdecimal() else known.setdefault(word, size)
            for word, size in zip(words, shape, strict=False)
        ]
        if len(words) != len(shape) or needed != list(shape):
            raise MissingModelError(
                f"The weights {path} are of another kind or damaged: {name} is {_by(shape)}, "
                f"not {annotation.dim_str.replace(' ', ' × ')}. {AGAIN}"
            )


def checksums(folder: Path) -> dict[str, str]:
    """The sha256 of each file that is listed in CHECKSUMS of a folder, by name; empty where there is no such list."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {name.lstrip("*"): digest.lower() for digest, name in (line.split(maxsplit=1) for line in lines if line)}


def sha256(path: Path) -> str:
    """The checksum of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASHED_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


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


def _check_names(path: Path, tensors: Mapping[str, Tensor], needed: Mapping[str, Any]) -> None:
    for name in needed:
        if name not in tensors:
            raise MissingModelError(f"The weights {path} are of another kind or damaged: {name} is missing. {AGAIN}")
    for name in tensors:
        if name not in needed:
            raise MissingModelError(f"The weights {path} are of another kind: nothing needs their {name[:80]}. {AGAIN}")


def _by(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "a single number"


def _check_sizes(config: dict[str, Any]) -> None:
    """Raises ValueError for a config with a number that only damage explains."""
    rest = list(config.values())
    while rest:
        value = rest.pop()
        rest += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if isinstance(value, int | float) and not abs(value) <= LARGEST_SETTING:
            raise ValueError(f"a setting of {str(value)[:20]}")


def _refuse_number(name: str) -> NoReturn:
    raise ValueError(f"its config has a setting of {name}")
