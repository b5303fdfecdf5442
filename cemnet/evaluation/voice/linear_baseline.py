"""What hears a voice's emotion without AEE: logistic regression on the frozen speech encoder's pooled states.

The floor that the audio emotion branch has to beat: mean and deviation over time of Whisper-tiny's blocks,
standardised, one linear layer with an L2 penalty. It knows no prototypes, no enhancement and one strength for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from ...arkit import EMOTION_INDEX, EMOTIONS
from ...model import CEMNet
from ...speech.mel import mono_16k
from ...speech.whisper_encoder import SpeechEncoder
from ...training.corpora.clips import Clip
from ...types import Audio, Speech

INVERSE_PENALTY = 0.003  # C of the usual notation


@dataclass(frozen=True)
class LinearBaseline:
    """A linear reader of pooled speech features."""

    centre: Float[Tensor, "feature"]
    spread: Float[Tensor, "feature"]
    weight: Float[Tensor, "emotion feature"]
    bias: Float[Tensor, "emotion"]
    strength: float  # how strongly the training voices felt on average

    @classmethod
    def fit(cls, encoder: SpeechEncoder, clips: Sequence[Clip]) -> "LinearBaseline":
        """Trains on whole, clean, labelled clips; about ten seconds for a thousand clips after they are heard."""
        labelled = [clip for clip in clips if clip.emotion is not None]
        heard = [pooled_states(encoder, clip.waveform) for clip in tqdm(labelled, desc="Floor listens", leave=False)]
        labels = torch.tensor([EMOTION_INDEX[clip.emotion] for clip in labelled if clip.emotion])
        centre, spread = torch.stack(heard).mean(0), torch.stack(heard).std(0).clamp_min(1e-6)
        weight, bias = logistic_regression((torch.stack(heard) - centre) / spread, labels, len(EMOTIONS))
        strength = sum(clip.intensity for clip in labelled) / max(1, len(labelled))
        return cls(centre, spread, weight, bias, strength)

    def hear(self, encoder: SpeechEncoder, audio: Audio) -> Float[Tensor, "emotion"]:
        """Probabilities for a whole clip."""
        features = (pooled_states(encoder, mono_16k(audio)) - self.centre) / self.spread
        return (self.weight @ features + self.bias).softmax(0)

    def replace_emotion(self, model: CEMNet, speech: Speech) -> Speech:
        """The same speech as the floor hears it, evenly from the first frame to the last.

        The belief is decided upon as the model decides on its own, so that only the hearing differs.
        """
        heard = self.hear(model.speech_encoder, speech.audio)
        emotion, certainty = model.network.audio_emotion.decide(heard)
        level = torch.full((speech.num_frames,), self.strength * float(certainty))
        heard, emotion = (belief.expand(speech.num_frames, -1) for belief in (heard, emotion))
        return replace(speech, heard=heard, emotion=emotion, intensity=level)


@torch.no_grad()
def pooled_states(encoder: SpeechEncoder, waveform: Float[Tensor, "sample"]) -> Float[Tensor, "feature"]:
    """Mean and deviation over time of the encoder's four blocks."""
    states = encoder.encode_long(waveform)[1:].float().cpu()
    return torch.cat([states.mean(dim=1), states.std(dim=1)], dim=-1).flatten()


def logistic_regression(
    features: Float[Tensor, "row feature"], labels: Tensor, num_classes: int
) -> tuple[Float[Tensor, "class feature"], Float[Tensor, "class"]]:
    """Weights that minimise summed cross entropy + ‖weight‖² / 2C, by L-BFGS from zero."""
    weight = torch.zeros(num_classes, features.shape[1], requires_grad=True)
    bias = torch.zeros(num_classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, history_size=20, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(features @ weight.T + bias, labels, reduction="sum")
        loss = loss + weight.square().sum() / (2 * INVERSE_PENALTY)
        loss.backward()
        return loss

    optimizer.step(closure)  # pyright: ignore[reportArgumentType]
    return weight.detach(), bias.detach()
