"""The node that loads the model for all others, and the folder of its weights."""

from pathlib import Path

import folder_paths
from comfy_api.latest import io

from ..cemnet.errors import CEMNetError
from .sockets import CATEGORY, ModelSocket, schema

MODEL_FOLDER = "cemnet"


def register_model_folder() -> None:
    """Registers models/cemnet as a model folder of ComfyUI, beside those of extra_model_paths.yaml."""
    folder_paths.add_model_folder_path(MODEL_FOLDER, str(Path(folder_paths.models_dir) / MODEL_FOLDER))


def model_folders() -> list[Path]:
    """The folders in which ComfyUI looks for CEM-Net's weights."""
    return [Path(folder) for folder in folder_paths.get_folder_paths(MODEL_FOLDER)]


class CEMNetLoader(io.ComfyNode):
    """Loads the weights from models/cemnet, or else from the pack itself."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["load cem-net", "load weights"],
            node_id="CEMNetLoader",
            display_name="CEM-Net Loader",
            category=CATEGORY,
            description="Loads CEM-Net. Its weights come with the pack; files in ComfyUI's models/cemnet go first.",
            inputs=[
                io.Combo.Input(
                    "device",
                    options=["auto", "cpu", "cuda", "mps"],
                    default="auto",
                    tooltip="Where the networks run. auto follows ComfyUI; the model is small enough for a CPU.",
                ),
                io.Combo.Input(
                    "precision",
                    options=["fp32", "bf16", "fp16"],
                    default="fp32",
                    optional=True,
                    tooltip="How exactly the networks calculate. The halves save a little time and memory on a GPU.",
                ),
                io.Combo.Input(
                    "weights",
                    options=["best", "free"],
                    default="best",
                    optional=True,
                    tooltip="best hears voices best and is not for commercial use. free may be used for anything and "
                    "hears fewer voices right.",
                ),
            ],
            outputs=[ModelSocket.Output(display_name="model", tooltip="The loaded model, for every CEM-Net node.")],
        )

    @classmethod
    def validate_inputs(cls, device: str | None = None) -> bool | str:
        """True for a device that this machine has; else a sentence."""
        from ..cemnet.model import choose_device

        try:
            choose_device(device or "auto")
        except CEMNetError as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, device: str = "auto", precision: str = "fp32", weights: str = "best") -> str:
        """Changes, so that ComfyUI loads again, when a file of models/cemnet appears, disappears or changes."""
        files = [path for folder in model_folders() if folder.is_dir() for path in sorted(folder.iterdir())]
        return "; ".join(f"{path} {path.stat().st_mtime_ns}" for path in files)

    @classmethod
    def execute(cls, device: str = "auto", precision: str = "fp32", weights: str = "best") -> io.NodeOutput:
        """The loaded model."""
        from .managed_model import managed_model

        return io.NodeOutput(managed_model(model_folders(), device, precision, weights))
