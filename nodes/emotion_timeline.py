"""The node that schedules emotions along the speech."""

from typing import TYPE_CHECKING

from comfy_api.latest import io, ui

from ..cemnet.errors import CEMNetError
from .sockets import EMOTION_CATEGORY, SpeechSocket, connected, schema
from .summaries import wish_summary, wished

if TYPE_CHECKING:
    from ..cemnet.types import Speech

EXAMPLE = "0 voice\n1.5 happy 0.8\n3 sad 0.6"


class CEMNetEmotionTimeline(io.ComfyNode):
    """Shows emotions one after another, each from a given second on."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["emotion keyframes", "emotion schedule", "emotion over time"],
            node_id="CEMNetEmotionTimeline",
            display_name="CEM-Net Emotion Timeline",
            category=EMOTION_CATEGORY,
            description="Changes the emotion at chosen moments. Each line holds seconds, an emotion (or voice, for "
            "what the voice itself feels) and an intensity.",
            inputs=[
                SpeechSocket.Input("speech", tooltip="From CEM-Net Audio Emotion Encoder, or another emotion node."),
                io.String.Input(
                    "timeline",
                    multiline=True,
                    default=EXAMPLE,
                    tooltip="A line for each change, such as: 2.5 happy 0.8. Emotions: voice, neutral, happy, sad, "
                    "angry, fear, disgust, surprise, contempt. Without an intensity it is 1. # starts a remark.",
                ),
                io.Float.Input(
                    "fade_seconds",
                    default=0.4,
                    min=0.0,
                    max=5.0,
                    step=0.05,
                    tooltip="How long the face takes from one emotion to the next, half of it before the moment.",
                ),
            ],
            outputs=[
                SpeechSocket.Output(display_name="speech", tooltip="The same words with the scheduled feelings."),
                io.String.Output(display_name="summary", tooltip="The emotion that will be shown, in words."),
            ],
        )

    @classmethod
    def validate_inputs(cls, timeline: str | None = None) -> bool | str:
        """True, or a sentence that names the line that cannot be read; a linked text is checked when it arrives."""
        from ..cemnet.emotion.control import read_timeline

        try:
            read_timeline(timeline or "")
        except CEMNetError as error:
            return str(error)
        return True

    @classmethod
    def execute(
        cls, speech: "Speech | None" = None, timeline: str = EXAMPLE, fade_seconds: float = 0.4
    ) -> io.NodeOutput:
        """The speech with the scheduled emotions, and its summary."""
        from ..cemnet.emotion.control import follow_timeline, read_timeline

        scheduled = follow_timeline(connected(speech, "speech"), read_timeline(timeline), fade_seconds)
        return io.NodeOutput(scheduled, wish_summary(scheduled), ui=ui.PreviewText(wished(scheduled)))
