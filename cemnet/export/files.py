"""Writes the networks as ONNX files, after a trial of each in onnxruntime beside PyTorch.

PyTorch's older exporter is used, which traces: its files are smaller, are made five times faster, and need no further
package. It is told to be old; all modules here are also such that the newer one takes them.
"""

import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from jaxtyping import Float
from safetensors import safe_open

from ..arkit import ARKIT_NAMES, EMOTIONS
from ..emotion.states import SHOWN_EMOTIONS
from ..errors import CEMNetError
from ..output_file import OutputFile, check_output
from .graphs import Graph, Networks, free_axes
from .trials import TRIAL_SECONDS, Tensors, Trial, trial

OPSET = 17
LARGEST_DIFFERENCE = 1e-3  # between PyTorch and onnxruntime, of values whose largest is about 1 or more: see `differs`
NAMES = ("encoder", "hearing", "bridge", "refiner")
Arrays = Mapping[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class Exported:
    """A file that was written, and how far onnxruntime's outputs lay from PyTorch's in the trials."""

    path: Path
    size: int  # bytes
    difference: float


def export_files(folder: Path) -> list[Path]:
    """The files that an export writes into a folder."""
    return [folder / f"{name}.onnx" for name in NAMES]


def check_export(folder: Path, overwrite: bool) -> None:
    """Raises CEMNetError where the files cannot be written, or the packages that an export needs are absent."""
    if folder.exists() and not folder.is_dir():
        raise CEMNetError(f"{folder} is a file. Give --onnx a folder.")
    for path in export_files(folder):
        check_output(path, overwrite, [".onnx"], "network", CEMNetError, new_folder=True)
    for name in ("onnx", "onnxruntime"):
        needed(name)


def needed(name: str) -> ModuleType:
    """A package of the extra `export`; CEMNetError where it is absent or broken."""
    try:
        return import_module(name)
    except ImportError as error:
        raise CEMNetError(
            f"An export needs the package {name}, which cannot be imported ({error}). "
            "Install it: pip install onnx onnxruntime"
        ) from None


def export_networks(
    folder: Path, folders: Sequence[Path] = (), weights: str = "best", overwrite: bool = False
) -> list[Exported]:
    """Writes encoder, hearing, bridge and refiner as ONNX into a folder, which is made where it does not exist.

    `weights` and `folders` are those of `load_model`. Each network is first tried in onnxruntime on two lengths: where
    one differs from PyTorch by more than LARGEST_DIFFERENCE nothing is written. CEMNetError then, where a file exists
    without `overwrite`, and where onnx or onnxruntime is absent; MissingModelError for weights that are unusable.
    """
    check_export(folder, overwrite)
    networks = Networks.load(folders, weights)
    trials = [trial(networks, seconds) for seconds in TRIAL_SECONDS]
    made = []
    for graph in networks.graphs():
        content = described(graph, traced(graph, trials[0].inputs[graph.name]))
        made.append((graph.name, content, tried(graph, content, trials)))
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content, difference in made:
        path = folder / f"{name}.onnx"
        with OutputFile(path, overwrite, CEMNetError) as file:
            file.partial.write_bytes(content)
        written.append(Exported(path, len(content), difference))
    return written


def traced(graph: Graph, inputs: Tensors) -> bytes:
    """The network as the content of an ONNX file."""
    file = io.BytesIO()
    with quiet(), torch.no_grad():
        torch.onnx.export(
            graph.module,
            tuple(inputs[name] for name in graph.inputs),
            file,  # pyright: ignore[reportArgumentType]  (this exporter takes open files, too)
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes={name: free_axes(axes) for name, axes in (graph.inputs | graph.outputs).items()},
            opset_version=OPSET,
            dynamo=False,
        )
    return file.getvalue()


@contextmanager
def quiet() -> Iterator[None]:
    """Without the exporter's words: that it is old, and that lengths which are fixed were taken for constants."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def described(graph: Graph, content: bytes) -> bytes:
    """The same file with the lengths of its outputs, and metadata: licence, data and config of the weights, names."""
    onnx = needed("onnx")
    model = onnx.load_from_string(content)
    for value in model.graph.output:  # the exporter guesses their free lengths by names of its own
        shape = value.type.tensor_type.shape
        del shape.dim[:]
        for axis in graph.outputs[value.name]:
            shape.dim.add(**{"dim_param" if isinstance(axis, str) else "dim_value": axis})
    with safe_open(graph.weights, framework="pt") as file:
        stored = file.metadata() or {}
    about = {name: stored[name] for name in ("license", "data", "config") if name in stored}
    about |= {
        "weights": graph.weights.name,
        "emotions": json.dumps(EMOTIONS),
        "shown": json.dumps([EMOTIONS[index] for index in SHOWN_EMOTIONS]),
        "expressions": json.dumps(ARKIT_NAMES),
        "cemnet": version(),
    }
    onnx.helper.set_model_props(model, about)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def version() -> str:
    """The installed version of the library; empty where it runs from a folder that was never installed."""
    try:
        return metadata.version("cemnet")
    except metadata.PackageNotFoundError:
        return ""


def tried(graph: Graph, content: bytes, trials: Sequence[Trial]) -> float:
    """The largest difference between a file's outputs and what is expected; CEMNetError where it is too large."""
    session = needed("onnxruntime").InferenceSession(content, providers=["CPUExecutionProvider"])
    largest = 0.0
    for each in trials:
        given = {name: value.numpy() for name, value in each.inputs[graph.name].items()}
        found = session.run(list(graph.outputs), given)
        for name, values in zip(graph.outputs, found, strict=True):
            expected = each.expected[graph.name][name].numpy()
            difference = differs(values, expected)
            largest = max(largest, difference)
            if not difference <= LARGEST_DIFFERENCE:
                raise CEMNetError(
                    f"The exported {graph.name} cannot be used: its {name} differs by {difference:.2g} from PyTorch's. "
                    "Nothing was written. Try the versions of torch, onnx and onnxruntime in constraints.txt."
                )
    return largest


def differs(found: Float[np.ndarray, "..."], expected: Float[np.ndarray, "..."]) -> float:
    """The largest difference, as a share of the largest value where that is more than 1; infinite for another shape."""
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))
