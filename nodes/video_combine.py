"""Joins the frames and the speech into a VIDEO."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from comfy_api.latest import InputImpl, Types, io
from torch import Tensor
from torch.nn.functional import pad

from .sockets import CATEGORY, connected, first_sound


class CEMNetVideoCombine(io.ComfyNode):
    """Pictures and sound become a video that Save Video and any other VIDEO node accepts."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="CEMNetVideoCombine",
            display_name="CEM-Net Video Combine",
            category=CATEGORY,
            description="Joins frames and sound. Odd widths and heights are filled to even ones, as H.264 needs.",
            inputs=[
                io.Image.Input("images", tooltip="The frames, from CEM-Net Face Renderer."),
                io.Audio.Input("audio", optional=True, tooltip="The speech. Without it the video is silent."),
                io.Float.Input(
                    "fps",
                    default=25.0,
                    min=1.0,
                    max=120.0,
                    step=0.01,
                    tooltip="Frames per second. Connect the renderer's fps, so that lips and voice stay together.",
                ),
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The talking portrait, for Save Video.")],
        )

    @classmethod
    def execute(
        cls, images: Tensor | None = None, audio: Mapping[str, Any] | None = None, fps: float = 25.0
    ) -> io.NodeOutput:
        components = Types.VideoComponents(
            images=even_sided(connected(images, "images")),
            audio=None if audio is None else for_video(audio),
            frame_rate=Fraction(fps).limit_denominator(1001),
        )
        return io.NodeOutput(InputImpl.VideoFromComponents(components))


def even_sided(images: Tensor) -> Tensor:
    """Frames (frame, height, width, channel) whose last row and column are repeated where a side is odd."""
    height, width = images.shape[1:3]
    channels_first = images[..., :3].movedim(-1, 1)
    return pad(channels_first, (0, width % 2, 0, height % 2), mode="replicate").movedim(1, -1)


def for_video(audio: Mapping[str, Any]) -> dict[str, Any]:
    """The first clip of an AUDIO batch with at most two channels, as ComfyUI's video writer takes it."""
    sound = first_sound(audio)
    return {"waveform": sound.waveform[None, :2], "sample_rate": sound.sample_rate}
