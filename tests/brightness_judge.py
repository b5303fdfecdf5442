"""A judge whose answers are known, in place of the network that the emotion matrix uses."""

import numpy as np

from cemnet.arkit import EMOTION_INDEX, EMOTIONS


class BrightnessJudge:
    """Names happy what is brighter than the middle grey, and sad what is not."""

    def probabilities(self, image, box):
        seen = np.zeros(len(EMOTIONS))
        seen[EMOTION_INDEX["happy" if image[..., :3].mean() > 0.5 else "sad"]] = 1.0
        return seen
