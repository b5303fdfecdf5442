"""The model in ComfyUI's memory management: networks are on the device while they run, and make room afterwards."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

import comfy.model_management
import torch
from comfy.model_patcher import ModelPatcher
from torch import Tensor, nn

from ..cemnet.model import CEMNet, choose_device, load_model
from ..cemnet.types import Speech

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class ManagedModel(CEMNet):
    """The model, its networks managed by ComfyUI, and the precision in which they run."""

    patcher: ModelPatcher
    precision: torch.dtype

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside this context the networks are on their device and calculate in the chosen precision."""
        comfy.model_management.load_models_gpu([self.patcher], force_full_load=True)
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            yield


def managed_model(folders: Sequence[Path], device: str, precision: str, weights: str = "best") -> ManagedModel:
    """Loads the weights, "best" or "free", to where ComfyUI keeps idle models; "auto" runs them on its own device."""
    load_device = comfy.model_management.get_torch_device() if device == "auto" else choose_device(device)
    on_cpu = load_device.type == "cpu"
    offload_device = load_device if on_cpu else comfy.model_management.unet_offload_device()
    model = load_model(folders, "cpu", weights)
    encoder = model.speech_encoder
    assert isinstance(encoder, nn.Module)
    encoder.register_forward_pre_hook(heed_the_stop_button)
    networks = nn.ModuleList([encoder, model.network]).to(offload_device)
    patcher = ModelPatcher(networks, load_device=load_device, offload_device=offload_device)
    parts = {field.name: getattr(model, field.name) for field in fields(model)}
    return ManagedModel(**{**parts, "device": load_device}, patcher=patcher, precision=PRECISIONS[precision])


def heed_the_stop_button(*_: object) -> None:
    """Raises where the stop button was pressed; called before each part of speech, of half a minute at most."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def in_full_precision(speech: Speech) -> Speech:
    """The speech with all its tensors in float32, whatever precision the networks calculated in."""
    values = {field.name: getattr(speech, field.name) for field in fields(speech)}
    return replace(speech, **{name: value.float() for name, value in values.items() if isinstance(value, Tensor)})
