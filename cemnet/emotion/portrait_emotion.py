"""Estimates the emotion that a portrait's face shows: probabilities of the emotions, and an intensity."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ..arkit import ARKIT_NAMES, EMOTIONS, MIRRORED_EXPRESSION
from ..checkpoint import check_arrays, load_checkpoint
from ..types import EmotionEstimate

EMOTIONAL = np.array([not name.startswith(("eyeLook", "tongue")) for name in ARKIT_NAMES])


@dataclass(frozen=True)
class ReferenceEmotionReader:
    """A network with one hidden layer, from a fitted expression and MediaPipe's scores to an emotion.

    Where it is unsure, probabilities are spread and the intensity is low.
    """

    centre: Float[np.ndarray, "feature"]
    spread: Float[np.ndarray, "feature"]
    hidden_weight: Float[np.ndarray, "hidden feature"]
    hidden_bias: Float[np.ndarray, "hidden"]
    output_weight: Float[np.ndarray, "output hidden"]  # one row an emotion, and one for the intensity
    output_bias: Float[np.ndarray, "output"]

    @classmethod
    def load(cls, path: Path) -> "ReferenceEmotionReader":
        """Reads released weights; MissingModelError when they cannot be read."""
        tensors, _ = load_checkpoint(path)
        check_arrays(path, tensors, cls, {"feature": 2 * int(EMOTIONAL.sum()), "output": len(EMOTIONS) + 1})
        return cls(**{name: tensor.numpy().astype(np.float64) for name, tensor in tensors.items()})

    def read(
        self, expression: Float[np.ndarray, "expression"], scores: Float[np.ndarray, "expression"]
    ) -> EmotionEstimate:
        """The emotion of one face. A face and its mirror image have the same emotion."""
        mirrored = self._outputs(expression[MIRRORED_EXPRESSION], scores[MIRRORED_EXPRESSION])
        outputs = (self._outputs(expression, scores) + mirrored) / 2
        logits, intensity = outputs[: len(EMOTIONS)], outputs[len(EMOTIONS)]
        odds = np.exp(logits - logits.max())
        return EmotionEstimate(odds / odds.sum(), float(1 / (1 + np.exp(-intensity))))

    def _outputs(
        self, expression: Float[np.ndarray, "expression"], scores: Float[np.ndarray, "expression"]
    ) -> Float[np.ndarray, "output"]:
        features = (emotion_features(expression, scores) - self.centre) / self.spread
        hidden = np.tanh(self.hidden_weight @ features + self.hidden_bias)
        return self.output_weight @ hidden + self.output_bias


def emotion_features(
    expression: Float[np.ndarray, "*batch expression"], scores: Float[np.ndarray, "*batch expression"]
) -> Float[np.ndarray, "*batch feature"]:
    """The inputs of the network: expression and scores without gaze and tongue, which tell nothing of an emotion."""
    return np.concatenate([expression[..., EMOTIONAL], scores[..., EMOTIONAL]], axis=-1).astype(np.float64)
