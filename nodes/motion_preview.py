"""The node that plots a motion before it is rendered."""

from typing import TYPE_CHECKING

from comfy_api.latest import io

from .sockets import MOTION_CATEGORY, MotionSocket, SpeechSocket, connected, schema

if TYPE_CHECKING:
    from ..cemnet.types import Motion, Speech


class CEMNetMotionPreview(io.ComfyNode):
    """Plots curves, emotions and slots of the memory over time."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["plot curves", "emotion plot", "memory address map", "visualize motion"],
            node_id="CEMNetMotionPreview",
            display_name="CEM-Net Motion Preview",
            category=MOTION_CATEGORY,
            description="Draws the emotion over time, the main curves, the head and which memories spoke.",
            inputs=[
                MotionSocket.Input("motion", tooltip="From CEM-Net Emotion Bridge or another motion node."),
                SpeechSocket.Input("speech", optional=True, tooltip="With it the emotion is drawn too."),
                io.Int.Input(
                    "width", default=1280, min=320, max=4096, step=16, optional=True, tooltip="Of the picture, pixels."
                ),
                io.Int.Input(
                    "height", default=720, min=200, max=4096, step=16, optional=True, tooltip="Of the picture, pixels."
                ),
            ],
            outputs=[io.Image.Output(display_name="plot", tooltip="For Preview Image or Save Image.")],
        )

    @classmethod
    def execute(
        cls,
        motion: "Motion | None" = None,
        speech: "Speech | None" = None,
        width: int = 1280,
        height: int = 720,
    ) -> io.NodeOutput:
        """The plot as a batch of one picture."""
        from ..cemnet.inspection.motion_plot import motion_preview

        return io.NodeOutput(motion_preview(connected(motion, "motion"), speech, width, height).unsqueeze(0))
