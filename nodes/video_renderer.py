"""The node that renders a motion straight into a video file."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from .rendering import cast_of, followed, shown_video, streamed_video
from .sockets import (
    CATEGORY,
    FaceSocket,
    ModelSocket,
    MotionSocket,
    connected,
    first_sound,
    mark_input,
    others_input,
    schema,
)

if TYPE_CHECKING:
    from ..cemnet.model import CEMNet
    from ..cemnet.render.scene import Performance
    from ..cemnet.types import FaceReference, Motion


class CEMNetVideoRenderer(io.ComfyNode):
    """Renders motion and sound into a video on disk; memory does not grow with its length."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["long video", "render video"],
            node_id="CEMNetVideoRenderer",
            display_name="CEM-Net Video Renderer",
            category=CATEGORY,
            description="Renders the talking face with its sound into a video, at the portrait's full resolution. The "
            "frames go to disk as they are made, so that long speech needs no more memory than short.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                FaceSocket.Input("face", tooltip="From CEM-Net Face Reference."),
                MotionSocket.Input("motion", tooltip="From CEM-Net Emotion Bridge or another motion node."),
                io.Audio.Input("audio", optional=True, tooltip="The speech. Without it the video is silent."),
                mark_input(),
                others_input(),
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The talking portrait, for Save Video.")],
        )

    @classmethod
    def execute(
        cls,
        model: "CEMNet | None" = None,
        face: "FaceReference | None" = None,
        motion: "Motion | None" = None,
        audio: Mapping[str, Any] | None = None,
        mark_as_generated: bool = True,
        others: "Sequence[Performance] | None" = None,
    ) -> io.NodeOutput:
        """The video, rendered into a file in ComfyUI's temporary folder, which the node also plays."""
        from ..cemnet.render.scene import stream_performances

        model = connected(model, "model")
        performances, num_frames = cast_of(face, motion, others)
        frames = followed(stream_performances(model.renderer, performances), num_frames)
        sound = None if audio is None else first_sound(audio)
        return shown_video(streamed_video(frames, performances[0][1].fps, sound, mark_as_generated))
