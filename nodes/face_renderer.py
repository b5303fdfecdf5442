"""Paints the performance onto the portrait, frame by frame."""

from typing import TYPE_CHECKING

import comfy.model_management
import comfy.utils
import torch
from comfy_api.latest import io
from PIL import Image

from .sockets import CATEGORY, FaceSocket, ModelSocket, MotionSocket, connected

if TYPE_CHECKING:
    from ..cemnet.model import CEMNet
    from ..cemnet.types import FaceReference, Motion

FRAMES_PER_PREVIEW = 5
PREVIEW_SIZE = 512


class CEMNetFaceRenderer(io.ComfyNode):
    """Motion becomes pictures, at the portrait's own resolution."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="CEMNetFaceRenderer",
            display_name="CEM-Net Face Renderer",
            category=CATEGORY,
            description="Renders the talking face into the whole portrait at full resolution. Transparency is dropped.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                FaceSocket.Input("face", tooltip="From CEM-Net Face Reference."),
                MotionSocket.Input("motion", tooltip="From CEM-Net Emotion Bridge."),
            ],
            outputs=[
                io.Image.Output(display_name="images", tooltip="One picture per frame."),
                io.Float.Output(display_name="fps", tooltip="Frames per second of the motion, for Video Combine."),
            ],
        )

    @classmethod
    def execute(
        cls,
        model: "CEMNet | None" = None,
        face: "FaceReference | None" = None,
        motion: "Motion | None" = None,
    ) -> io.NodeOutput:
        from ..cemnet import pipeline

        model, face, motion = connected(model, "model"), connected(face, "face"), connected(motion, "motion")
        images = torch.empty((motion.num_frames, *face.image.shape[:2], 3))
        progress = comfy.utils.ProgressBar(motion.num_frames)
        for index, frame in enumerate(pipeline.render_frames(model, face, motion)):
            comfy.model_management.throw_exception_if_processing_interrupted()
            images[index] = torch.from_numpy(frame)[..., :3]
            shown = preview(images[index]) if index % FRAMES_PER_PREVIEW == 0 else None
            progress.update_absolute(index + 1, preview=shown)
        return io.NodeOutput(images, motion.fps)


def preview(picture: torch.Tensor) -> tuple[str, Image.Image, int]:
    """A picture (height, width, 3) as ComfyUI's progress bar shows it: format, picture, largest side."""
    return "JPEG", Image.fromarray((picture * 255).round().byte().numpy()), PREVIEW_SIZE
