"""The node that reads a portrait: face, pose, identity, and the emotion that it shows."""

from typing import TYPE_CHECKING

from comfy_api.latest import io, ui
from torch import Tensor

from .sockets import CATEGORY, FaceSocket, ModelSocket, connected, pictures, schema
from .summaries import face_summary, seen_in

if TYPE_CHECKING:
    from ..cemnet.model import CEMNet


class CEMNetFaceReference(io.ComfyNode):
    """Finds the face of a portrait that will speak."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["detect face", "portrait", "face landmarks"],
            node_id="CEMNetFaceReference",
            display_name="CEM-Net Face Reference",
            category=CATEGORY,
            description="Finds the face in a portrait and reads its identity, pose and emotion.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                io.Image.Input(
                    "image",
                    tooltip="The portrait, photographed or painted, with any expression. Of a batch the first picture "
                    "speaks; the others, of the same person with other expressions, tell how this person shows "
                    "emotions.",
                ),
                io.Int.Input(
                    "face_index",
                    default=0,
                    min=0,
                    max=99,
                    tooltip="Which face when there are several, counted from the largest: 0 is the largest.",
                ),
            ],
            outputs=[
                FaceSocket.Output(display_name="face", tooltip="The face that will speak."),
                io.String.Output(display_name="summary", tooltip="The emotion the portrait shows, in words."),
            ],
        )

    @classmethod
    def execute(cls, model: "CEMNet | None" = None, image: Tensor | None = None, face_index: int = 0) -> io.NodeOutput:
        """The face and its summary."""
        from ..cemnet import pipeline

        face = pipeline.person_reference(connected(model, "model"), pictures(image), face_index)
        return io.NodeOutput(face, face_summary(face), ui=ui.PreviewText(seen_in(face)))
