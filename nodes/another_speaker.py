"""The node that lets several people of one picture speak."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from comfy_api.latest import io

from .sockets import CATEGORY, FaceSocket, MotionSocket, SpeakersSocket, connected, schema

if TYPE_CHECKING:
    from ..cemnet.render.scene import Performance
    from ..cemnet.types import FaceReference, Motion


class CEMNetAnotherSpeaker(io.ComfyNode):
    """Adds one more face and its motion for a renderer."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["two people", "dialogue", "conversation", "second face", "multiple faces"],
            node_id="CEMNetAnotherSpeaker",
            display_name="CEM-Net Another Speaker",
            category=CATEGORY,
            description="Lets another face of the same picture move too. Several in a row move several faces; whoever "
            "is done first keeps the last expression.",
            inputs=[
                FaceSocket.Input(
                    "face", tooltip="From CEM-Net Face Reference, of the same picture with another face_index."
                ),
                MotionSocket.Input("motion", tooltip="What this face does, at the frame rate of the others."),
                SpeakersSocket.Input("others", optional=True, tooltip="From another node of this kind."),
            ],
            outputs=[SpeakersSocket.Output(display_name="others", tooltip="For a renderer, or a node of this kind.")],
        )

    @classmethod
    def execute(
        cls,
        face: "FaceReference | None" = None,
        motion: "Motion | None" = None,
        others: "Sequence[Performance] | None" = None,
    ) -> io.NodeOutput:
        """The others and, last, this face with its motion."""
        return io.NodeOutput([*(others or ()), (connected(face, "face"), connected(motion, "motion"))])
