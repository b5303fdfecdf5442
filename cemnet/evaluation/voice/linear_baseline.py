"""A linear baseline of hearing emotion: logistic regression on the pooled states of the frozen speech encoder.

The audio emotion branch (AEE) has to beat it. The features are mean and deviation over time of its blocks,
standardised. The baseline has no prototypes and no enhancement, and one strength for all voices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from tqdm import tqdm

from ...arkit import EMOTION_INDEX, EMOTIONS
from ...model import CEMNet
from ...speech.encoder import SpeechEncoder
from ...speech.mel import mono_16k
from ...training.corpora.clips import Clip
from ...types import Audio, Speech

INVERSE_PENALTY = 0.003  # C: minimises summed cross entropy + ‖weight‖² / 2C
MAX_ITERATIONS = 1000


@dataclass(frozen=True)
class LinearBaseline:
    """A linear reader of pooled speech features."""

    classifier: Pipeline  # its classes are indices into EMOTIONS
    strength: float  # mean intensity of the training clips, 0 to 1

    @classmethod
    def fit(cls, encoder: SpeechEncoder, clips: Sequence[Clip]) -> "LinearBaseline":
        """Trains on the labelled ones of these clips, whole and without degradation."""
        labelled = [clip for clip in clips if clip.emotion is not None]
        heard = [pooled_states(encoder, clip.waveform) for clip in tqdm(labelled, desc="Baseline", leave=False)]
        labels = [EMOTION_INDEX[clip.emotion] for clip in labelled if clip.emotion]
        regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=MAX_ITERATIONS)
        classifier = make_pipeline(StandardScaler(), regression).fit(torch.stack(heard).numpy(), labels)
        return cls(classifier, sum(clip.intensity for clip in labelled) / len(labelled))

    def hear(self, encoder: SpeechEncoder, audio: Audio) -> Float[Tensor, "emotion"]:
        """Probabilities for a whole clip; 0 for emotions that no training clip had."""
        features = pooled_states(encoder, mono_16k(audio)).unsqueeze(0).numpy()
        heard = torch.zeros(len(EMOTIONS))
        heard[self.classifier.classes_] = torch.from_numpy(self.classifier.predict_proba(features)[0]).float()
        return heard

    def replace_emotion(self, model: CEMNet, speech: Speech) -> Speech:
        """The same speech with the emotion that the baseline hears, constant over all frames.

        `AudioEmotionEncoder.decide` turns the belief into an emotion, as for the model's own, so that only the hearing
        differs.
        """
        heard = self.hear(model.speech_encoder, speech.audio)
        emotion, certainty = model.network.audio_emotion.decide(heard)
        level = torch.full((speech.num_frames,), self.strength * float(certainty))
        heard, emotion = (belief.expand(speech.num_frames, -1) for belief in (heard, emotion))
        return replace(speech, heard=heard, emotion=emotion, intensity=level)


@torch.no_grad()
def pooled_states(encoder: SpeechEncoder, waveform: Float[Tensor, "sample"]) -> Float[Tensor, "feature"]:
    """Mean and deviation over time of the encoder's blocks."""
    states = encoder.encode_long(waveform)[1:].float().cpu()
    return torch.cat([states.mean(dim=1), states.std(dim=1)], dim=-1).flatten()
