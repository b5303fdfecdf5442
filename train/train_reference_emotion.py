"""Trains the reader of a portrait's emotion on rendered heads that show emotions, some faintly and some speaking.

    python train/train_reference_emotion.py --renders renders.npz

The renders are those of fit_face_basis.py; the face basis has to be fitted first.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from cemnet.arkit import EMOTION_INDEX, EMOTIONS, MIRRORED_EXPRESSION
from cemnet.checkpoint import RELEASED_WEIGHTS, find_weights, save_checkpoint
from cemnet.emotion.portrait_emotion import ReferenceEmotionReader, emotion_features
from cemnet.face.basis import FaceBasis
from cemnet.face.reference import fit_and_read
from cemnet.training.heads.render_dataset import NO_EMOTION, Renders

HIDDEN, EPOCHS, BATCH = 32, 150, 256
CLEAR_INTENSITY = 0.4  # from here on the label is the emotion alone; below it fades into neutral
FEATURE_NOISE, FEATURE_DROPOUT = 0.3, 0.15  # in standard deviations, and as a share of the features
RANDOM_FACE_WEIGHT, NEUTRAL_WEIGHT = 0.3, 3.0  # portraits are mostly calm
DATA = "USC ICT-FaceKit heads (MIT) rendered with the project's own emotion prototypes, seen by MediaPipe (Apache-2.0)."


def fitted_expressions(basis: FaceBasis, renders: Renders) -> Float[np.ndarray, "head expression"]:
    """The expression that the basis fits to each head's landmarks alone."""
    rows = range(len(renders))
    return np.stack([basis.fit(renders.landmarks(row)).expression for row in tqdm(rows, "fitting", mininterval=10)])


def targets(renders: Renders) -> tuple[Float[Tensor, "head emotion"], Float[Tensor, "head"], Float[Tensor, "head"]]:
    """Soft labels, intensities and weights of heads. Random expressions get a label halfway to uniform."""
    labels = np.zeros((len(renders), len(EMOTIONS)))
    clear = (renders.intensity / CLEAR_INTENSITY).clip(0, 1)
    emotional = renders.emotion != NO_EMOTION
    rows = np.arange(len(renders))
    labels[rows, np.where(emotional, renders.emotion, 0)] += clear
    labels[:, EMOTION_INDEX["neutral"]] += 1 - clear
    labels[~emotional] = 0.5 * labels[~emotional] + 0.5 / len(EMOTIONS)
    weights = np.where(emotional, 1.0, RANDOM_FACE_WEIGHT)
    weights[renders.emotion == EMOTION_INDEX["neutral"]] = NEUTRAL_WEIGHT
    return torch.tensor(labels).float(), torch.tensor(renders.intensity).float(), torch.tensor(weights).float()


def emotion_losses(
    outputs: Float[Tensor, "head output"], labels: Float[Tensor, "head emotion"], intensity: Float[Tensor, "head"]
) -> dict[str, Float[Tensor, "head"]]:
    """The two losses of each head: cross entropy of the emotion, and squared error of the intensity."""
    emotion = F.cross_entropy(outputs[:, :-1], labels, reduction="none")
    return {"emotion": emotion, "intensity": 4 * F.mse_loss(outputs[:, -1].sigmoid(), intensity, reduction="none")}


def train(features: Float[np.ndarray, "head feature"], renders: Renders, seed: int) -> dict[str, Tensor]:
    """Trains the reader with noisy and dropped features; its tensors by the names of `ReferenceEmotionReader`."""
    torch.manual_seed(seed)
    inputs = torch.tensor(features, dtype=torch.float32)
    centre, spread = inputs.mean(0), inputs.std(0).clamp_min(0.05)
    inputs = (inputs - centre) / spread
    labels, intensity, weights = targets(renders)
    first, last = nn.Linear(inputs.shape[1], HIDDEN), nn.Linear(HIDDEN, len(EMOTIONS) + 1)
    network = nn.Sequential(first, nn.Tanh(), last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.05)
    steps = EPOCHS * (len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps)
    for _ in tqdm(range(steps), "training", mininterval=10):
        rows = torch.randint(len(inputs), (BATCH,))
        noisy = inputs[rows] + FEATURE_NOISE * torch.randn(BATCH, inputs.shape[1])
        noisy = noisy * (torch.rand_like(noisy) > FEATURE_DROPOUT)
        losses = emotion_losses(network(noisy), labels[rows], intensity[rows])
        loss = (torch.stack(list(losses.values())).sum(0) * weights[rows]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return {
        "centre": centre, "spread": spread, "hidden_weight": first.weight.data, "hidden_bias": first.bias.data,
        "output_weight": last.weight.data, "output_bias": last.bias.data,
    }  # fmt: skip


def report(basis: FaceBasis, reader: ReferenceEmotionReader, renders: Renders) -> None:
    """Prints accuracy, calibration, intensity error and the gain of the fit, on persons not used for training."""
    heads = [renders.landmarks(row) for row in range(len(renders))]
    read = [fit_and_read(head, basis, reader) for head in heads]
    for label, fits in (("alone", [basis.fit(head) for head in heads]), ("once read", [fit for fit, _ in read])):
        off = [fit.expression - drawn for fit, drawn in zip(fits, renders.expression, strict=True)]
        print(f"{len(renders)} held-out heads, fitted {label}: coefficients off by {np.abs(off).mean():.4f}")
    shown = np.flatnonzero((renders.emotion != NO_EMOTION) & ((renders.intensity >= 0.5) | (renders.intensity == 0)))
    estimates = [read[row][1] for row in shown]
    probabilities = np.stack([estimate.probabilities for estimate in estimates])
    truth = renders.emotion[shown]
    right = probabilities.argmax(1) == truth
    sure = probabilities.max(1)
    print(f"{len(shown)} held-out heads, neutral or of intensity 0.5 and more: {100 * right.mean():.1f} % read right")
    for low, high in ((0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        chosen = (sure >= low) & (sure < high)
        if chosen.any():
            print(f"  {chosen.sum():4d} at {sure[chosen].mean():.2f} sure: {right[chosen].mean():.2f} right")
    off = [estimate.intensity - value for estimate, value in zip(estimates, renders.intensity[shown], strict=True)]
    print(f"  intensity: mean absolute error {np.abs(off).mean():.3f}")
    print("  rows show, columns are read: " + " ".join(f"{name[:5]:>5s}" for name in EMOTIONS))
    for index, name in enumerate(EMOTIONS):
        share = probabilities[truth == index].mean(0)
        print(f"  {name:>28s} " + " ".join(f"{value:5.2f}" for value in share))


def main() -> None:
    """Trains and writes a reader and reports on held-out heads, or reports on a given reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renders", type=Path, required=True, help="rendered heads of fit_face_basis.py (.npz)")
    parser.add_argument("--held-out", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RELEASED_WEIGHTS / "reference_emotion.safetensors")
    parser.add_argument("--measure", type=Path, metavar="FILE", help="measure this reader and train none")
    options = parser.parse_args()
    torch.set_num_threads(1)
    renders, basis = Renders.load(options.renders), FaceBasis.load(find_weights("face_basis.safetensors"))
    unseen, seen = renders[: options.held_out], renders[options.held_out :]
    if options.measure is not None:
        report(basis, ReferenceEmotionReader.load(options.measure), unseen)
        return
    expressions, scores = fitted_expressions(basis, seen), seen.blendshapes
    mirrored = emotion_features(expressions[:, MIRRORED_EXPRESSION], scores[:, MIRRORED_EXPRESSION])
    features = np.concatenate([emotion_features(expressions, scores), mirrored])
    tensors = train(features, seen[np.tile(np.arange(len(seen)), 2)], options.seed)
    save_checkpoint(options.output, tensors, {"emotions": list(EMOTIONS), "num_heads": len(seen)}, DATA, "Apache-2.0")
    report(basis, ReferenceEmotionReader.load(options.output), unseen)


if __name__ == "__main__":
    main()
