"""The node that analyses speech: its content for the lips, its emotion for the face."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io, ui

from .sockets import CATEGORY, ModelSocket, SpeechSocket, all_sounds, connected, first_sound, schema
from .summaries import heard_in, speech_summary

if TYPE_CHECKING:
    from .managed_model import ManagedModel


class CEMNetAudioEmotionEncoder(io.ComfyNode):
    """Encodes speech as content and an enhanced emotion (the paper's AEE)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["speech emotion", "voice emotion", "AEE", "listen"],
            node_id="CEMNetAudioEmotionEncoder",
            display_name="CEM-Net Audio Emotion Encoder",
            category=CATEGORY,
            description="Hears what the voice says and which emotion it carries, moment by moment.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                io.Audio.Input("audio", tooltip="Speech in any language, sample rate and length. One voice is best."),
                io.Audio.Input(
                    "normal_voice",
                    optional=True,
                    tooltip="The same person speaking without emotion, best three sentences: the emotion is then heard "
                    "in the difference. A batch counts as several sounds.",
                ),
            ],
            outputs=[
                SpeechSocket.Output(display_name="speech", tooltip="What the model heard, for the emotion bridge."),
                io.String.Output(display_name="summary", tooltip="The emotion that was heard, in words."),
            ],
        )

    @classmethod
    def execute(
        cls,
        model: "ManagedModel | None" = None,
        audio: Mapping[str, Any] | None = None,
        normal_voice: Mapping[str, Any] | None = None,
    ) -> io.NodeOutput:
        """The analysed speech and its summary."""
        from ..cemnet import pipeline
        from .managed_model import in_full_precision

        model = connected(model, "model")
        sound, normal = first_sound(audio), [] if normal_voice is None else all_sounds(normal_voice)
        with model.running():
            speech = in_full_precision(pipeline.encode_speech(model, sound, normal_voice=normal))
        return io.NodeOutput(speech, speech_summary(speech), ui=ui.PreviewText(heard_in(speech)))
