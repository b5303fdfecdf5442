"""Fits the face basis by regression on landmarks detected over rendered heads, and says how well it fits new ones.

    python train/fit_face_basis.py --ict ict_facekit_light.npz --renders renders.npz --num-heads 3000

The renders are kept in the given file and used again when it is there.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from cemnet.arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS
from cemnet.checkpoint import RELEASED_WEIGHTS, save_checkpoint
from cemnet.face import FaceLandmarker, find_face_landmarker
from cemnet.face_basis import IMAGE_AXES, MIRRORED_EXPRESSION, FaceBasis
from cemnet.training.head_renderer import HeadRenderer
from cemnet.training.heads import HeadModel
from cemnet.training.rendered_heads import Renders, render_heads

DEPTH_ROUNDS, DEPTH_RIDGE = 6, 20.0
IDENTITY_SPREAD = 0.8  # of ICT's identity weights, see heads.sample_identity
LANDMARK_NOISE = (
    0.25  # centimetres, rendered and real faces alike; neighbours err together, so more than one landmark's
)
DATA = "Landmarks detected by MediaPipe Face Landmarker (Apache-2.0) on rendered USC ICT-FaceKit heads (MIT)."
# fmt: off
LIPS = np.array([
    0, 11, 12, 13, 14, 15, 16, 17, 37, 38, 39, 40, 41, 42, 61, 62, 72, 73, 74, 76, 77, 78, 80, 81, 82, 84, 85, 86, 87,
    88, 89, 90, 91, 95, 96, 146, 178, 179, 180, 181, 183, 184, 185, 191, 267, 268, 269, 270, 271, 272, 291, 292, 302,
    303, 304, 306, 307, 308, 310, 311, 312, 314, 315, 316, 317, 318, 319, 320, 321, 324, 325, 375, 402, 403, 404, 405,
    407, 408, 409, 415,
])
# fmt: on
IRISES = {"Right": np.arange(468, 473), "Left": np.arange(473, 478)}


def opened_and_calm(renders: Renders) -> tuple[np.ndarray, np.ndarray]:
    """Indices of heads whose lips are apart, and of heads that do little."""
    gap = renders.expression[:, ARKIT_INDEX["jawOpen"]] - renders.expression[:, ARKIT_INDEX["mouthClose"]]
    return np.flatnonzero(gap > 0.3)[:100], np.flatnonzero(renders.expression.sum(1) < 2)[:100]


def corresponding_vertices(model: HeadModel, renders: Renders) -> Int[np.ndarray, "landmark"]:
    """The skin vertex that lies nearest to each landmark over many heads; lips are told apart on open mouths."""
    renderer = HeadRenderer(model)
    candidates = model.vertices_of("Face")
    opened, calm = opened_and_calm(renders)
    sums = {"skin": np.zeros((478, len(candidates))), "lips": np.zeros((478, len(candidates)))}
    for kind, chosen in (("skin", calm), ("lips", opened)):
        for index in chosen:
            vertices, pose = model.vertices(renders.identity[index], renders.expression[index]), renders.pose(index)
            facing = (renderer.normals(vertices) @ pose.rotation.T)[candidates, 2]
            flat = (pose.translation + pose.scale * (vertices[candidates] @ pose.rotation.T) * IMAGE_AXES)[:, :2]
            apart = np.linalg.norm(renders.points[index][:, None, :2] - flat[None], axis=2) / pose.scale
            sums[kind] += np.where(facing > (-0.2 if kind == "lips" else 0.05), apart, 3).clip(0, 3)
    nearest = candidates[sums["skin"].argmin(1)]
    nearest[LIPS] = candidates[sums["lips"].argmin(1)][LIPS]
    return nearest


def mirrored_landmarks(renders: Renders) -> Int[np.ndarray, "landmark"]:
    """For every landmark, its partner on the other side of the face, on closed and on open mouths alike."""
    flat = unposed(renders, np.zeros(renders.points.shape[:2]))
    places = np.concatenate([flat[chosen].mean(0) for chosen in opened_and_calm(renders)], axis=1)
    apart = np.linalg.norm((places * [-1, 1, -1, 1])[:, None] - places[None], axis=2)
    return linear_sum_assignment(apart + apart.T)[1]


def prior_basis(model: HeadModel, vertices: Int[np.ndarray, "landmark"]):
    """Mean, identity and expression displacement of the landmarks as ICT has them; irises turn with the eyeballs."""
    mean, identity, expression = model.base[vertices], model.identity[:, vertices], model.expression[:, vertices]
    rest = model.vertices(np.zeros(1), np.zeros(NUM_EXPRESSIONS))
    for side, landmarks in IRISES.items():
        ball = model.vertices_of(f"Sclera{side}")
        centre = (rest[ball].min(0) + rest[ball].max(0)) / 2
        around = np.array([[0, 0], [0.59, 0], [0, 0.59], [-0.59, 0], [0, -0.59]])
        mean[landmarks] = centre + np.concatenate([around, np.full((5, 1), 1.5)], axis=1)
        identity[:, landmarks] = model.identity[:, ball].mean(1)[:, None]
        for index in range(NUM_EXPRESSIONS):
            posed = model.vertices(np.zeros(1), np.eye(NUM_EXPRESSIONS)[index])
            front = rest[ball][:, 2] > centre[2] + 1.2
            expression[index, landmarks] = (posed[ball] - rest[ball])[front].mean(0)
    return mean.astype(np.float64), identity.astype(np.float64), expression.astype(np.float64)


def unposed(renders: Renders, depth: Float[np.ndarray, "head landmark"]) -> Float[np.ndarray, "head landmark 2"]:
    """Detected x and y in the head's own frame, given each landmark's depth there."""
    flat = seen(renders) - depth[..., None] * renders.rotation[:, None, :2, 2]
    return np.einsum("hij,hlj->hli", np.linalg.inv(renders.rotation[:, :2, :2]), flat)


def seen(renders: Renders) -> Float[np.ndarray, "head landmark 2"]:
    """Detected x and y in centimetres, right and up from the head's origin, still turned."""
    return (renders.points - renders.translation[:, None])[..., :2] / renders.scale[:, None, None] * [1, -1]


def mirrored(modes: Float[np.ndarray, "*batch landmark 3"], mirror: Int[np.ndarray, "landmark"]) -> np.ndarray:
    """Modes of the mirrored face: x changes sign and landmarks change sides."""
    return modes[..., mirror, :] * [-1, 1, 1]


def regress(
    model: HeadModel, renders: Renders, num_identity: int, identity_ridge: float, expression_ridge: float
) -> dict[str, np.ndarray]:
    """The basis: ICT's displacement corrected by what the landmarker saw, symmetric, identity by principal axes.

    Width and height come from every head; the mean's depth from how far landmarks move when heads turn.
    """
    mean, identity, expression = prior_basis(model, corresponding_vertices(model, renders))
    mirror = mirrored_landmarks(renders)
    design = np.concatenate([np.ones((len(renders), 1)), renders.identity, renders.expression], axis=1)
    ridge = np.concatenate([[1e-3], np.full(len(identity), identity_ridge), np.full(NUM_EXPRESSIONS, expression_ridge)])
    solver = np.linalg.solve(design.T @ design + np.diag(ridge), design.T)
    stacked = np.concatenate([mean[None], identity, expression])
    toward = renders.rotation[:, :2, 2]  # how depth shows in x and y
    for _ in range(DEPTH_ROUNDS):
        expected = np.einsum("hm,mlc->hlc", design, stacked)
        surprise = unposed(renders, expected[..., 2]) - expected[..., :2]
        stacked[..., :2] += np.einsum("mh,hlc->mlc", solver, surprise)
        expected = np.einsum("hm,mlc->hlc", design, stacked)
        missing = seen(renders) - np.einsum("hij,hlj->hli", renders.rotation[:, :2], expected)
        stacked[0, :, 2] += np.einsum("hc,hlc->l", toward, missing) / ((toward**2).sum() + DEPTH_RIDGE)
        stacked[0] = (stacked[0] + mirrored(stacked[0], mirror)) / 2
    mean, identity, expression = stacked[0], stacked[1 : 1 + len(identity)], stacked[1 + len(identity) :]
    expression = (expression + mirrored(expression, mirror)[MIRRORED_EXPRESSION]) / 2
    expression[ARKIT_INDEX["tongueOut"]] = 0
    both = np.concatenate([identity, mirrored(identity, mirror)]).reshape(2 * len(identity), -1) / np.sqrt(2)
    _, spread, axes = np.linalg.svd(IDENTITY_SPREAD * both, full_matrices=False)
    modes = (spread[:, None] * axes)[:num_identity].reshape(num_identity, -1, 3)
    return {"mean": mean, "identity": modes, "expression": expression}


def basis_from(tensors: dict[str, np.ndarray], renders: Renders) -> FaceBasis:
    """Adds how noisy landmarks and MediaPipe's scores are."""
    scores = np.concatenate([renders.blendshapes, renders.blendshapes[:, MIRRORED_EXPRESSION]])
    truth = np.concatenate([renders.expression, renders.expression[:, MIRRORED_EXPRESSION]])
    weight = ((scores * truth).sum(0) / ((scores**2).sum(0) + 5)).clip(0, 1)
    active = (truth > 0.05) | (weight * scores > 0.05)
    off = np.where(active, (truth - weight * scores) ** 2, 0).sum(0) / active.sum(0).clip(1)
    return FaceBasis(
        **tensors,
        noise=np.full(len(tensors["mean"]), LANDMARK_NOISE),
        score_weight=weight,
        score_noise=np.sqrt(off).clip(0.1),
    )


def eye_distance(points: Float[np.ndarray, "landmark 3"]) -> float:
    return float(np.linalg.norm(points[IRISES["Left"][0], :2] - points[IRISES["Right"][0], :2]))


def report(basis: FaceBasis, renders: Renders) -> None:
    """Mean landmark error on heads that the basis has not seen."""
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
    """How far fitted blendshapes lie from the drawn ones, worst first."""
    print(f"  fitted against drawn coefficients: mean absolute error {np.abs(off).mean():.3f}")
    for index in np.abs(off).mean(0).argsort()[::-1]:
        on = truth[:, index] > 0.3
        if on.any():
            shown = f"where shown {off[on, index].mean():+.2f}"
            print(f"    {ARKIT_NAMES[index]:22s} {np.abs(off[:, index]).mean():.3f}  {shown}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ict", type=Path, help="ict_facekit_light.npz; else CEMNET_ICT_FACEKIT")
    parser.add_argument("--renders", type=Path, required=True, help="where rendered heads are kept (.npz)")
    parser.add_argument("--num-heads", type=int, default=3000)
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
    basis = basis_from(tensors, train)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: torch.tensor(values, dtype=torch.float32) for name, values in vars(basis).items()}
    config = {"num_identity": options.num_identity, "num_heads": len(train), "expression_names": list(ARKIT_NAMES)}
    save_checkpoint(options.output, tensors, config, DATA, "Apache-2.0")
    report(FaceBasis.load(options.output), held_out)


if __name__ == "__main__":
    main()
