"""The node that does everything: portraits and speech in, talking videos out."""

from comfy_api.latest import io
from comfy_execution.graph_utils import GraphBuilder

from .performance_inputs import performance_inputs
from .sockets import CATEGORY, connected, mark_input, schema

Link = list[str | int]  # node and output, as ComfyUI writes a wire
# What people type who look for this; no other node of the pack answers to it, so that this one comes first. The last
# ones are names of other programs that do something alike.
BEGINNERS_WORDS = [
    "talking head",
    "talking face",
    "talking photo",
    "speaking photo",
    "lip sync",
    "lipsync",
    "lip sync video",
    "face animation",
    "animate face",
    "animate portrait",
    "audio to video",
    "speech to video",
    "avatar",
    "live portrait",
    "LivePortrait",
    "SadTalker",
    "Wav2Lip",
    "MuseTalk",
    "LatentSync",
    "EchoMimic",
    "Hallo",
    "HeyGen",
    "D-ID",
]
AS_LINK = {"rawLink": True}  # hands on the wire itself, so that what hangs on it can be cached
ONE_PERSON, VIDEO_EACH = "one person", "a video each"


class CEMNetTalkingPortrait(io.ComfyNode):
    """Stands for the chain Loader, Face Reference, Audio Emotion Encoder, Emotion Bridge, Video Renderer.

    ComfyUI runs the chain itself: its progress bar and its stop button follow each step. With lists or split batches
    it runs the chain once for each entry.
    """

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=BEGINNERS_WORDS,
            node_id="CEMNetTalkingPortrait",
            display_name="CEM-Net Talking Portrait",
            category=CATEGORY,
            description="Makes a portrait speak: connect a picture and speech, and save the video.",
            inputs=[
                io.Image.Input(
                    "image",
                    tooltip="The portrait, photographed or painted, with any expression. For several pictures see "
                    "batch.",
                    extra_dict=AS_LINK,
                ),
                io.Audio.Input(
                    "audio",
                    tooltip="Speech in any language, sample rate and length. One voice is best.",
                    extra_dict=AS_LINK,
                ),
                *performance_inputs(),
                io.Int.Input(
                    "face_index",
                    default=0,
                    min=0,
                    max=99,
                    optional=True,
                    tooltip="Which face when there are several, counted from the largest: 0 is the largest.",
                ),
                mark_input(),
                io.Combo.Input(
                    "batch",
                    options=[ONE_PERSON, VIDEO_EACH],
                    default=ONE_PERSON,
                    optional=True,
                    tooltip="one person: the first picture of a batch speaks; the others, with other expressions, tell "
                    "how this person shows emotions. a video each: every picture is another person and gets a video; "
                    "the voices of an audio batch follow in their order, the last one speaks for all who are left.",
                ),
            ],
            outputs=[
                io.Video.Output(
                    display_name="video",
                    is_output_list=True,
                    tooltip="The talking portrait, for Save Video.",
                )
            ],
            enable_expand=True,
        )

    @classmethod
    def execute(
        cls,
        image: Link | None = None,
        audio: Link | None = None,
        emotion: str = "auto",
        intensity: float = 1.0,
        seed: int = 0,
        face_index: int = 0,
        mark_as_generated: bool = True,
        batch: str = ONE_PERSON,
    ) -> io.NodeOutput:
        """The videos of the chain that ComfyUI runs in place of this node."""
        from ..cemnet.performance_settings import PerformanceSettings

        settings = PerformanceSettings(emotion, intensity, seed)  # refuses before the chain loads and listens
        image, audio = connected(image, "image"), connected(audio, "audio")
        graph = GraphBuilder()
        if batch == VIDEO_EACH:
            single = graph.node("CEMNetSplitBatch", image=image, audio=audio)
            image, audio = single.out(0), single.out(1)
        model = graph.node("CEMNetLoader", device="auto").out(0)
        face = graph.node("CEMNetFaceReference", model=model, image=image, face_index=face_index).out(0)
        speech = graph.node("CEMNetAudioEmotionEncoder", model=model, audio=audio).out(0)
        motion = graph.node(
            "CEMNetEmotionBridge",
            model=model,
            face=face,
            speech=speech,
            emotion=settings.emotion,
            intensity=settings.intensity,
            seed=settings.seed,
            fps=settings.fps,
        ).out(0)
        video = graph.node(
            "CEMNetVideoRenderer",
            model=model,
            face=face,
            motion=motion,
            audio=audio,
            mark_as_generated=mark_as_generated,
        )
        videos = graph.node("CEMNetVideoList", video=video.out(0))
        return io.NodeOutput(videos.out(0), expand=graph.finalize())
