"""What the refiner learns from: frames of rendered heads as they are composed, beside what they should look like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8
from tqdm import tqdm

from .. import media
from ..arkit import ARKIT_INDEX, NUM_EXPRESSIONS, arkit_indices
from ..checkpoint import find_weights
from ..face import FaceLandmarker, find_face_landmarker
from ..face_basis import IMAGE_AXES, FaceBasis
from ..face_reference import ReferenceEmotionReader, reference_faces
from ..jaws import FRONT_DEPTH
from ..landmark_sets import (
    BROWS,
    CHEEKS,
    CHIN,
    LIDS,
    LIP_CORNERS,
    LOWER_LIP_ROWS,
    NOSE,
    OUTER_LIP_CORNERS,
    UPPER_LIP_ROWS,
)  # fmt: skip
from ..mouth import JAW_NAMES, MouthInterior
from ..refiner import RefinerInputs, into_crop
from ..renderer import FaceRenderer, PreparedFace
from ..types import EmotionEstimate, FaceReference, Pose
from .head_renderer import Look
from .heads import HeadModel, sample_emotional_face, sample_expression, sample_identity, speaking
from .refiner_heads import CreasedHeadRenderer, Skin, skin_vertices
from .rendered_heads import sample_pose

FRAMES_PER_HEAD = 6
HEADS_A_FILE = 20
PICTURE_SIDE = 384  # pixels: a little finer than the crop
STIFFNESS = 0.05  # square centimetres: how little ICT's blendshapes leave the wanted ones to follow the landmarks
JAW_STIFFNESS = 30.0
FOLLOWED = (
    *BROWS, *LIP_CORNERS, *OUTER_LIP_CORNERS, *NOSE, *CHEEKS, *CHIN,
    *(index for row in (*UPPER_LIP_ROWS, *LOWER_LIP_ROWS) for index in row),
    *(index for lids in LIDS for index in (*lids.upper, *lids.lower)),
)  # fmt: skip


@dataclass(frozen=True)
class RefinerPairs:
    """Composed frames and what they should be, in 8 bits where colours; one row a frame."""

    composed: UInt8[np.ndarray, "pair height width 3"]
    target: UInt8[np.ndarray, "pair height width 3"]
    folds: Float[np.ndarray, "pair height width"]
    openings: UInt8[np.ndarray, "pair height width"]
    share: UInt8[np.ndarray, "pair height width"]
    layout: Float[np.ndarray, "pair row column layout"]
    expressions: Float[np.ndarray, "pair two_expressions"]

    @classmethod
    def load(cls, path: Path) -> "RefinerPairs":
        with np.load(path) as stored:
            return cls(**{name: stored[name] for name in stored.files})

    def save(self, path: Path) -> None:
        """Written under another name first, so that a broken run leaves no half file."""
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **vars(self))
        partial.replace(path)

    @classmethod
    def of(cls, examples: Sequence["Example"]) -> "RefinerPairs":
        inputs, targets = [example.inputs for example in examples], [example.target for example in examples]

        def in_8_bits(values: list[np.ndarray]) -> np.ndarray:
            return np.round(255 * np.stack(values).clip(0, 1)).astype(np.uint8)

        return cls(
            in_8_bits([seen.details[..., :3] for seen in inputs]),
            np.stack(targets),
            np.stack([seen.details[..., 3] for seen in inputs]).astype(np.float16),
            in_8_bits([seen.details[..., 4] for seen in inputs]),
            in_8_bits([seen.share[..., 0] for seen in inputs]),
            np.stack([seen.layout for seen in inputs]).astype(np.float16),
            np.stack([seen.expressions for seen in inputs]).astype(np.float16),
        )

    def __len__(self) -> int:
        return len(self.composed)


@dataclass(frozen=True)
class Example:
    """One frame of one head: what the refiner sees and the crop it should make of it."""

    prepared: PreparedFace
    expression: Float[np.ndarray, "expression"]
    inputs: RefinerInputs
    target: UInt8[np.ndarray, "height width 3"]


class Onlooker:
    """In the refiner's place: keeps what the refiner would see."""

    seen: RefinerInputs | None = None

    def paint(self, inputs: RefinerInputs, _moving: Float[np.ndarray, "height width channel"], /) -> None:
        self.seen = inputs


class PairMaker:
    """Renders heads and composes frames of them, with the released face basis and mouth."""

    def __init__(self, ict: Path | None, portraits: Sequence[Path]):
        """Portraits give the heads real skin; those without a face are an error."""
        self.model = HeadModel.load(ict)
        self.basis = FaceBasis.load(find_weights("face_basis.safetensors"))
        self.landmarker = FaceLandmarker(find_face_landmarker())
        self.heads = CreasedHeadRenderer(self.model, self.basis, PICTURE_SIDE)
        self.modes = self.model.expression[:, skin_vertices(self.model, self.basis, FOLLOWED)]
        self.jaws, self.incisors = jaw_vertices(self.model)
        self.onlooker = Onlooker()
        mouth = MouthInterior.load(find_weights("mouth_interior.safetensors"))
        self.renderer = FaceRenderer(self.basis, mouth, self.onlooker)
        reader = ReferenceEmotionReader.load(find_weights("reference_emotion.safetensors"))
        self.skins = [
            Skin.of(reference_faces(media.read_image(path), self.landmarker, self.basis, reader)[0], self.basis)
            for path in portraits
        ]

    def frames(self, seed: int, number: int) -> Iterator[Example]:
        """Frames of one random head; none where the landmarker does not find it."""
        rng = np.random.default_rng((seed, number))
        identity, pose, age = sample_identity(rng), sample_pose(rng, self.heads.size), rng.uniform(0.5, 1.4)
        look = Look.sample(rng) if rng.random() < 0.5 else Look.sample_portrait(rng)
        textured = bool(self.skins) and rng.random() < 0.75
        skin = self.skins[rng.integers(len(self.skins))].varied(rng) if textured else None
        blur, coarse = rng.uniform(0, 0.8), rng.uniform(0.4, 1.0)

        def picture(drawn: np.ndarray, creased: np.ndarray, jaw_shifts: Sequence[np.ndarray] = ()):
            vertices = self.model.vertices(identity, drawn)
            for jaw, shift in zip(self.jaws, jaw_shifts, strict=False):
                vertices[jaw] += shift
            drawing = self.heads.render_creased(vertices, pose, look, creased, age, skin)
            return photographed(drawing, blur, coarse)

        start = sample_portrait_expression(rng)
        source = picture(start, start)
        found = self.landmarker.detect(source)
        if not found:
            return
        fit = self.basis.fit_known_expression(found[0].points, start)
        image, estimate = media.from_uint8(source), EmotionEstimate(np.full(8, 1 / 8), 0.0)
        face = FaceReference(image, found[0], fit.pose, fit.identity, start, fit.residual, estimate)
        prepared = self.renderer.prepare(face)
        assert prepared.refined is not None
        if rng.random() < 0.5:  # as it will be: the portrait's expression is only guessed
            guessed = self.basis.fit(found[0]).expression.astype(np.float32)
            prepared = replace(prepared, refined=replace(prepared.refined, expression=guessed))
        for _ in range(FRAMES_PER_HEAD):
            goal = sample_performed_expression(rng)
            drawn = self.drawn_expression(prepared, pose, start, goal)
            target = picture(drawn, goal, self.jaw_shifts(prepared, pose, identity, drawn, goal))
            self.onlooker.seen = None
            self.renderer.region(prepared, goal, np.zeros(3, np.float32))
            seen = self.onlooker.seen
            if seen is not None:
                wanted = into_crop(np.ascontiguousarray(target[prepared.area]), seen.to_frame)
                yield Example(prepared, goal, seen, wanted)

    def drawn_expression(
        self,
        prepared: PreparedFace,
        pose: Pose,
        start: Float[np.ndarray, "expression"],
        goal: Float[np.ndarray, "expression"],
    ) -> Float[np.ndarray, "expression"]:
        """How ICT's head has to move for its skin to lie where the renderer moves it: least squares on landmarks."""
        moved, _ = prepared.motion.displacements(goal, np.zeros(3, np.float32))
        pixels = prepared.canvas.source_vectors(moved[list(FOLLOWED)]).ravel()
        modes = (pose.scale * (self.modes @ pose.rotation.T) * IMAGE_AXES)[..., :2].reshape(NUM_EXPRESSIONS, -1)
        stiffness = np.full(NUM_EXPRESSIONS, STIFFNESS)
        stiffness[arkit_indices("jaw")] = JAW_STIFFNESS  # so that teeth stand where the renderer has them
        pull = pose.scale**2 * np.diag(stiffness)
        change = np.linalg.solve(modes @ modes.T + pull, modes @ pixels + pull @ (goal - start))
        return (start + change).clip(-0.2, 2).astype(np.float32)

    def jaw_shifts(
        self,
        prepared: PreparedFace,
        pose: Pose,
        identity: Float[np.ndarray, "identity"],
        drawn: Float[np.ndarray, "expression"],
        goal: Float[np.ndarray, "expression"],
    ) -> list[Float[np.ndarray, "3"]]:
        """Centimetres by which ICT's jaws are moved in the plane of the picture to stand where the renderer has them;
        none for a portrait that shows its own teeth."""
        motion, vertices = prepared.motion, self.model.vertices(identity, drawn)
        weights, shifts = goal[[ARKIT_INDEX[name] for name in JAW_NAMES]], []
        sides = (self.renderer.mouth.upper, self.renderer.mouth.lower), (prepared.mouth.upper, prepared.mouth.lower)
        for jaw, posed, incisors in zip(*sides, self.incisors, strict=True):
            front = np.flatnonzero(jaw.anchors[:, 2] > jaw.anchors[:, 2].max() - FRONT_DEPTH)
            front = np.concatenate([front, front + len(jaw.anchors)])  # above and below each tooth
            painted = (posed.anchors + np.tensordot(weights, posed.anchor_modes, 1))[front].mean(0, keepdims=True)
            place = motion.canvas_places(motion.face.pose, painted) + posed.shift
            wanted = prepared.canvas.source_points(place)[0]
            centre = vertices[incisors].mean(0) + jaw.anchors[front[: len(front) // 2]].mean(0)
            centre -= self.model.base[incisors].mean(0)
            drawn_at = (pose.translation + pose.scale * (pose.rotation @ centre) * IMAGE_AXES)[:2]
            in_view = np.append((wanted - drawn_at) / pose.scale * [1, -1], 0)
            shifts.append(((1 - prepared.mouth.own) * pose.rotation.T @ in_view).astype(np.float32))
        return shifts

    def pairs(self, numbers: range, seed: int) -> RefinerPairs:
        return RefinerPairs.of([example for number in numbers for example in self.frames(seed, number)])


def jaw_vertices(model: HeadModel) -> tuple[list[Int[np.ndarray, "vertex"]], list[Int[np.ndarray, "vertex"]]]:
    """The upper and the lower jaw's vertices with gums and tongue, and those of their front teeth."""
    drop = model.expression[ARKIT_INDEX["jawOpen"], :, 1]
    jaws, incisors = [], []
    for is_lower in (False, True):
        whole, teeth = model.vertices_of("GumsTongue", "Teeth"), model.vertices_of("Teeth")
        whole, teeth = (part[(drop[part] < -0.3) == is_lower] for part in (whole, teeth))
        depth = model.base[teeth, 2]
        jaws.append(whole)
        incisors.append(teeth[depth > depth.max() - 2 * FRONT_DEPTH])
    return jaws, incisors


def prepared_pairs(
    folder: Path, num_heads: int, seed: int, ict: Path | None, portraits: Sequence[Path]
) -> list[RefinerPairs]:
    """Pairs of many heads, in files of HEADS_A_FILE heads each; those not in the folder yet are made."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, num_heads, HEADS_A_FILE)
    missing = [start for start in starts if not (folder / f"{start:05d}.npz").exists()]
    maker = PairMaker(ict, portraits) if missing else None
    for start in tqdm(missing, desc="composing frames of heads"):
        assert maker is not None
        numbers = range(start, min(start + HEADS_A_FILE, num_heads))
        maker.pairs(numbers, seed).save(folder / f"{start:05d}.npz")
    return [RefinerPairs.load(folder / f"{start:05d}.npz") for start in starts]


def sample_portrait_expression(rng: np.random.Generator) -> Float[np.ndarray, "expression"]:
    """Mostly calm or smiling, sometimes anything."""
    kind = rng.random()
    if kind < 0.45:
        return (rng.uniform(0, 0.4) * sample_expression(rng, most=3)).astype(np.float32)
    return sample_emotional_face(rng)[0] if kind < 0.85 else sample_expression(rng)


def sample_performed_expression(rng: np.random.Generator) -> Float[np.ndarray, "expression"]:
    """Emotions, mostly while speaking, and blinks."""
    goal = sample_emotional_face(rng)[0] if rng.random() < 0.75 else sample_expression(rng)
    if rng.random() < 0.5:
        goal = speaking(goal, rng)
    if rng.random() < 0.15:
        for side in ("Left", "Right"):
            goal[ARKIT_INDEX[f"eyeBlink{side}"]] = rng.choice([0.5, 0.8, 1.0])
            goal[ARKIT_INDEX[f"eyeWide{side}"]] = 0
    return goal.clip(0, 1).astype(np.float32)


def photographed(
    drawing: UInt8[np.ndarray, "height width 3"], blur: float, coarse: float
) -> UInt8[np.ndarray, "height width 3"]:
    """The drawing through a lens and in a picture of fewer pixels."""
    height, width = drawing.shape[:2]
    if blur > 0.3:
        drawing = cv2.GaussianBlur(drawing, (0, 0), blur)
    small = cv2.resize(drawing, (round(coarse * width), round(coarse * height)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
