"""The node that joins frames and sound into a VIDEO."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from comfy_api.latest import InputImpl, Types, io
from torch import Tensor
from torch.nn.functional import pad

from .rendering import temporary_file
from .sockets import CATEGORY, connected, first_sound, mark_input, schema

AAC_RATE = 48_000  # for sound whose own rate AAC does not have


class CEMNetVideoCombine(io.ComfyNode):
    """Joins pictures and sound into a video for Save Video or any other VIDEO node."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["create video", "frames to video", "mux audio"],
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
                    max=240.0,
                    step=0.01,
                    tooltip="Frames per second. Connect the renderer's fps, so that lips and voice stay together.",
                ),
                mark_input(),
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The talking portrait, for Save Video.")],
        )

    @classmethod
    def execute(
        cls,
        images: Tensor | None = None,
        audio: Mapping[str, Any] | None = None,
        fps: float = 25.0,
        mark_as_generated: bool = True,
    ) -> io.NodeOutput:
        """The video."""
        components = Types.VideoComponents(
            images=even_sided(connected(images, "images")),
            audio=None if audio is None else for_video(audio),
            frame_rate=Fraction(fps).limit_denominator(1001),
        )
        kind = GeneratedVideo if mark_as_generated else InputImpl.VideoFromComponents
        return io.NodeOutput(kind(components))


class GeneratedVideo(InputImpl.VideoFromComponents):
    """A video whose file is marked as generated, whichever node saves it."""

    def save_to(self, path: Any, *args: Any, metadata: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """Saves as ComfyUI does, with the mark among the metadata.

        Of pictures some versions of ComfyUI write every text as JSON, in quotes; of a file they leave it as it is. So
        the video becomes a file first.
        """
        from ..cemnet.media.provenance import generated_metadata

        file = temporary_file()
        try:
            super().save_to(str(file), *args, **kwargs)
            marked = {**generated_metadata(), **(metadata or {})}
            return InputImpl.VideoFromFile(str(file)).save_to(path, *args, metadata=marked, **kwargs)
        finally:
            file.unlink(missing_ok=True)


def even_sided(images: Tensor) -> Tensor:
    """Frames (frame, height, width, channel) with even sides: an odd one gets its last row or column twice."""
    height, width = images.shape[1:3]
    channels_first = images[..., :3].movedim(-1, 1)
    return pad(channels_first, (0, width % 2, 0, height % 2), mode="replicate").movedim(1, -1)


def for_video(audio: Mapping[str, Any]) -> dict[str, Any]:
    """The first clip of an AUDIO batch for ComfyUI's video writer: at most two channels, and a rate that AAC has."""
    from ..cemnet.media.video_writer import AAC_RATES
    from ..cemnet.resampling import at_rate
    from ..cemnet.types import Audio

    sound = first_sound(audio)
    stereo = Audio(sound.waveform[:2], sound.sample_rate)
    if stereo.sample_rate not in AAC_RATES:
        stereo = at_rate(stereo, AAC_RATE)
    return {"waveform": stereo.waveform.unsqueeze(0), "sample_rate": stereo.sample_rate}
