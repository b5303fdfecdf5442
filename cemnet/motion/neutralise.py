"""The portrait's face without its emotion and speech, and the same face carried to another emotion."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..arkit import GAZE, NUM_EXPRESSIONS, OPENING, arkit_indices
from .articulation import into_range

# What speech alone does: it leaves the reference face as soon as it is animated.
RELEASED = [*OPENING, *arkit_indices("jawLeft", "jawRight", "jawForward", "mouthClose", "tongue")]
# How far a face at rest deviates from the neutral pose: eyes are narrow or heavy by nature, smiles are not.
RESTING_LIMIT, RESTING_EYE_LIMIT, RESTING_SMILE_LIMIT = 0.12, 0.35, 0.04
RESTING_YIELDS = 0.7  # of the face at rest, to an emotion at intensity 1


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
