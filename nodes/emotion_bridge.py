"""The node that bridges the portrait's emotion to the voice's and performs the speech."""

from typing import TYPE_CHECKING

from comfy_api.latest import io, ui

from .performance_inputs import life_inputs, performance_inputs
from .sockets import CATEGORY, FaceSocket, ModelSocket, MotionSocket, SpeechSocket, connected, schema
from .summaries import bridged, motion_summary

if TYPE_CHECKING:
    from ..cemnet.types import FaceReference, Speech
    from .managed_model import ManagedModel


class CEMNetEmotionBridge(io.ComfyNode):
    """Retrieves the expression displacement from the memory (the paper's EBM) and decodes the performance."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["expression displacement", "EBM", "emotion memory"],
            node_id="CEMNetEmotionBridge",
            display_name="CEM-Net Emotion Bridge",
            category=CATEGORY,
            description="Recalls how to move from the portrait's emotion to the voice's, and performs the speech.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                FaceSocket.Input("face", tooltip="From CEM-Net Face Reference."),
                SpeechSocket.Input("speech", tooltip="From CEM-Net Audio Emotion Encoder."),
                *performance_inputs(),
                *life_inputs("How much the head moves with the speech."),
                io.Float.Input(
                    "compensation",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    optional=True,
                    tooltip="How much of the portrait's own emotion leaves the face: 1 lets the voice alone decide, "
                    "0 adds the voice's emotion to the portrait's.",
                ),
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
        speech: "Speech | None" = None,
        emotion: str = "auto",
        intensity: float = 1.0,
        seed: int = 0,
        fps: float = 25.0,
        blinks: float = 1.0,
        gaze: float = 1.0,
        head_motion: float = 1.0,
        compensation: float = 1.0,
    ) -> io.NodeOutput:
        """The motion and its summary; CEMNetError for a setting out of range, before anything runs."""
        from ..cemnet import pipeline
        from ..cemnet.performance_settings import PerformanceSettings

        settings = PerformanceSettings(emotion, intensity, seed, fps, blinks, gaze, head_motion, compensation)
        model, face, speech = connected(model, "model"), connected(face, "face"), connected(speech, "speech")
        with model.running():
            motion = pipeline.bridge_emotion(model, face, speech, settings)
        told = ui.PreviewText(bridged(face, speech, settings.emotion))
        return io.NodeOutput(motion, motion_summary(motion), ui=told)
