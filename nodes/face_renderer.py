"""The node that renders a motion into pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from comfy_api.latest import io

from .rendering import announce_size, cast_of, followed
from .sockets import CATEGORY, FaceSocket, ModelSocket, MotionSocket, connected, others_input, schema

if TYPE_CHECKING:
    from ..cemnet.model import CEMNet
    from ..cemnet.render.scene import Performance
    from ..cemnet.types import FaceReference, Motion


class CEMNetFaceRenderer(io.ComfyNode):
    """Renders a motion as a batch of pictures, at the portrait's own resolution."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["render frames", "render pictures"],
            node_id="CEMNetFaceRenderer",
            display_name="CEM-Net Face Renderer",
            category=CATEGORY,
            description="Renders the talking face into the whole portrait at full resolution, as pictures for further "
            "editing. All of them are in memory at once: for long speech use CEM-Net Video Renderer.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                FaceSocket.Input("face", tooltip="From CEM-Net Face Reference."),
                MotionSocket.Input("motion", tooltip="From CEM-Net Emotion Bridge or another motion node."),
                others_input(),
            ],
            outputs=[
                io.Image.Output(display_name="images", tooltip="One picture per frame."),
                io.Float.Output(display_name="fps", tooltip="Frames per second of the motion, for Video Combine."),
                io.Mask.Output(
                    display_name="mask",
                    tooltip="What is transparent, where the portrait has an alpha channel: 1 is fully transparent.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        model: "CEMNet | None" = None,
        face: "FaceReference | None" = None,
        motion: "Motion | None" = None,
        others: "Sequence[Performance] | None" = None,
    ) -> io.NodeOutput:
        """All frames as one batch of pictures, their frame rate, and what of them is transparent."""
        from ..cemnet import pipeline

        model = connected(model, "model")
        performances, num_frames = cast_of(face, motion, others)
        (face, motion), *_ = performances
        height, width = face.image.shape[:2]
        announce_size(num_frames, height, width, cls.hidden.unique_id)
        images, channels = torch.empty((num_frames, height, width, 3)), face.image.shape[2]
        # Of an opaque portrait all masks are one, in the memory of a single number.
        mask = torch.zeros(()).expand(num_frames, height, width)
        mask = torch.empty((num_frames, height, width)) if channels == 4 else mask
        for index, frame in enumerate(followed(pipeline.render_people(model, performances), num_frames)):
            images[index] = torch.from_numpy(frame)[..., :3]
            if channels == 4:
                mask[index] = 1 - torch.from_numpy(frame)[..., 3]
        return io.NodeOutput(images, motion.fps, mask)
