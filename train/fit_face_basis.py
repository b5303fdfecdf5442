"""Fits the face basis by regression on landmarks detected over rendered heads, and says how well it fits new ones.

    python train/fit_face_basis.py --ict ict_facekit_light.npz --renders renders.npz --num-heads 5000

The renders are kept in the given file and used again when it is there.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from cemnet.arkit import ARKIT_NAMES
from cemnet.checkpoint import RELEASED_WEIGHTS, save_checkpoint
from cemnet.face.basis import FaceBasis
from cemnet.face.landmarker import FaceLandmarker, find_face_landmarker
from cemnet.training.heads.basis_regression import expression_priors, landmark_noise, regress
from cemnet.training.heads.ict_head import HeadModel
from cemnet.training.heads.render_dataset import Renders, render_heads

DATA = "Landmarks detected by MediaPipe Face Landmarker (Apache-2.0) on rendered USC ICT-FaceKit heads (MIT)."
RIGHT_IRIS, LEFT_IRIS = 468, 473  # centres


def eye_distance(points: Float[np.ndarray, "landmark 3"]) -> float:
    """Pixels between the middles of the irises."""
    return float(np.linalg.norm(points[LEFT_IRIS, :2] - points[RIGHT_IRIS, :2]))


def report(basis: FaceBasis, renders: Renders) -> None:
    """Prints the mean landmark error on heads that the basis has not seen, in pixels and relative to the eyes."""
    errors = {"known expression": [], "fitted expression": []}
    off = []
    for index in range(len(renders)):
        known = basis.fit_known_expression(renders.points[index], renders.expression[index])
        fitted = basis.fit(renders.landmarks(index))
        for kind, fit in zip(errors, (known, fitted), strict=True):
            pixels = np.linalg.norm(fit.residual[:, :2], axis=1).mean()
            errors[kind].append((pixels, 100 * pixels / eye_distance(renders.points[index])))
        off.append(fitted.expression - renders.expression[index])
    print(f"{len(renders)} held-out heads and expressions, mean landmark error:")
    for kind, rows in errors.items():
        pixels, percent = np.mean(rows, axis=0)
        print(f"  {kind}: {pixels:.2f} px = {percent:.2f} % of the distance between the eyes")
    report_coefficients(np.array(off), renders.expression)


def report_coefficients(off: Float[np.ndarray, "head expression"], truth: Float[np.ndarray, "head expression"]) -> None:
    """Prints the error of fitted blendshapes, the largest first."""
    print(f"  fitted against drawn coefficients: mean absolute error {np.abs(off).mean():.3f}")
    for index in np.abs(off).mean(0).argsort()[::-1]:
        on = truth[:, index] > 0.3
        if on.any():
            shown = f"where shown {off[on, index].mean():+.2f}"
            print(f"    {ARKIT_NAMES[index]:22s} {np.abs(off[:, index]).mean():.3f}  {shown}")


def main() -> None:
    """Renders heads unless they are there, fits the basis, writes it and reports on held-out heads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ict", type=Path, help="ict_facekit_light.npz; else CEMNET_ICT_FACEKIT")
    parser.add_argument("--renders", type=Path, required=True, help="where rendered heads are kept (.npz)")
    parser.add_argument("--num-heads", type=int, default=5000)
    parser.add_argument("--held-out", type=int, default=300)
    parser.add_argument("--num-identity", type=int, default=50)
    parser.add_argument("--expression-ridge", type=float, default=20.0)
    parser.add_argument("--identity-ridge", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RELEASED_WEIGHTS / "face_basis.safetensors")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = HeadModel.load(options.ict)
    if not options.renders.is_file():
        landmarker = FaceLandmarker(find_face_landmarker())
        render_heads(model, landmarker, options.num_heads, options.seed).save(options.renders)
    renders = Renders.load(options.renders)
    train, held_out = renders[options.held_out :], renders[: options.held_out]
    tensors = regress(model, train, options.num_identity, options.identity_ridge, options.expression_ridge)
    tensors["noise"] = landmark_noise(tensors, train)
    tensors |= expression_priors(options.seed)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    config = {"num_identity": options.num_identity, "num_heads": len(train), "expression_names": list(ARKIT_NAMES)}
    save_checkpoint(options.output, FaceBasis(**tensors).to_tensors(), config, DATA, "Apache-2.0")
    report(FaceBasis.load(options.output), held_out)


if __name__ == "__main__":
    main()
