"""Motion decoder: speech articulation on top of the emotion that the memory recalls, and a living head and eyes."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices
from .config import PROSODY_DIM, MotionConfig
from .emotion_memory import NUM_SHOWN_EMOTIONS
from .lip_gap import LIP_GAP_WEIGHTS, MOUTH_CLOSE

MOUTH = arkit_indices("jaw", "mouth", "tongue")
UPPER_FACE = [index for index in range(NUM_EXPRESSIONS) if index not in MOUTH]
# Blendshapes that part the lips: a closure overrules them, whatever the emotion.
OPENING = arkit_indices("jawOpen", "mouthLowerDown", "mouthUpperUp", "mouthFunnel")
# What speech alone does: it leaves the reference face as soon as it is animated.
RELEASED = [*OPENING, *arkit_indices("jawLeft", "jawRight", "jawForward", "mouthClose", "tongue")]
GAZE = arkit_indices("eyeLook")
# How far a face at rest deviates from the neutral pose: eyes are narrow or heavy by nature, smiles are not.
RESTING_LIMIT, RESTING_EYE_LIMIT, RESTING_SMILE_LIMIT = 0.12, 0.35, 0.04
RESTING_YIELDS = 0.7  # of the face at rest, to an emotion at intensity 1


class TemporalBlock(nn.Module):
    """A dilated residual convolution over time."""

    def __init__(self, width: int, kernel_size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, width, kernel_size, padding=dilation * (kernel_size // 2), dilation=dilation)
        self.out = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "batch frame width"]) -> Float[Tensor, "batch frame width"]:
        update = self.out(F.gelu(self.mix(self.norm(x).transpose(1, 2)))).transpose(1, 2)
        return x + self.dropout(update)


class MotionDecoder(nn.Module):
    """Content, prosody and emotion in; articulation, lip closure and head motion out, at MOTION_FPS."""

    def __init__(self, content_dim: int, config: MotionConfig) -> None:
        super().__init__()
        self.inputs = nn.Linear(content_dim + PROSODY_DIM + NUM_SHOWN_EMOTIONS + len(MOUTH), config.hidden_dim)
        self.blocks = nn.Sequential(
            *(
                TemporalBlock(config.hidden_dim, config.kernel_size, 2 ** (level % 3), config.dropout)
                for level in range(config.num_blocks)
            )
        )
        self.norm = nn.LayerNorm(config.hidden_dim)
        self.articulation = nn.Linear(config.hidden_dim, NUM_EXPRESSIONS)
        self.closure = nn.Linear(config.hidden_dim, 1)
        self.head = nn.Linear(config.hidden_dim, 3)

    def forward(
        self,
        content: Float[Tensor, "batch frame content"],
        prosody: Float[Tensor, "batch frame prosody"],
        emotion_state: Float[Tensor, "batch frame shown"],
        emotional: Float[Tensor, "batch frame expression"],
    ) -> tuple[Float[Tensor, "batch frame expression"], Float[Tensor, "batch frame"], Float[Tensor, "batch frame 3"]]:
        """Expression with speech in it, lip closure (0 to 1), and head yaw, pitch, roll in radians.

        `emotional` is the face without speech: reference expression plus recalled displacement.
        """
        hidden = self.inputs(torch.cat([content, prosody, emotion_state, emotional[..., MOUTH]], dim=-1))
        hidden = self.norm(self.blocks(hidden))
        closure = self.closure(hidden).squeeze(-1).sigmoid()
        expression = articulate(emotional, self.articulation(hidden), closure)
        if not self.training:  # the decoder itself has to learn how lips meet; what is left over is closed afterwards
            expression = meet_lips(expression, closure)
        return expression, closure, 0.2 * self.head(hidden).tanh()


def articulate(
    emotional: Float[Tensor, "*batch expression"],
    articulation: Float[Tensor, "*batch expression"],
    closure: Float[Tensor, "*batch"],
) -> Float[Tensor, "*batch expression"]:
    """Adds speech to an emotional face; where the lips close, nothing that would open the mouth survives."""
    opening = torch.zeros(NUM_EXPRESSIONS, device=emotional.device)
    opening[OPENING] = 1.0
    return into_range((emotional + articulation) * (1 - closure.unsqueeze(-1) * opening))


def meet_lips(
    expression: Float[Tensor, "*batch expression"], closure: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch expression"]:
    """Where the lips close, what an emotion lifts nevertheless (a sneer the upper lip) is closed by mouthClose."""
    weights = torch.from_numpy(LIP_GAP_WEIGHTS).to(expression)
    gap = (expression @ weights).clamp_min(0) / -weights[MOUTH_CLOSE]
    met = expression.clone()
    met[..., MOUTH_CLOSE] += closure * gap
    return met.clamp(0, 1)


def into_range(expression: Float[Tensor, "*batch expression"]) -> Float[Tensor, "*batch expression"]:
    """Blendshapes cut to [0, 1] whose gradient still passes where they are cut: most of them rest at 0, and a plain
    clamp would never let them rise again in training.
    """
    return expression + (expression.clamp(0, 1) - expression).detach()


def face_at_rest(
    expression: Float[Tensor, "batch expression"], shown: Float[Tensor, "batch expression"]
) -> Float[Tensor, "batch expression"]:
    """What the reference's emotion does not explain and is not speech: the person at rest, and where they look.

    `expression` is the reference, `shown` the part of it that its emotion explains. An open laughing jaw that no
    emotion explains is articulation and goes; a brow that hangs low stays, within the limits of a resting face.
    """
    limit = torch.full((NUM_EXPRESSIONS,), RESTING_LIMIT, device=expression.device)
    limit[arkit_indices("eyeBlink", "eyeSquint", "eyeWide")] = RESTING_EYE_LIMIT
    limit[arkit_indices("mouthSmile", "cheekSquint")] = RESTING_SMILE_LIMIT
    limit[GAZE] = 1.0
    rest = (expression - shown).clamp(-limit, limit)
    rest[:, RELEASED] = 0.0
    return rest


def resting_share(
    reference: Float[Tensor, "batch shown"], target: Float[Tensor, "batch frame shown"]
) -> Float[Tensor, "batch frame expression"]:
    """How much of the face at rest stays while an emotion comes that the reference does not show: a resting frown does
    not survive a laugh. States: see `emotion_memory.emotion_state`. Gaze stays.
    """
    coming = (target - reference.unsqueeze(1)).clamp_min(0).sum(-1, keepdim=True).clamp_max(1)
    yields = torch.full((NUM_EXPRESSIONS,), RESTING_YIELDS, device=target.device)
    yields[GAZE] = 0.0
    return 1 - yields * coming


def carried_face(
    expression: Float[Tensor, "batch expression"],
    shown: Float[Tensor, "batch expression"],
    displacement: Float[Tensor, "batch frame expression"],
    reference: Float[Tensor, "batch shown"],
    target: Float[Tensor, "batch frame shown"],
    compensation: float = 1.0,
) -> Float[Tensor, "batch frame expression"]:
    """The reference's face, of whose expression its emotion explains `shown`, carried to the target's emotion by a
    displacement, without its speech. Of its own emotion, what is not compensated comes back.
    """
    rest = resting_share(reference, target) * face_at_rest(expression, shown).unsqueeze(1)
    kept = (1 - compensation) * shown.unsqueeze(1)
    return into_range(shown.unsqueeze(1) + rest + displacement + kept)


def blink_curve(num_frames: int, fps: float, rng: np.random.Generator) -> Float[np.ndarray, "frame"]:
    """Lid closure of spontaneous blinks, about 17 a minute (Bentivoglio et al. 1997), each 0.25 to 0.35 s long."""
    seconds = np.arange(num_frames) / fps
    curve = np.zeros(num_frames, np.float32)
    onset = rng.uniform(0.6, 3.0)
    while onset < num_frames / fps:
        closing, opening = rng.uniform(0.08, 0.11), rng.uniform(0.16, 0.24)
        time = seconds - onset
        lid = np.where(time < closing, time / closing, 1 - (time - closing) / opening).clip(0, 1)
        curve = np.maximum(curve, lid * lid * (3 - 2 * lid))
        onset += closing + opening + float(np.clip(rng.gamma(3.0, 1.1), 1.2, 7.5))
    return curve


def smooth_noise(
    num_frames: int, fps: float, period_seconds: float, channels: int, rng: np.random.Generator
) -> Float[np.ndarray, "frame channel"]:
    """Band-limited noise of about unit amplitude, a new direction about every period."""
    seconds = np.arange(num_frames) / fps
    noise = np.zeros((num_frames, channels), np.float32)
    for octave in (1.0, 2.1):
        phase = rng.uniform(0, 2 * math.pi, channels)
        stretch = rng.uniform(0.8, 1.25, channels)
        noise += np.sin(2 * math.pi * seconds[:, None] * octave * stretch / (2 * period_seconds) + phase) / (2 * octave)
    return noise


def add_life(
    expression: Float[Tensor, "frame expression"],
    head: Float[Tensor, "frame 3"],
    fps: float,
    seed: int,
    blinks: float = 1.0,
    gaze: float = 1.0,
    sway: float = 1.0,
) -> tuple[Float[Tensor, "frame expression"], Float[Tensor, "frame 3"]]:
    """Blinks, wandering gaze and a gently swaying head; each amount is 1 by default and 0 switches it off."""
    rng = np.random.default_rng(seed)
    lid = torch.from_numpy(blink_curve(len(expression), fps, rng)) * min(blinks, 1.0)
    wander = torch.from_numpy(smooth_noise(len(expression), fps, 2.2, 2, rng)) * (0.12 * gaze)
    nod = torch.from_numpy(smooth_noise(len(expression), fps, 1.6, 3, rng)) * (0.02 * sway)
    start = (torch.arange(len(head)).unsqueeze(1) / (0.6 * fps)).clamp_max(1.0)  # the portrait's own pose comes first
    alive = expression.clone()
    for side, inward in (("Left", 1.0), ("Right", -1.0)):
        blink = ARKIT_INDEX["eyeBlink" + side]
        alive[:, blink] = alive[:, blink] + lid * (1 - alive[:, blink])
        for name in ("eyeWide", "eyeSquint"):
            alive[:, ARKIT_INDEX[name + side]] *= 1 - lid
        looks = {"In": inward * wander[:, 0], "Out": -inward * wander[:, 0], "Up": wander[:, 1], "Down": -wander[:, 1]}
        for direction, amount in looks.items():
            alive[:, ARKIT_INDEX[f"eyeLook{direction}{side}"]] += amount.clamp_min(0)
    return alive.clamp(0, 1), start * (head * sway + nod)
