"""Takes emotion and speech out of the portrait's face, and carries the face to another emotion."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import GAZE, NUM_EXPRESSIONS, OPENING, arkit_indices
from .articulation import into_range

# Blendshapes of speech alone: they leave the reference face as soon as it is animated.
RELEASED = [*OPENING, *arkit_indices("jawLeft", "jawRight", "jawForward", "mouthClose", "tongue")]
# Largest blendshapes of a face at rest: eyes may be narrow or heavy by nature, a smile is no resting face.
RESTING_LIMIT, RESTING_EYE_LIMIT, RESTING_SMILE_LIMIT = 0.12, 0.35, 0.04
RESTING_YIELDS = 0.7  # the share of the face at rest that leaves for an emotion at intensity 1


def face_at_rest(
    expression: Float[Tensor, "batch expression"], shown: Float[Tensor, "batch expression"]
) -> Float[Tensor, "batch expression"]:
    """The expression of the person at rest: the reference without its emotion and without speech, but with its gaze.

    `expression` is the reference's, `shown` the part of it that its emotion explains. What remains is clipped to the
    limits of a resting face: a low brow stays, an open jaw goes, because it is taken for speech.
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
    """The share (0 to 1) of the face at rest that stays, per blendshape.

    It shrinks with every emotion that the target shows more than the reference does: a resting frown yields to a laugh.
    Gaze stays. `reference` and `target` are emotion states (see `emotion.states.emotion_state`).
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
    """The reference's face without its speech, carried to the target's emotion by a displacement.

    `shown` is the part of the reference's expression that its emotion explains. `compensation` is the share of it that
    leaves the face: with 1 all of it, with 0 the target's emotion is added to it.
    """
    rest = resting_share(reference, target) * face_at_rest(expression, shown).unsqueeze(1)
    kept = (1 - compensation) * shown.unsqueeze(1)
    return into_range(shown.unsqueeze(1) + rest + displacement + kept)
