"""The node that lets a face live while nothing is said."""

from typing import TYPE_CHECKING

from comfy_api.latest import io

from .performance_inputs import life_inputs, performance_inputs
from .sockets import CATEGORY, FaceSocket, ModelSocket, MotionSocket, connected, schema
from .summaries import motion_summary

if TYPE_CHECKING:
    from ..cemnet.types import FaceReference
    from .managed_model import ManagedModel


class CEMNetIdle(io.ComfyNode):
    """A face that waits and listens, in a motion that loops."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["listening", "waiting", "loop", "blink"],
            node_id="CEMNetIdle",
            display_name="CEM-Net Idle",
            category=CATEGORY,
            description="Lets a face live while nothing is said: it blinks, glances and breathes, and loops.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                FaceSocket.Input("face", tooltip="From CEM-Net Face Reference."),
                io.Float.Input(
                    "seconds", default=8.0, min=2.0, max=600.0, step=0.1, tooltip="Length of the loop, in seconds."
                ),
                *performance_inputs(
                    emotion="auto keeps the portrait's own expression; any other choice is shown with closed lips.",
                    intensity="1 shows a chosen emotion in full; 0 is neutral, 2 exaggerates.",
                ),
                *life_inputs("How much the head sways and breathes."),
            ],
            outputs=[
                MotionSocket.Output(display_name="motion", tooltip="ARKit curves and head rotation, ready to render."),
                io.String.Output(display_name="summary", tooltip="Length and strongest movements, in words."),
            ],
        )

    @classmethod
    def execute(
        cls,
        model: "ManagedModel | None" = None,
        face: "FaceReference | None" = None,
        seconds: float = 8.0,
        emotion: str = "auto",
        intensity: float = 1.0,
        seed: int = 0,
        fps: float = 25.0,
        blinks: float = 1.0,
        gaze: float = 1.0,
        head_motion: float = 1.0,
    ) -> io.NodeOutput:
        """The motion and its summary; CEMNetError for a setting out of range, before anything runs."""
        from ..cemnet import pipeline
        from ..cemnet.performance_settings import PerformanceSettings

        settings = PerformanceSettings(emotion, intensity, seed, fps, blinks, gaze, head_motion)
        pipeline.check_idle_seconds(seconds)
        model, face = connected(model, "model"), connected(face, "face")
        with model.running():
            motion = pipeline.idle_motion(model, face, seconds, settings)
        return io.NodeOutput(motion, motion_summary(motion))
