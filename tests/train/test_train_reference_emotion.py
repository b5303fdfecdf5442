"""Labels of the reader's training are soft where an emotion is faint."""

import numpy as np
import pytest
import torch
from scripts import load_script

from cemnet.arkit import EMOTION_INDEX, EMOTIONS

pytest.importorskip("moderngl", reason="needs moderngl (the train extra)")

from cemnet.training.heads.render_dataset import NO_EMOTION, Renders


def renders(emotions, intensities):
    """Rows that hold nothing but labels."""
    count = len(emotions)
    empty = np.zeros((count, 1), np.float32)
    return Renders(
        empty, np.zeros((count, 52), np.float32), np.array(emotions), np.array(intensities, np.float32),
        np.zeros((count, 3, 3), np.float32), np.ones(count, np.float32), np.zeros((count, 3), np.float32),
        np.zeros((count, 478, 3), np.float32), np.zeros((count, 52), np.float32),
    )  # fmt: skip


def test_faint_emotions_are_partly_neutral_and_random_faces_partly_anything():
    script = load_script("train_reference_emotion")
    happy, neutral = EMOTION_INDEX["happy"], EMOTION_INDEX["neutral"]
    labels, intensity, weights = script.targets(renders([happy, happy, neutral, NO_EMOTION], [0.8, 0.2, 0.0, 0.0]))
    torch.testing.assert_close(labels.sum(1), torch.ones(4))
    assert labels[0, happy] == 1
    assert labels[1, happy] == pytest.approx(0.5) and labels[1, neutral] == pytest.approx(0.5)
    assert labels[3].min() == pytest.approx(0.5 / len(EMOTIONS))
    assert weights[2] > weights[0] > weights[3]
    torch.testing.assert_close(intensity, torch.tensor([0.8, 0.2, 0.0, 0.0]))


def test_losses_vanish_for_the_right_answer():
    script = load_script("train_reference_emotion")
    labels = torch.eye(len(EMOTIONS))[:2]
    outputs = torch.cat([40 * labels, torch.tensor([[20.0], [-20.0]])], dim=1)
    losses = script.emotion_losses(outputs, labels, torch.tensor([1.0, 0.0]))
    assert all(loss.max() < 1e-4 for loss in losses.values())
    assert script.emotion_losses(outputs, labels.flip(0), torch.tensor([0.0, 1.0]))["emotion"].min() > 1
