"""The motion decoder: adds speech to the emotional face, and moves the head."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..arkit import MOUTH, NUM_EXPRESSIONS
from ..config import PROSODY_DIM, MotionConfig
from ..emotion.states import NUM_SHOWN_EMOTIONS
from .articulation import articulate, meet_lips


class TemporalBlock(nn.Module):
    """A residual block with a dilated convolution over time."""

    def __init__(self, width: int, kernel_size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, width, kernel_size, padding=dilation * (kernel_size // 2), dilation=dilation)
        self.out = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "batch frame width"]) -> Float[Tensor, "batch frame width"]:
        """The input plus an update of every frame from its neighbours."""
        update = self.out(F.gelu(self.mix(self.norm(x).transpose(1, 2)))).transpose(1, 2)
        return x + self.dropout(update)


class MotionDecoder(nn.Module):
    """Turns content, prosody and emotion into expression, lip closure and head motion, at MOTION_FPS."""

    def __init__(self, content_dim: int, embedding_dim: int, config: MotionConfig) -> None:
        super().__init__()
        self.inputs = nn.Linear(content_dim + PROSODY_DIM + NUM_SHOWN_EMOTIONS + len(MOUTH), config.hidden_dim)
        self.manner = nn.Linear(embedding_dim, config.hidden_dim, bias=False)
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

    @property
    def reach(self) -> int:
        """How many frames before and after a frame have a say in it."""
        mixes = [block.mix for block in self.blocks if isinstance(block, TemporalBlock)]
        return sum(mix.dilation[0] * (mix.kernel_size[0] // 2) for mix in mixes)

    def forward(
        self,
        content: Float[Tensor, "batch frame content"],
        prosody: Float[Tensor, "batch frame prosody"],
        emotion_state: Float[Tensor, "batch frame shown"],
        emotional: Float[Tensor, "batch frame expression"],
        embedding: Float[Tensor, "batch frame embedding"],
    ) -> tuple[Float[Tensor, "batch frame expression"], Float[Tensor, "batch frame"], Float[Tensor, "batch frame 3"]]:
        """Expression with speech, lip closure (0 to 1), and head yaw, pitch and roll in radians.

        `emotional` is the face without speech, as `neutralise.carried_face` makes it; `embedding` is the voice's, 0
        where the voice was not asked.
        """
        hidden = self.inputs(torch.cat([content, prosody, emotion_state, emotional[..., MOUTH]], dim=-1))
        hidden = self.norm(self.blocks(hidden + self.manner(embedding)))
        closure = self.closure(hidden).squeeze(-1).sigmoid()
        expression = articulate(emotional, self.articulation(hidden), closure)
        if not self.training:  # in training the decoder itself has to learn to close the lips
            expression = meet_lips(expression, closure)
        return expression, closure, 0.2 * self.head(hidden).tanh()
