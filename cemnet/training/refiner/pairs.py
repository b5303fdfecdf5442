"""Training pairs of the refiner: composed frames of rendered heads, and the same frames as they should look."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from tqdm import tqdm

from ...arkit import ARKIT_INDEX
from ...checkpoint import find_weights
from ...emotion.portrait_emotion import ReferenceEmotionReader
from ...face.basis import IMAGE_AXES, FaceBasis
from ...face.landmark_indices import LIDS
from ...face.landmarker import FaceLandmarker, find_face_landmarker
from ...face.reference import reference_faces
from ...media import images, pixels
from ...render.eyes.eye import Eye
from ...render.mouth.interior import MouthInterior
from ...render.refiner.crop import into_crop
from ...render.refiner.inputs import RefinerInputs, places_at_rest
from ...render.renderer import FaceRenderer, PreparedFace
from ...types import EmotionEstimate, FaceReference, Pose
from ..heads.head_renderer import Look
from ..heads.ict_head import HeadModel, sample_emotional_face, sample_expression, sample_identity, speaking
from ..heads.render_dataset import sample_pose
from .lit_mouth import lit_mouth
from .wrinkled_heads import CreasedHeadRenderer, Creases, Skin

FRAMES_PER_HEAD = 6
HEADS_A_FILE = 20
PICTURE_SIDE = 384  # pixels: a little finer than the crop
SMOOTH_SHARE = 0.2  # of portraits, retouched or young, that show no creases of their own
OWN_DEPTH = 0.3, 1.7  # how deep creases are in the others
NEW_DEPTH = 1.0, 1.7  # and those that come: a narrow range, so that what is not known of a face is painted firmly
STILL = np.zeros(3, np.float32)


@dataclass(frozen=True)
class RefinerPairs:
    """Composed frames and their targets, one row for each frame; colours and masks in 8 bits."""

    composed: UInt8[np.ndarray, "pair height width 3"]
    target: UInt8[np.ndarray, "pair height width 3"]
    folds: Float[np.ndarray, "pair height width"]
    openings: UInt8[np.ndarray, "pair height width"]
    share: UInt8[np.ndarray, "pair height width"]
    layout: Float[np.ndarray, "pair row column layout"]
    expressions: Float[np.ndarray, "pair two_expressions"]

    @classmethod
    def load(cls, path: Path) -> "RefinerPairs":
        """Reads a file that `save` has written."""
        with np.load(path) as stored:
            return cls(**{name: stored[name] for name in stored.files})

    def save(self, path: Path) -> None:
        """Writes an .npz file, under another name first, so that a broken run leaves no half file."""
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **vars(self))
        partial.replace(path)

    @classmethod
    def of(cls, examples: Sequence["Example"]) -> "RefinerPairs":
        """The pairs of some examples, in their order."""
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
    """One frame of one head: what the refiner sees, the crop it should make of it, and how the head really looks."""

    prepared: PreparedFace
    expression: Float[np.ndarray, "expression"]
    inputs: RefinerInputs
    target: UInt8[np.ndarray, "height width 3"]
    truth: UInt8[np.ndarray, "height width 3"]  # displaced against the target as far as the warp errs


class Onlooker:
    """Stands in the refiner's place and keeps the inputs of the last frame; the frame is not changed."""

    seen: RefinerInputs | None = None

    def paint(self, inputs: RefinerInputs, _moving: Float[np.ndarray, "height width channel"], /) -> None:
        """Keeps the inputs; see `Painter`."""
        self.seen = inputs


class PairMaker:
    """Renders heads and composes frames of them, with the released face basis and mouth."""

    def __init__(self, ict: Path | None, portraits: Sequence[Path]):
        """Portraits give the heads real skin; those without a face are an error."""
        self.model = HeadModel.load(ict)
        self.basis = FaceBasis.load(find_weights("face_basis.safetensors"))
        self.landmarker = FaceLandmarker(find_face_landmarker())
        self.heads = CreasedHeadRenderer(self.model, self.basis, PICTURE_SIDE)
        self.onlooker = Onlooker()
        mouth = MouthInterior.load(find_weights("mouth_interior.safetensors"))
        self.renderer = FaceRenderer(self.basis, mouth, self.onlooker)
        reader = ReferenceEmotionReader.load(find_weights("reference_emotion.safetensors"))
        self.skins = [
            Skin.of(reference_faces(images.read_image(path), self.landmarker, self.basis, reader)[0], self.basis)
            for path in portraits
        ]

    def frames(self, seed: int, number: int) -> Iterator[Example]:
        """Frames of one random head; none where the landmarker does not find it."""
        rng = np.random.default_rng((seed, number))
        identity, pose = sample_identity(rng), sample_pose(rng, self.heads.size)
        depths = 0.0 if rng.random() < SMOOTH_SHARE else rng.uniform(*OWN_DEPTH), rng.uniform(*NEW_DEPTH)
        look = Look.sample(rng) if rng.random() < 0.5 else Look.sample_portrait(rng)
        textured = bool(self.skins) and rng.random() < 0.75
        skin = self.skins[rng.integers(len(self.skins))].varied(rng) if textured else None
        blur, coarse = rng.uniform(0, 0.8), rng.uniform(0.4, 1.0)
        start = sample_portrait_expression(rng)

        def picture(shape: np.ndarray, light: np.ndarray, places: np.ndarray | None) -> np.ndarray:
            vertices, lit_as = (self.model.vertices(identity, expression) for expression in (shape, light))
            creases = Creases.between(start, light, depths, places)
            drawing = self.heads.render_creased(vertices, pose, look, creases, skin, lit_as)
            return photographed(drawing, blur, coarse)

        source = picture(start, start, None)
        found = self.landmarker.detect(source)
        if not found:
            return
        fit = self.basis.fit_known_expression(found[0].points, start)
        image, estimate = pixels.from_uint8(source), EmotionEstimate(np.full(8, 1 / 8), 0.0)
        face = FaceReference(image, found[0], fit.pose, fit.identity, start, fit.residual, estimate)
        prepared = self.renderer.prepare(face)
        assert prepared.refiner_portrait is not None
        if rng.random() < 0.5:  # as it will be: the portrait's expression is only guessed
            guessed = self.basis.fit(found[0]).expression.astype(np.float32)
            prepared = replace(prepared, refiner_portrait=replace(prepared.refiner_portrait, expression=guessed))
        places = self.crease_places(prepared, pose, self.model.vertices(identity, start))
        for _ in range(FRAMES_PER_HEAD):
            goal = sample_performed_expression(rng)
            self.onlooker.seen = None
            self.renderer.region(prepared, goal, STILL)
            seen = self.onlooker.seen
            if seen is not None:
                lit = self.lit_frame(prepared, picture(start, goal, places), goal)
                rendered = pixels.from_uint8(picture(goal, goal, places)).numpy()[prepared.area]
                target, truth = (crop_in_8_bits(frame, seen) for frame in (lit, rendered))
                yield Example(prepared, goal, seen, target, truth)

    def crease_places(
        self, prepared: PreparedFace, pose: Pose, vertices: Float[np.ndarray, "vertex 3"]
    ) -> Float[np.ndarray, "vertex 2"]:
        """Where on the resting face (cm) the refiner takes each vertex to be, and so looks up creases for it."""
        pixels = (pose.translation + pose.scale * (vertices @ pose.rotation.T) * IMAGE_AXES)[:, :2]
        at_rest = places_at_rest(prepared.landmarks, self.basis.mean)
        return at_rest(prepared.canvas.canvas_points(pixels)).astype(np.float32)

    def lit_frame(
        self, prepared: PreparedFace, lit: UInt8[np.ndarray, "height width 3"], goal: Float[np.ndarray, "expression"]
    ) -> Float[np.ndarray, "cropheight cropwidth 3"]:
        """The target: the moving part composed from `lit`, the portrait with the light and the creases of the goal.

        Shapes and places are those of the unlit portrait, so nothing is displaced against the composed frame.
        """
        image = np.ascontiguousarray(pixels.from_uint8(lit).numpy())
        crop = np.ascontiguousarray(image[prepared.area])
        eyes = tuple(Eye.build(prepared.warp, prepared.landmarks, lids, crop) for lids in LIDS)
        mouth = lit_mouth(prepared.mouth, self.renderer.mouth, goal)
        portrait = replace(prepared, image=image, crop=crop, eyes=eyes, mouth=mouth, refiner_portrait=None)
        return self.renderer.region(portrait, goal, STILL)

    def pairs(self, numbers: range, seed: int) -> RefinerPairs:
        """All frames of some heads, which are numbered for the seed."""
        return RefinerPairs.of([example for number in numbers for example in self.frames(seed, number)])


def crop_in_8_bits(
    moving: Float[np.ndarray, "cropheight cropwidth 3"], seen: RefinerInputs
) -> UInt8[np.ndarray, "height width 3"]:
    """The refiner's crop of the moving part of a frame."""
    crop = into_crop(np.ascontiguousarray(moving), seen.to_frame)
    return np.round(255 * crop.clip(0, 1)).astype(np.uint8)


def prepared_pairs(
    folder: Path, num_heads: int, seed: int, ict: Path | None, portraits: Sequence[Path]
) -> list[RefinerPairs]:
    """Pairs of many heads, in files of HEADS_A_FILE heads each; those not in the folder yet are made.

    So are those, with a word, that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {start: folder / f"{start:05d}.npz" for start in range(0, num_heads, HEADS_A_FILE)}
    stored = {start: _stored_pairs(path) for start, path in paths.items()}
    missing = [start for start, pairs in stored.items() if pairs is None]
    maker = PairMaker(ict, portraits) if missing else None
    for start in tqdm(missing, desc="composing frames of heads"):
        assert maker is not None
        numbers = range(start, min(start + HEADS_A_FILE, num_heads))
        maker.pairs(numbers, seed).save(paths[start])
        stored[start] = RefinerPairs.load(paths[start])
    return [pairs for pairs in stored.values() if pairs is not None]


def _stored_pairs(path: Path) -> RefinerPairs | None:
    if not path.exists():
        return None
    try:
        return RefinerPairs.load(path)
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        tqdm.write(f"The pairs {path} cannot be read ({error}); they are made again.", file=sys.stderr)
        return None


def sample_portrait_expression(rng: np.random.Generator) -> Float[np.ndarray, "expression"]:
    """The expression of a portrait: mostly calm or emotional, sometimes random."""
    kind = rng.random()
    if kind < 0.45:
        return (rng.uniform(0, 0.4) * sample_expression(rng, most=3)).astype(np.float32)
    return sample_emotional_face(rng)[0] if kind < 0.85 else sample_expression(rng)


def sample_performed_expression(rng: np.random.Generator) -> Float[np.ndarray, "expression"]:
    """The expression of a frame: an emotion or a random face, half of them speaking and 15 % in a blink."""
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
    """The drawing as a lens (blur, pixels) and a coarser picture (share of the pixels along a side) show it."""
    height, width = drawing.shape[:2]
    if blur > 0.3:
        drawing = cv2.GaussianBlur(drawing, (0, 0), blur)
    small = cv2.resize(drawing, (round(coarse * width), round(coarse * height)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
