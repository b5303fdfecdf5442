"""What both renderers share: frames one by one, with progress, previews and an ear for the stop button."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import comfy.model_management
import comfy.utils
import numpy as np
import torch
from PIL import Image

from ..cemnet.errors import CEMNetError

if TYPE_CHECKING:
    from ..cemnet.model import CEMNet
    from ..cemnet.types import FaceReference, Motion

FRAMES_PER_PREVIEW = 5
PREVIEW_SIZE = 512
BYTES_PER_VALUE = 4
LARGE_BYTES = 2 * 1024**3  # from here on a user should know


def followed_frames(model: "CEMNet", face: "FaceReference", motion: "Motion") -> Iterator[np.ndarray]:
    """Every frame (height, width, channel), 0 to 1; the stop button ends it before the next one."""
    from ..cemnet import pipeline

    progress = comfy.utils.ProgressBar(motion.num_frames)
    for index, frame in enumerate(pipeline.render_frames(model, face, motion)):
        comfy.model_management.throw_exception_if_processing_interrupted()
        shown = preview(frame) if index % FRAMES_PER_PREVIEW == 0 else None
        progress.update_absolute(index + 1, preview=shown)
        yield frame


def preview(frame: np.ndarray) -> tuple[str, Image.Image, int]:
    """A frame as ComfyUI's progress bar shows it: format, picture, largest side."""
    step = max(1, max(frame.shape[:2]) // PREVIEW_SIZE)
    pixels = (frame[::step, ::step, :3] * 255 + 0.5).clip(0, 255).astype(np.uint8)
    return "JPEG", Image.fromarray(pixels), PREVIEW_SIZE


def announce_size(num_frames: int, height: int, width: int, node_id: str | None) -> None:
    """Says how much memory a batch of pictures needs before it is made; CEMNetError where there is not that much."""
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
