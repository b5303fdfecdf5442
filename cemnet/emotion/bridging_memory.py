"""Emotion Bridging Memory (EBM): how a face moves from its reference emotion to the voice's emotion.

The memory stores expression displacements; a cross-emotion query (reference emotion, audio emotion, identity) recalls
them. After "CEM-Net: Cross-Emotion Memory Network for Emotional Talking Face Generation" (arXiv 2508.12368), of which
only the abstract was followed; the antisymmetric form is this project's.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..arkit import NUM_EXPRESSIONS
from ..config import EmotionMemoryConfig
from .states import NUM_SHOWN_EMOTIONS


class EmotionMemory(nn.Module):
    """Recalls expression displacements for (reference emotion → audio emotion) on one person's face.

    Δ(a→b | id) = Σ b·g(id) − Σ a·g(id) + ½ [M(a, b | id) − M(b, a | id)], a and b being emotion states. Hence
    Δ(a→a) = 0 and Δ(a→b) = −Δ(b→a) for any weights, and the first two terms add up along any path of emotions.
    """

    def __init__(self, config: EmotionMemoryConfig) -> None:
        super().__init__()
        self.config = config
        self.values = nn.Parameter(0.1 * torch.randn(config.num_slots, NUM_EXPRESSIONS))
        self.keys = nn.Parameter(torch.randn(config.num_slots, config.key_dim))
        self.identity = nn.Sequential(
            nn.Linear(NUM_EXPRESSIONS + NUM_SHOWN_EMOTIONS, config.hidden_dim),
            nn.GELU(),
            nn.Linear(config.hidden_dim, config.identity_dim),
            nn.Tanh(),
        )
        self.query = nn.Sequential(
            nn.Linear(2 * NUM_SHOWN_EMOTIONS + config.identity_dim, config.hidden_dim),
            nn.GELU(),
            nn.Linear(config.hidden_dim, config.key_dim),
        )
        self.cross_scale = nn.Parameter(torch.zeros(NUM_EXPRESSIONS))

    def identity_code(
        self, expression: Float[Tensor, "batch expression"], reference: Float[Tensor, "batch shown"]
    ) -> Float[Tensor, "batch identity"]:
        """A code of this person's way to show emotion (asymmetry, restraint, resting brows), from the portrait."""
        return self.identity(torch.cat([expression, reference], dim=-1))

    def address(
        self,
        reference: Float[Tensor, "*batch shown"],
        target: Float[Tensor, "*batch shown"],
        identity: Float[Tensor, "*batch identity"],
    ) -> Float[Tensor, "*batch slot"]:
        """Key addressing: where the cross-emotion feature points in the memory."""
        query = F.normalize(self.query(torch.cat([reference, target, identity], dim=-1)), dim=-1)
        return (self.config.sharpness * query @ F.normalize(self.keys, dim=-1).T).softmax(dim=-1)

    def address_of_displacement(self, displacement: Float[Tensor, "*batch expression"]) -> Float[Tensor, "*batch slot"]:
        """Value addressing: which stored displacements resemble a given one (known in training only)."""
        similarity = F.normalize(displacement, dim=-1, eps=1e-4) @ F.normalize(self.values, dim=-1, eps=1e-4).T
        return (self.config.sharpness * similarity).softmax(dim=-1)

    def apex_addresses(self, identity: Float[Tensor, "batch identity"]) -> Float[Tensor, "batch shown slot"]:
        """Addresses of "neutral → each emotion at full intensity" for one person."""
        targets = torch.eye(NUM_SHOWN_EMOTIONS, device=identity.device).expand(len(identity), -1, -1)
        people = identity.unsqueeze(1).expand(-1, NUM_SHOWN_EMOTIONS, -1)
        return self.address(torch.zeros_like(targets), targets, people)

    def forward(
        self,
        reference: Float[Tensor, "batch shown"],
        target: Float[Tensor, "batch frame shown"],
        identity: Float[Tensor, "batch identity"],
    ) -> tuple[Float[Tensor, "batch frame expression"], Float[Tensor, "batch frame slot"]]:
        """Displacements from the reference's emotion state to the target's, and the share of each slot in them."""
        num_frames = target.shape[1]
        sources = reference.unsqueeze(1).expand(-1, num_frames, -1)
        people = identity.unsqueeze(1).expand(-1, num_frames, -1)
        apex = self.apex_addresses(identity)
        bridge = (target - sources) @ (apex @ self.values)
        there, back = self.address(sources, target, people), self.address(target, sources, people)
        cross = 0.5 * (there - back) @ self.values
        spoken = 0.5 * (F.normalize(target.abs(), p=1, dim=-1) @ apex) + 0.5 * there
        return bridge + self.cross_scale * cross, spoken / spoken.sum(dim=-1, keepdim=True)
