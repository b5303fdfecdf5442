"""The node that mixes a chosen emotion into that of the voice."""

from typing import TYPE_CHECKING

from comfy_api.latest import io, ui

from ..cemnet.arkit import EMOTIONS
from .sockets import EMOTION_CATEGORY, SpeechSocket, connected, schema
from .summaries import wish_summary, wished

if TYPE_CHECKING:
    from ..cemnet.types import Speech


class CEMNetEmotionMix(io.ComfyNode):
    """Mixes an emotion of the artist's choice into that of the voice, in any proportion."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["override emotion", "blend emotions", "emotion amount"],
            node_id="CEMNetEmotionMix",
            display_name="CEM-Net Emotion Mix",
            category=EMOTION_CATEGORY,
            description="Replaces a share of what the voice feels with an emotion of your choice. "
            "Several in a row mix several emotions.",
            inputs=[
                SpeechSocket.Input("speech", tooltip="From CEM-Net Audio Emotion Encoder, or another emotion node."),
                io.Combo.Input(
                    "emotion", options=list(EMOTIONS), default="happy", tooltip="The emotion that is mixed in."
                ),
                io.Float.Input(
                    "share",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="How much of the voice's emotion it replaces: 1 overrules the voice, 0.4 shows 60 % of "
                    "what the voice says and 40 % of your choice.",
                ),
                io.Float.Input(
                    "intensity",
                    default=1.0,
                    min=0.0,
                    max=2.0,
                    step=0.05,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="How strongly your choice is felt: 1 is strong but human, 2 exaggerates.",
                ),
            ],
            outputs=[
                SpeechSocket.Output(display_name="speech", tooltip="The same words with the new feeling."),
                io.String.Output(display_name="summary", tooltip="The emotion that will be shown, in words."),
            ],
        )

    @classmethod
    def execute(
        cls, speech: "Speech | None" = None, emotion: str = "happy", share: float = 1.0, intensity: float = 1.0
    ) -> io.NodeOutput:
        """The speech with the mixed emotion, and its summary."""
        from ..cemnet.emotion.control import mix_emotion

        mixed = mix_emotion(connected(speech, "speech"), emotion, share, intensity)
        return io.NodeOutput(mixed, wish_summary(mixed), ui=ui.PreviewText(wished(mixed)))
