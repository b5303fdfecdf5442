"""The last part of the chain that CEM-Net Talking Portrait stands for."""

from collections.abc import Sequence

from comfy_api.latest import Input, io

from .sockets import CATEGORY, connected, schema


class CEMNetVideoList(io.ComfyNode):
    """Hands on all videos of a chain as one value: of a list ComfyUI hands the first one alone to the outer node."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs; menus do not show it."""
        return schema(
            is_part=True,
            node_id="CEMNetVideoList",
            display_name="CEM-Net Video List",
            category=CATEGORY,
            description="A part of CEM-Net Talking Portrait, which ComfyUI runs by itself.",
            is_input_list=True,
            inputs=[io.Video.Input("video", tooltip="The videos of CEM-Net Video Renderer.")],
            outputs=[io.Video.Output(display_name="videos", tooltip="All of them, for CEM-Net Talking Portrait.")],
        )

    @classmethod
    def execute(cls, video: "Sequence[Input.Video] | None" = None) -> io.NodeOutput:
        """The list as one value."""
        return io.NodeOutput(list(connected(video, "video")))
