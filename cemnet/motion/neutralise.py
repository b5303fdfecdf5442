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


def unexplained(
    expression: Float[Tensor, "batch expression"], expected: Float[Tensor, "batch expression"]
) -> Float[Tensor, "batch expression"]:
    """What a portrait shows beside the face that its person and emotion let one expect, without speech.

    It is clipped to what a face at rest can have by nature: a low brow stays, a smile that nothing explains does not,
    and an open jaw goes, because it is taken for speech. Gaze is kept whole.
    """
    limit = torch.full((NUM_EXPRESSIONS,), RESTING_LIMIT, device=expression.device)
    limit[arkit_indices("eyeBlink", "eyeSquint", "eyeWide")] = RESTING_EYE_LIMIT
    limit[arkit_indices("mouthSmile", "cheekSquint")] = RESTING_SMILE_LIMIT
    limit[GAZE] = 1.0
    rest = (expression - expected).clamp(-limit, limit)
    rest[:, RELEASED] = 0.0
    return rest


def carried_face(
    expression: Float[Tensor, "batch expression"],
    expected: Float[Tensor, "batch expression"],
    wanted: Float[Tensor, "batch frame expression"],
    kept: Float[Tensor, "batch frame expression"],
) -> Float[Tensor, "batch frame expression"]:
    """The reference's face without its speech, carried from the expected face to the wanted one.

    `expected` and `wanted` are a person's faces in the reference's and the target's emotion. Of what the portrait
    shows beside `expected`, the share `kept` (0 to 1) stays; gaze stays always.
    """
    is_gaze = torch.zeros(NUM_EXPRESSIONS, dtype=torch.bool, device=kept.device)
    is_gaze[GAZE] = True
    stays = kept.masked_fill(is_gaze, 1.0)
    return into_range(wanted + stays * unexplained(expression, expected).unsqueeze(1))
