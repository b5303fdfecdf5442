"""The data that flows between the rooms, and the axis words of all shapes.

Axis words used in every signature: batch, frame (25 a second unless an fps says otherwise), sample (audio), mel,
token (50 a second, Whisper's), layer, landmark (478), expression (52 ARKit blendshapes), identity (modes of the face
basis), emotion (8, the order of `arkit.EMOTIONS`), slot (of the memory), height, width, channel.
"""

import mmap
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from .long_rows import let_go

MOTION_FPS = 25.0
SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Audio:
    """Sound as it was given, at its own rate, in [-1, 1]."""

    waveform: Float[Tensor, "channel sample"]
    sample_rate: int
    pages: mmap.mmap | None = field(default=None, repr=False)  # of a long sound, which lies on the disk

    @property
    def duration_seconds(self) -> float:
        """Length of the sound in seconds."""
        return self.waveform.shape[-1] / self.sample_rate

    def let_go(self) -> None:
        """Frees the memory that a long sound took where it was read; it is read from the disk again if needed."""
        let_go(self.pages)


@dataclass(frozen=True)
class EmotionEstimate:
    """An estimated emotion: probabilities that sum to one, and how strongly it is shown (0 to 1)."""

    probabilities: Float[np.ndarray, "emotion"]
    intensity: float


@dataclass(frozen=True)
class FaceLandmarks:
    """One face as MediaPipe's Face Landmarker sees it, in pixels of the whole image (x right, y down, z away)."""

    points: Float[np.ndarray, "landmark 3"]
    blendshapes: Float[np.ndarray, "expression"]  # MediaPipe's scores in the order of ARKIT_NAMES
    score: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels."""
        low, high = self.points[:, :2].min(0), self.points[:, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


@dataclass(frozen=True)
class Pose:
    """Weak perspective from the face basis (x right, y up, z toward the viewer) to image pixels (y down, z away).

    pixels = translation + scale · (vertices @ rotation.T) · [1, −1, −1]
    """

    rotation: Float[np.ndarray, "3 3"]
    scale: float
    translation: Float[np.ndarray, "3"]

    @property
    def angles(self) -> Float[np.ndarray, "3"]:
        """Yaw (to the picture's right), pitch (down) and roll (counter-clockwise), in radians, as in Motion.head."""
        pitch, yaw, roll = Rotation.from_matrix(self.rotation).as_euler("xyz")
        return np.array([yaw, pitch, roll])


@dataclass(frozen=True)
class SeenExpression:
    """One expression of a person: its blendshapes and the emotion that it shows."""

    expression: Float[np.ndarray, "expression"]
    emotion: EmotionEstimate


@dataclass(frozen=True)
class FaceReference:
    """One face of a portrait: where it is, who it is, and the expression and emotion that it shows."""

    image: Float[Tensor, "height width channel"]  # the whole source frame, 0 to 1, 3 or 4 channels
    landmarks: FaceLandmarks
    pose: Pose
    identity: Float[np.ndarray, "identity"]
    expression: Float[np.ndarray, "expression"]
    residual: Float[np.ndarray, "landmark 3"]  # detected minus fitted landmarks, pixels
    emotion: EmotionEstimate
    others: tuple[SeenExpression, ...] = ()  # more pictures of the person, which tell how the person shows emotions

    @property
    def seen(self) -> SeenExpression:
        """The expression and the emotion of the portrait itself."""
        return SeenExpression(self.expression, self.emotion)


@dataclass(frozen=True)
class Speech:
    """A voice: the audio as given, and its content, prosody and emotion at MOTION_FPS."""

    audio: Audio
    content: Float[Tensor, "frame content"]
    prosody: Float[Tensor, "frame prosody"]  # the first columns of speech.voice_features
    emotion_embedding: Float[Tensor, "frame embedding"]
    heard: Float[Tensor, "frame emotion"]  # calibrated probabilities of the emotions of the voice
    emotion: Float[Tensor, "frame emotion"]  # the emotions that the face shows: shares that sum to one
    intensity: Float[Tensor, "frame"]  # how strongly the face shows them, 0 to 1
    course: Float[Tensor, "frame"]  # how the intensity rises and falls with the voice, 0 to 1

    @property
    def num_frames(self) -> int:
        """Number of frames at MOTION_FPS."""
        return self.content.shape[0]


@dataclass(frozen=True)
class Motion:
    """A performance: ARKit curves and head rotation, ready to render, edit or export."""

    expression: Float[Tensor, "frame expression"]
    head: Float[Tensor, "frame 3"]  # yaw, pitch, roll in radians, relative to the reference pose
    fps: float
    memory_address: Float[Tensor, "frame slot"] | None = None  # how much each slot of the memory took part
    breath: Float[Tensor, "frame"] | None = None  # rise of the shoulders: 0 as in the portrait, −1 a full breath lower

    @property
    def num_frames(self) -> int:
        """Number of frames at the motion's own rate."""
        return self.expression.shape[0]

    @property
    def duration_seconds(self) -> float:
        """Length of the motion in seconds."""
        return self.num_frames / self.fps

    def pose(self, index: int) -> tuple[Float[np.ndarray, "expression"], Float[np.ndarray, "3"], float]:
        """Expression, head and breath of one frame, as the renderer takes them."""
        breath = 0.0 if self.breath is None else float(self.breath[index])
        return self.expression[index].cpu().numpy(), self.head[index].cpu().numpy(), breath
