"""The node that takes batches apart, so that each portrait or voice gets a video of its own."""

from collections.abc import Mapping
from typing import Any

from comfy_api.latest import io
from torch import Tensor

from ..cemnet.errors import CEMNetError
from .sockets import CATEGORY, require_pictures, require_sounds, schema


class CEMNetSplitBatch(io.ComfyNode):
    """Makes lists out of an IMAGE batch and an AUDIO batch: ComfyUI runs the nodes behind it once for each entry."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["batch to list", "several portraits", "many videos", "unbatch"],
            node_id="CEMNetSplitBatch",
            display_name="CEM-Net Split Batch",
            category=CATEGORY,
            description="Takes a batch of portraits, of voices, or both, apart. The nodes behind it run once for each "
            "of them and make a video each.",
            inputs=[
                io.Image.Input("image", optional=True, tooltip="Portraits of several people, one in each picture."),
                io.Audio.Input(
                    "audio",
                    optional=True,
                    tooltip="Voices. Each portrait speaks with the voice of its "
                    "place; the shorter batch repeats its last entry.",
                ),
            ],
            outputs=[
                io.Image.Output(
                    display_name="images",
                    is_output_list=True,
                    tooltip="One portrait after another, for CEM-Net Face Reference.",
                ),
                io.Audio.Output(
                    display_name="audios",
                    is_output_list=True,
                    tooltip="One voice after another, for CEM-Net Audio Emotion Encoder.",
                ),
            ],
        )

    @classmethod
    def execute(cls, image: Tensor | None = None, audio: Mapping[str, Any] | None = None) -> io.NodeOutput:
        """Batches of one, which share the memory of the whole; [None] for what is not connected."""
        if image is None and audio is None:
            raise CEMNetError("The input image is empty. Connect portraits, voices, or both.")
        return io.NodeOutput([None] if image is None else single_pictures(image), single_sounds(audio))


def single_pictures(images: Tensor) -> list[Tensor]:
    """Views of the pictures of an IMAGE batch, each a batch of one; MediaError where there is none."""
    return list(require_pictures(images).split(1))


def single_sounds(audio: Mapping[str, Any] | None) -> list[dict[str, Any] | None]:
    """Views of the clips of an AUDIO batch, each a batch of one; MediaError where there is none."""
    if audio is None:
        return [None]
    return [{**audio, "waveform": waveform} for waveform in require_sounds(audio)["waveform"].split(1)]
