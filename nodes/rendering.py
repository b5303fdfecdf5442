"""Functions that the rendering nodes share: frames one by one, with progress, previews and the stop button."""

import logging
import uuid
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import comfy.model_management
import comfy.utils
import folder_paths
import numpy as np
import torch
from comfy_api.latest import InputImpl, io, ui
from PIL import Image

from ..cemnet.errors import CEMNetError, MediaError
from .sockets import connected

if TYPE_CHECKING:
    from ..cemnet.render.scene import Performance
    from ..cemnet.types import Audio, FaceReference, Motion

FRAMES_PER_PREVIEW = 5
PREVIEW_SIZE = 512
BYTES_PER_VALUE = 4
LARGE_BYTES = 2 * 1024**3  # from here on a user should know


def cast_of(
    face: "FaceReference | None", motion: "Motion | None", others: "Sequence[Performance] | None"
) -> "tuple[list[Performance], int]":
    """All faces that move in a picture with their motions, and the number of frames of the longest motion."""
    performances = [(connected(face, "face"), connected(motion, "motion")), *(others or ())]
    return performances, max(motion.num_frames for _, motion in performances)


def followed(frames: Iterator[np.ndarray], num_frames: int) -> Iterator[np.ndarray]:
    """Yields the same frames (height, width, channel), reports progress, and ends where the stop button was pressed."""
    progress = comfy.utils.ProgressBar(num_frames)
    for index, frame in enumerate(frames):
        comfy.model_management.throw_exception_if_processing_interrupted()
        shown = preview(frame) if index % FRAMES_PER_PREVIEW == 0 else None
        progress.update_absolute(index + 1, preview=shown)
        yield frame


def temporary_file() -> Path:
    """A new path for a video in ComfyUI's temporary folder, which is made where it is missing."""
    file = Path(folder_paths.get_temp_directory()) / f"cemnet_{uuid.uuid4().hex}.mp4"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


class TemporaryName(str):
    """The path of a file that is removed when nobody holds this name any more, at the latest when ComfyUI ends.

    A VIDEO hands its name on to what is made of it, so that the file stays as long as anything reads it.
    """

    def __init__(self, path: Path):
        weakref.finalize(self, remove, str(path))


def remove(path: str) -> None:
    """Removes a file where that is possible; on Windows one that is open stays until ComfyUI starts again."""
    with suppress(OSError):
        Path(path).unlink(missing_ok=True)


class TemporaryVideo(InputImpl.VideoFromFile):
    """A VIDEO in ComfyUI's temporary folder. MediaError with a sentence where somebody emptied that folder."""

    def get_components(self) -> Any:
        """Pictures, sound and frame rate."""
        self._require_file()
        return super().get_components()

    def save_to(self, *args: Any, **kwargs: Any) -> Any:
        """Saves as ComfyUI does."""
        self._require_file()
        return super().save_to(*args, **kwargs)

    def _require_file(self) -> None:
        file = self.get_stream_source()
        if isinstance(file, str) and not Path(file).is_file():
            raise MediaError(
                f"The rendered video {file} was removed from ComfyUI's temporary folder. Change the seed or restart "
                "ComfyUI, so that it is rendered again."
            )


def streamed_video(
    frames: Iterator[np.ndarray], fps: float, sound: "Audio | None", mark_as_generated: bool
) -> InputImpl.VideoFromFile:
    """A VIDEO on disk, written frame by frame (height, width, channel) with its sound."""
    from ..cemnet.media.provenance import generated_metadata
    from ..cemnet.media.video_writer import VideoWriter

    first = next(frames)
    file = temporary_file()
    metadata = generated_metadata() if mark_as_generated else None
    with VideoWriter(file, fps, first.shape[1], first.shape[0], sound, metadata=metadata) as video:
        for frame in chain((first,), frames):
            video.write(frame)
    return TemporaryVideo(TemporaryName(file))


def shown_video(video: InputImpl.VideoFromFile) -> io.NodeOutput:
    """A VIDEO of `streamed_video` as a node's output, which the node also plays on itself, with its sound."""
    file = Path(str(video.get_stream_source()))
    return io.NodeOutput(video, ui=ui.PreviewVideo([ui.SavedResult(file.name, "", io.FolderType.temp)]))


def preview(frame: np.ndarray) -> tuple[str, Image.Image, int]:
    """A frame as ComfyUI's progress bar shows it: format, picture, largest side."""
    from ..cemnet.media.pixels import opaque_pixels

    step = max(1, max(frame.shape[:2]) // PREVIEW_SIZE)
    return "JPEG", Image.fromarray(opaque_pixels(frame[::step, ::step]).copy()), PREVIEW_SIZE


def announce_size(num_frames: int, height: int, width: int, node_id: str | None) -> None:
    """Warns, in the log and on the node, of a large batch of pictures; CEMNetError where memory is too small."""
    needed = num_frames * height * width * 3 * BYTES_PER_VALUE
    free = comfy.model_management.get_free_memory(torch.device("cpu"))
    size = f"{num_frames} pictures of {width}×{height} need {needed / 1024**3:.1f} GB of memory"
    if needed > free:
        raise CEMNetError(
            f"{size}, and {free / 1024**3:.1f} GB are free. Use CEM-Net Video Renderer: it writes the video to disk."
        )
    if needed > LARGE_BYTES:
        message = f"{size}. CEM-Net Video Renderer writes them to disk instead."
        logging.warning("CEM-Net: %s", message)
        if node_id is not None:
            from server import PromptServer

            PromptServer.instance.send_progress_text(message, node_id)
