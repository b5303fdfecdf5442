"""Fits the face basis by regression on what the landmarker saw of rendered heads."""

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from ...arkit import ARKIT_INDEX, EMOTIONS, MIRRORED_EXPRESSION, NUM_EXPRESSIONS, arkit_indices
from ...face.basis import IMAGE_AXES, FaceBasis
from ...face.landmark_indices import (
    LEFT_LIDS,
    LIP_CORNERS,
    LOWER_LIP_ROWS,
    OUTER_LIP_CORNERS,
    RIGHT_LIDS,
    UPPER_LIP_ROWS,
)
from .head_renderer import HeadRenderer
from .ict_head import HeadModel, same_on_the_other_side, sample_emotional_face, sample_expression
from .render_dataset import Renders

DEPTH_ROUNDS, DEPTH_RIDGE = 6, 20.0
IDENTITY_SPREAD = 0.8  # of ICT's identity weights, see ict_head.sample_identity
LANDMARK_NOISE = (
    0.25  # centimetres, rendered and real faces alike; neighbours err together, so more than one landmark's
)
# Portraits are mostly calm. Every blendshape has some leeway, and eyes and jaw also move by themselves, sides together.
NEUTRAL_SHARE, ANYTHING_SHARE = 0.5, 0.15
LEEWAY = 0.12
FREE_LEEWAY = {
    "eyeLookInLeft": 0.5, "eyeLookInRight": 0.5, "eyeLookUpLeft": 0.15, "eyeLookDownLeft": 0.15, "eyeBlinkLeft": 0.3,
    "jawOpen": 0.3,
}  # fmt: skip
LIPS = np.unique(np.concatenate([*UPPER_LIP_ROWS, *LOWER_LIP_ROWS, LIP_CORNERS, OUTER_LIP_CORNERS, (62, 76, 292, 306)]))
LIDS_BY_SIDE = {"Right": RIGHT_LIDS, "Left": LEFT_LIDS}
CLOSED_LIDS = 0.06  # centimetres that stay between the lid margins of a closed eye
UPPER_LID_SHARE = 0.85  # of the way to the closed eye
# ICT's noseSneer bares the teeth as much as mouthUpperUp does; from the nose down to the lips it fades to this share.
SNEER_AT_LIPS, NOSE_HEIGHT, LIP_HEIGHT = 0.4, -1.3, -2.9
# What is drawn as it is seen: eyes and jaw are seen at nearly their size, and lips and lids must close exactly.
DRAWN_AS_SEEN = ("eyeBlink", "eyeLook", "eyeWide", "jaw", "mouthClose", "mouthFunnel", "mouthLowerDown", "tongueOut")


def opened_and_calm(renders: Renders) -> tuple[np.ndarray, np.ndarray]:
    """Indices of up to 100 heads with parted lips, and of up to 100 heads with weak expressions."""
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
    """For every landmark its partner on the other side of the face, from closed and open mouths together."""
    flat = unposed(renders, np.zeros(renders.points.shape[:2]))
    places = np.concatenate([flat[chosen].mean(0) for chosen in opened_and_calm(renders)], axis=1)
    apart = np.linalg.norm((places * [-1, 1, -1, 1])[:, None] - places[None], axis=2)
    return linear_sum_assignment(apart + apart.T)[1]


def prior_basis(model: HeadModel, vertices: Int[np.ndarray, "landmark"]):
    """Mean, identity and expression displacements of the landmarks in ICT's head; irises turn with the eyeballs."""
    mean, identity, expression = model.base[vertices], model.identity[:, vertices], model.expression[:, vertices]
    rest = model.vertices(np.zeros(1), np.zeros(NUM_EXPRESSIONS))
    for side, lids in LIDS_BY_SIDE.items():
        landmarks = list(lids.iris)
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
    """Detected x and y in the frame of the head (cm), given the depth of each landmark there."""
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
    prior, mirror = expression.copy(), mirrored_landmarks(renders)
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
    expression = each_side_alone(expression, prior)
    expression[ARKIT_INDEX["tongueOut"]] = 0
    close_lips_and_lids(mean, expression)
    soften_sneers(mean, expression)
    expression = (expression + mirrored(expression, mirror)[MIRRORED_EXPRESSION]) / 2
    both = np.concatenate([identity, mirrored(identity, mirror)]).reshape(2 * len(identity), -1) / np.sqrt(2)
    _, spread, axes = np.linalg.svd(IDENTITY_SPREAD * both, full_matrices=False)
    modes = (spread[:, None] * axes)[:num_identity].reshape(num_identity, -1, 3)
    return {"mean": mean, "identity": modes, "expression": expression, "skin": drawn(expression, prior, mean, mirror)}


def drawn(
    expression: Float[np.ndarray, "expression landmark 3"],
    prior: Float[np.ndarray, "expression landmark 3"],
    mean: Float[np.ndarray, "landmark 3"],
    mirror: Int[np.ndarray, "landmark"],
) -> Float[np.ndarray, "expression landmark 3"]:
    """Expression displacements for drawing: ICT's skin where the landmarker sees too little, else `expression`."""
    skin = prior.copy()
    soften_sneers(mean, skin)
    skin = (skin + mirrored(skin, mirror)[MIRRORED_EXPRESSION]) / 2
    as_seen = arkit_indices(*DRAWN_AS_SEEN)
    skin[as_seen] = expression[as_seen]
    return skin


def each_side_alone(
    expression: Float[np.ndarray, "expression landmark 3"], prior: Float[np.ndarray, "expression landmark 3"]
) -> Float[np.ndarray, "expression landmark 3"]:
    """The seen motion of both sides together, given to each side by its share in ICT's head.

    The landmarker tends to see faces as symmetric, and so sees part of a motion on the side that rests.
    """
    alone = expression.copy()
    for name, index in ARKIT_INDEX.items():
        partner = ARKIT_INDEX[same_on_the_other_side(name)]
        if partner != index:
            mine, other = (np.square(prior[side]).sum(-1, keepdims=True) + 1e-9 for side in (index, partner))
            alone[index] = mine / (mine + other) * (expression[index] + expression[partner])
    return alone


def close_lips_and_lids(
    mean: Float[np.ndarray, "landmark 3"], expression: Float[np.ndarray, "expression landmark 3"]
) -> None:
    """Corrects displacements in place: mouthClose closes the lips of an open jaw exactly, and eyeBlink the lids."""
    jaw, close = expression[ARKIT_INDEX["jawOpen"]], expression[ARKIT_INDEX["mouthClose"]]
    for column, (upper, lower) in enumerate(zip(UPPER_LIP_ROWS[0], LOWER_LIP_ROWS[0], strict=True)):
        apart = (jaw + close)[upper, 1] - (jaw + close)[lower, 1]
        close[[row[column] for row in UPPER_LIP_ROWS], 1] -= apart / 2
        close[[row[column] for row in LOWER_LIP_ROWS], 1] += apart / 2
    for side, lids in LIDS_BY_SIDE.items():
        blink = expression[ARKIT_INDEX[f"eyeBlink{side}"]]
        for upper, lower in zip(lids.upper, lids.lower, strict=True):
            closed = mean + blink
            apart = closed[upper, 1] - closed[lower, 1] - min(CLOSED_LIDS, mean[upper, 1] - mean[lower, 1])
            blink[upper, 1] -= UPPER_LID_SHARE * apart
            blink[lower, 1] += (1 - UPPER_LID_SHARE) * apart


def soften_sneers(
    mean: Float[np.ndarray, "landmark 3"], expression: Float[np.ndarray, "expression landmark 3"]
) -> None:
    """Reduces the displacement of noseSneer in place, from the nose down to SNEER_AT_LIPS at the lips."""
    below = ((NOSE_HEIGHT - mean[:, 1]) / (NOSE_HEIGHT - LIP_HEIGHT)).clip(0, 1)
    for side in ("Left", "Right"):
        expression[ARKIT_INDEX[f"noseSneer{side}"]] *= 1 - (1 - SNEER_AT_LIPS) * below[:, None]


def landmark_noise(tensors: dict[str, np.ndarray], renders: Renders) -> Float[np.ndarray, "landmark"]:
    """The noise of each landmark (cm): its residual on fitted renders, scaled to LANDMARK_NOISE on average."""
    zeros = {"prior_mean": np.zeros((1, 1)), "prior_precision": np.zeros((1, 1, 1)), "prior_share": np.ones(1)}
    basis = FaceBasis(**tensors, noise=np.full(len(tensors["mean"]), LANDMARK_NOISE), **zeros)
    rows = range(min(len(renders), 200))
    fits = [basis.fit_known_expression(renders.points[row], renders.expression[row]) for row in rows]
    residuals = np.stack([fit.residual[:, :2] / fit.pose.scale for fit in fits])
    power = np.square(residuals).mean((0, 2))
    spread = np.sqrt((power + power[mirrored_landmarks(renders)]) / 2)
    return LANDMARK_NOISE * spread / spread.mean()


def expression_priors(seed: int, num_samples: int = 4000) -> dict[str, np.ndarray]:
    """The expression priors by the names of `FaceBasis`: a normal distribution for each emotion, and one for any face.

    They are estimated from `num_samples` faces that show emotions, and a quarter as many random ones.
    """
    rng = np.random.default_rng(seed)
    shown: dict[str, list[np.ndarray]] = {emotion: [] for emotion in EMOTIONS}
    for _ in range(num_samples):
        expression, emotion, _ = sample_emotional_face(rng)
        shown[emotion].append(expression)
    anything = [sample_expression(rng) for _ in range(num_samples // 4)]
    groups = [np.stack(shown[emotion]) for emotion in EMOTIONS]
    groups.append(np.concatenate([*groups, np.stack(anything)]))
    groups = [np.concatenate([group, group[:, MIRRORED_EXPRESSION]]) for group in groups]
    emotional = (1 - NEUTRAL_SHARE - ANYTHING_SHARE) / (len(EMOTIONS) - 1)
    return {
        "prior_mean": np.stack([group.mean(0) for group in groups]),
        "prior_precision": np.stack([np.linalg.inv(np.cov(group.T) + leeway_covariance()) for group in groups]),
        "prior_share": np.array([NEUTRAL_SHARE, *[emotional] * (len(EMOTIONS) - 1), ANYTHING_SHARE]),
    }


def leeway_covariance() -> Float[np.ndarray, "expression expression"]:
    """The covariance that is added to every prior: leeway of each blendshape, more for eyes and jaw."""
    covariance = LEEWAY**2 * np.eye(NUM_EXPRESSIONS)
    for name, leeway in FREE_LEEWAY.items():
        direction = np.zeros(NUM_EXPRESSIONS)
        direction[[ARKIT_INDEX[name], ARKIT_INDEX[same_on_the_other_side(name)]]] = leeway
        covariance += np.outer(direction, direction)
    return covariance
