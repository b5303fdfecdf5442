"""Lets torchvision's and torchaudio's CUDA-linked wheels import beside a CPU-only torch.

The installer puts this module and a .pth line that calls `install()` into the test server's environment, so it
acts before ComfyUI's first import. Nothing is imported until torchvision or torchaudio themselves are.

- torchvision registers fake kernels for operators that its unloadable library would have defined: the bare operator
  schemas are defined first. The operators stay unusable; ComfyUI needs none of them here.
- torchaudio raises when one of its libraries cannot be loaded, and falls back to pure Python when there is none: its
  libraries are hidden from it.
"""

import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

_SIZES = "float spatial_scale, SymInt pooled_height, SymInt pooled_width"
_ROIS = f"Tensor input, Tensor rois, {_SIZES}"
_GRADIENT = "int sampling_ratio, SymInt batch_size, SymInt channels, SymInt height, SymInt width) -> Tensor"
_POOL_GRADIENT = f"(Tensor grad, Tensor rois, Tensor argmax, {_SIZES}, {_GRADIENT.removeprefix('int sampling_ratio, ')}"
_DEFORM = (
    "SymInt stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, "
    "SymInt groups, SymInt offset_groups, bool use_mask"
)
TORCHVISION_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    f"roi_align({_ROIS}, int sampling_ratio, bool aligned) -> Tensor",
    f"qroi_align({_ROIS}, int sampling_ratio, bool aligned) -> Tensor",
    f"_roi_align_backward(Tensor grad, Tensor rois, {_SIZES}, SymInt batch_size, SymInt channels, SymInt height, "
    "SymInt width, int sampling_ratio, bool aligned) -> Tensor",
    f"ps_roi_align({_ROIS}, int sampling_ratio) -> (Tensor, Tensor)",
    f"_ps_roi_align_backward(Tensor grad, Tensor rois, Tensor channel_mapping, {_SIZES}, {_GRADIENT}",
    f"roi_pool({_ROIS}) -> (Tensor, Tensor)",
    f"_roi_pool_backward{_POOL_GRADIENT}",
    f"ps_roi_pool({_ROIS}) -> (Tensor, Tensor)",
    f"_ps_roi_pool_backward{_POOL_GRADIENT.replace('argmax', 'channel_mapping')}",
    f"deform_conv2d(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, {_DEFORM}) -> Tensor",
    f"_deform_conv2d_backward(Tensor grad, Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, "
    f"{_DEFORM}) -> (Tensor, Tensor, Tensor, Tensor, Tensor)",
)


def install() -> None:
    """Adds the import hook once; on a torch with CUDA or ROCm it leaves everything alone."""
    if not any(isinstance(finder, CpuWheelFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, CpuWheelFinder())


class CpuWheelFinder(MetaPathFinder):
    """Finds torchvision and torchaudio as Python would, prepared for a torch without CUDA."""

    def __init__(self) -> None:
        self.libraries: list[Any] = []  # torch forgets operators whose library object is collected

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in ("torchvision", "torchaudio"):
            return None
        import torch  # here, because this module is loaded at the start of every Python process

        if torch.version.cuda or torch.version.hip:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None or spec.origin is None:
            return spec
        if fullname == "torchaudio":
            spec.loader = LibrariesHidden(spec.loader, Path(spec.origin).parent / "lib")
        elif not self.libraries:
            library = torch.library.Library("torchvision", "FRAGMENT")
            for schema in TORCHVISION_SCHEMAS:
                library.define(schema)
            self.libraries.append(library)
        return spec


class LibrariesHidden(Loader):
    """Loads a package while its folder of shared libraries looks empty."""

    def __init__(self, loader: Loader, folder: Path) -> None:
        self.loader = loader
        self.folder = folder

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        glob = Path.glob

        def glob_without_libraries(path: Path, *args: Any, **kwargs: Any) -> Iterator[Path]:
            return iter(()) if path == self.folder else glob(path, *args, **kwargs)

        with patch.object(Path, "glob", glob_without_libraries):
            self.loader.exec_module(module)
