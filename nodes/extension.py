"""The extension that ComfyUI asks for the pack's nodes."""

from comfy_api.latest import ComfyExtension, io

from .another_speaker import CEMNetAnotherSpeaker
from .audio_emotion_encoder import CEMNetAudioEmotionEncoder
from .emotion_bridge import CEMNetEmotionBridge
from .emotion_mix import CEMNetEmotionMix
from .emotion_timeline import CEMNetEmotionTimeline
from .face_reference import CEMNetFaceReference
from .face_renderer import CEMNetFaceRenderer
from .idle import CEMNetIdle
from .loader import CEMNetLoader
from .motion_edit import CEMNetMotionEdit
from .motion_files import CEMNetLoadMotion, CEMNetSaveMotion
from .motion_preview import CEMNetMotionPreview
from .split_batch import CEMNetSplitBatch
from .talking_portrait import CEMNetTalkingPortrait
from .video_combine import CEMNetVideoCombine
from .video_dubber import CEMNetVideoDubber
from .video_face import CEMNetVideoFace
from .video_list import CEMNetVideoList
from .video_renderer import CEMNetVideoRenderer


class CEMNetExtension(ComfyExtension):
    """All nodes of this pack."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """The nodes in the order in which ComfyUI lists them."""
        return [
            CEMNetTalkingPortrait,
            CEMNetLoader,
            CEMNetFaceReference,
            CEMNetAudioEmotionEncoder,
            CEMNetEmotionMix,
            CEMNetEmotionTimeline,
            CEMNetEmotionBridge,
            CEMNetIdle,
            CEMNetMotionEdit,
            CEMNetSaveMotion,
            CEMNetLoadMotion,
            CEMNetMotionPreview,
            CEMNetAnotherSpeaker,
            CEMNetSplitBatch,
            CEMNetFaceRenderer,
            CEMNetVideoRenderer,
            CEMNetVideoFace,
            CEMNetVideoDubber,
            CEMNetVideoCombine,
            CEMNetVideoList,
        ]
