"""Emotion Bridging Memory (EBM): how a face moves from its reference emotion to the voice's emotion.

After "CEM-Net: Cross-Emotion Memory Network for Emotional Talking Face Generation" (arXiv 2508.12368), of which only
the abstract was followed. One picture cannot tell how its person looks in another emotion, but people who look alike in
one emotion also look alike in another. So a slot of this memory holds a person: the face at rest, and the displacements
from there to each emotion. A portrait and its emotion are the query; they address the people who would look like this
in that emotion, blendshape by blendshape, and the addressed people show the other emotion. Several portraits of one
person are independent evidence, so their logarithmic addresses add up. A second, smaller set of slots holds manners of
showing an emotion (a cold anger, a hot one), which the embedding of the voice addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from ..arkit import MIRRORED_EXPRESSION
from ..config import AudioEmotionConfig, EmotionMemoryConfig

FIRST_PRECISION, FIRST_CROSS_PRECISION = 80.0, 0.01  # before training, per squared blendshape: of own and other groups
FIRST_KEPT = -3.0  # before training, logit


@dataclass(frozen=True)
class RememberedPerson:
    """What the memory tells of one person: the face at rest, and each emotion at full intensity."""

    rest: Float[Tensor, "batch channel"]
    apexes: Float[Tensor, "batch shown channel"]  # displacements from the face at rest
    contribution: Float[Tensor, "batch shown slot"]  # how far each slot moves the face toward each emotion

    def face(self, state: Float[Tensor, "batch frame shown"]) -> Float[Tensor, "batch frame channel"]:
        """This person's face in the emotion states."""
        return self.rest.unsqueeze(1) + state @ self.apexes

    def displacement(
        self, reference: Float[Tensor, "batch shown"], target: Float[Tensor, "batch frame shown"]
    ) -> Float[Tensor, "batch frame channel"]:
        """The change of this person's face from the reference's emotion state to the target's; 0 where they are equal.

        Linear in the states: the more of an emotion is asked for, the further the face moves toward it.
        """
        return (target - reference.unsqueeze(1)) @ self.apexes

    def shares(
        self, reference: Float[Tensor, "batch shown"], target: Float[Tensor, "batch frame shown"]
    ) -> Float[Tensor, "batch frame slot"]:
        """The share of each slot in the displacement (sums to 1); all 0 where the face does not move."""
        moved = (target - reference.unsqueeze(1)).abs() @ self.contribution
        return moved / moved.sum(dim=-1, keepdim=True).clamp_min(1e-6)


class EmotionMemory(nn.Module):
    """Slots of people and slots of manners; see the module's docstring.

    The channels are the 52 blendshapes, addressed in groups: a blendshape and its mirror image share an address.
    `channel_group` gives each channel the index of its group where the channels are others.
    """

    channel_group: Tensor
    member: Tensor
    members: Tensor
    counts: Tensor

    def __init__(
        self,
        config: EmotionMemoryConfig,
        voice: AudioEmotionConfig,
        channel_group: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.config, self.emotional_dim = config, voice.emotional_dim
        groups = mirrored_groups() if channel_group is None else list(channel_group)
        num_channels, num_groups = len(groups), max(groups) + 1
        self.register_buffer("channel_group", torch.tensor(groups), persistent=False)
        member, members, counts = group_members(groups)
        self.register_buffer("member", member, persistent=False)
        self.register_buffer("members", members, persistent=False)
        self.register_buffer("counts", counts, persistent=False)
        self.rest = nn.Parameter(torch.zeros(config.num_slots, num_channels))
        self.apexes = nn.Parameter(0.1 * torch.randn(config.num_slots, config.num_states, num_channels))
        own = F.one_hot(self.channel_group, num_groups).T.float()
        precision = FIRST_CROSS_PRECISION + own * (FIRST_PRECISION - FIRST_CROSS_PRECISION)
        self.log_precision = nn.Parameter(precision.log())
        self.prior = nn.Parameter(torch.zeros(num_groups, config.num_slots))
        self.keys = nn.Parameter(0.1 * torch.randn(num_groups, config.num_slots, config.key_dim))
        self.query = nn.Sequential(
            nn.Linear(num_channels + 2 * config.num_states, config.hidden_dim),
            nn.GELU(),
            nn.Linear(config.hidden_dim, num_groups * config.key_dim),
        )
        self.kept = nn.Parameter(torch.full((num_channels,), FIRST_KEPT))
        self.manner_query = nn.Linear(voice.embedding_dim, config.key_dim)
        self.manner_keys = nn.Parameter(torch.randn(config.num_manners, config.key_dim))
        self.manners = nn.Parameter(torch.zeros(config.num_manners, config.num_states, num_channels))

    @classmethod
    def of_people(
        cls,
        rest: Float[Tensor, "slot channel"],
        apexes: Float[Tensor, "slot shown channel"],
        noise: Float[Tensor, "channel"],
    ) -> "EmotionMemory":
        """A memory of known people that needs no training; each channel is addressed by itself.

        `noise` is the standard deviation of a portrait's channels around the person's own face. A portrait then
        addresses each person by the likelihood that this person made it.
        """
        config = EmotionMemoryConfig(num_slots=len(rest), num_states=apexes.shape[1], key_dim=1, hidden_dim=1)
        memory = cls(config, AudioEmotionConfig(), range(rest.shape[1]))
        with torch.no_grad():
            memory.rest.copy_(rest)
            memory.apexes.copy_(apexes)
            memory.keys.zero_()
            memory.log_precision.fill_(-torch.inf).fill_diagonal_(0.0)
            memory.log_precision.add_(torch.diag(-(2 * noise.square()).log()))
        return memory.eval()

    def evidence(
        self,
        expression: Float[Tensor, "batch portrait channel"],
        reference: Float[Tensor, "batch portrait shown"],
        seen: Float[Tensor, "batch portrait"] | None = None,
    ) -> Float[Tensor, "batch wanted group slot"]:
        """How well each person fits all portraits of one person: logarithmic, for each group, up to a constant.

        `wanted` is what the memory is asked for: first the face at rest, then each emotion. `seen` is 0 for portraits
        that do not count, else 1. One part of the sum compares each portrait with the person's own face in the
        portrait's emotion; the other is learned.
        """
        weight = torch.ones_like(reference[..., 0]) if seen is None else seen
        own_face = self.rest + torch.einsum("bpk,skc->bpsc", reference, self.apexes)
        misfit = torch.einsum("bpsc,bp->bsc", (expression.unsqueeze(-2) - own_face).square(), weight)
        misfit = (misfit @ self.log_precision.exp().T).transpose(1, 2)  # batch group slot
        states = torch.eye(self.config.num_states + 1, device=expression.device)[:, 1:]
        portrait = torch.cat([expression, reference], dim=-1).unsqueeze(-2).expand(-1, -1, len(states), -1)
        query = self.query(torch.cat([portrait, states.expand(*portrait.shape[:-1], -1)], dim=-1))
        query = F.normalize(query.unflatten(-1, (-1, self.config.key_dim)), dim=-1)
        asked = torch.einsum("bpwgd,bp->bwgd", query, weight)
        return self.config.sharpness * torch.einsum("bwgd,gsd->bwgs", asked, self.keys) - misfit.unsqueeze(1)

    def address(
        self,
        expression: Float[Tensor, "batch portrait channel"],
        reference: Float[Tensor, "batch portrait shown"],
        seen: Float[Tensor, "batch portrait"] | None = None,
    ) -> Float[Tensor, "batch wanted group slot"]:
        """Shares of the people, by the evidence of all portraits of one person and by how usual each of them is."""
        return (self.prior + self.evidence(expression, reference, seen)).softmax(dim=-1)

    def remember(
        self,
        expression: Float[Tensor, "batch portrait channel"],
        reference: Float[Tensor, "batch portrait shown"],
        seen: Float[Tensor, "batch portrait"] | None = None,
    ) -> RememberedPerson:
        """The person of the portraits, as the people in the memory let one expect; see `address`."""
        address = self.address(expression, reference, seen)
        faces = torch.cat([self.rest.unsqueeze(1), self.rest.unsqueeze(1) + self.apexes], dim=1)
        faces = faces[..., self.members]  # slot wanted group member
        recalled = torch.einsum("bwgs,swgm->bwgm", address, faces)[..., self.channel_group, self.member]
        with torch.no_grad():  # shown, never trained by
            moves = ((faces[:, 1:] - faces[:, :1]).abs() * self.counts).sum(dim=-1)
            contribution = torch.einsum("bwgs,swg->bws", address[:, 1:], moves)
        return RememberedPerson(recalled[:, 0], recalled[:, 1:] - recalled[:, :1], contribution)

    def manner(
        self, embedding: Float[Tensor, "batch frame embedding"], state: Float[Tensor, "batch frame shown"]
    ) -> Float[Tensor, "batch frame channel"]:
        """How the voice's manner changes a face that shows the state; in proportion to the state.

        The emotional part of a voice's embedding has a length of 1. Where a user's wish shortens it, the manner counts
        in proportion; at 0 the voice was not asked.
        """
        weight = embedding[..., : self.emotional_dim].norm(dim=-1, keepdim=True).clamp_max(1.0)
        query = F.normalize(self.manner_query(embedding), dim=-1)
        address = (self.config.sharpness * query @ F.normalize(self.manner_keys, dim=-1).T).softmax(dim=-1)
        return torch.einsum("bfm,bfk,mkc->bfc", weight * address, state, self.manners)

    def kept_share(
        self, reference: Float[Tensor, "batch shown"], target: Float[Tensor, "batch frame shown"]
    ) -> Float[Tensor, "batch frame channel"]:
        """The share (0 to 1) of what no slot explains of the portrait that stays on the face, per channel.

        All of it stays where the emotion stays; it shrinks as the target moves away.
        """
        moved = (target - reference.unsqueeze(1)).abs().amax(dim=-1, keepdim=True).clamp_max(1)
        return 1 - moved * (1 - self.kept.sigmoid())


def mirrored_groups() -> list[int]:
    """For each blendshape the index of its group: itself and its mirror image."""
    first = [min(index, int(mirror)) for index, mirror in enumerate(MIRRORED_EXPRESSION)]
    return [sorted(set(first)).index(index) for index in first]


def group_members(
    groups: Sequence[int],
) -> tuple[Int[Tensor, "channel"], Int[Tensor, "group member"], Float[Tensor, "group member"]]:
    """The place of each channel in its group, the channels of each group, and 1 for each of these.

    Groups are filled up to equal size with channel 0, which is marked with 0 there.
    """
    channels = [[channel for channel, own in enumerate(groups) if own == group] for group in range(max(groups) + 1)]
    size = max(len(own) for own in channels)
    member = torch.tensor([channels[group].index(channel) for channel, group in enumerate(groups)])
    filled = torch.tensor([own + [0] * (size - len(own)) for own in channels])
    return member, filled, torch.tensor([[float(place < len(own)) for place in range(size)] for own in channels])
