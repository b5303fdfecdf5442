"""The pack's socket types, inputs that nodes share, and conversion of ComfyUI's IMAGE and AUDIO for the library."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from comfy_api.latest import io
from torch import Tensor

from ..cemnet.errors import CEMNetError, MediaError

if TYPE_CHECKING:
    from ..cemnet.types import Audio

CATEGORY = "CEM-Net"
EMOTION_CATEGORY = f"{CATEGORY}/emotion"
MOTION_CATEGORY = f"{CATEGORY}/motion"
T = TypeVar("T")

ModelSocket = io.Custom("CEMNET_MODEL")
FaceSocket = io.Custom("CEMNET_FACE")
SpeechSocket = io.Custom("CEMNET_SPEECH")
MotionSocket = io.Custom("CEMNET_MOTION")
FilmSocket = io.Custom("CEMNET_FILM")
SpeakersSocket = io.Custom("CEMNET_SPEAKERS")


def shorten_error_names() -> None:
    """Lets ComfyUI show "CEM-Net.FaceError" before an error's sentence; a class's module is the folder of the pack."""
    for error in (CEMNetError, *CEMNetError.__subclasses__()):
        error.__module__ = "CEM-Net"


def schema(search_aliases: Sequence[str] = (), is_part: bool = False, **described: Any) -> io.Schema:
    """A node's schema, with search aliases where this version of ComfyUI has them.

    `is_part` hides a node from menus and search, that works only within the chain of another.
    """
    known = {field.name for field in fields(io.Schema)}
    if "search_aliases" in known:
        described["search_aliases"] = list(search_aliases)
    if is_part:
        described["is_dev_only" if "is_dev_only" in known else "is_deprecated"] = True
    return io.Schema(**described)


def mark_input() -> io.Boolean.Input:
    """An input that switches the mark of generated videos on and off."""
    return io.Boolean.Input(
        "mark_as_generated",
        default=True,
        optional=True,
        tooltip="Writes into the file's metadata that the video is AI-generated. The picture stays as it is.",
    )


def others_input() -> io.Input:
    """An input for more faces that move in the same picture."""
    return SpeakersSocket.Input(
        "others",
        optional=True,
        tooltip="More faces that move in the same picture, from CEM-Net Another Speaker.",
    )


def connected(value: T | None, socket: str) -> T:
    """The value on a socket; CEMNetError for None, which ComfyUI passes on where a node has no value."""
    if value is None:
        raise CEMNetError(f"The input {socket} is empty. Connect it to a node that gives it a value.")
    return value


def require_pictures(images: Tensor | None) -> Tensor:
    """The batch (batch, height, width, channel) itself; MediaError where it has no picture."""
    batch = connected(images, "image")
    if batch.shape[0] == 0:
        raise MediaError("The image batch is empty. Connect a portrait, for example from Load Image.")
    return batch


def require_sounds(audio: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The AUDIO itself; MediaError where it has no clip."""
    batch = connected(audio, "audio")
    if batch["waveform"].shape[0] == 0:
        raise MediaError("The audio batch is empty. Connect speech, for example from Load Audio.")
    return batch


def pictures(images: Tensor | None) -> list[Tensor]:
    """The pictures (height, width, channel) of a batch (batch, height, width, channel); MediaError without one."""
    return [image.float().cpu() for image in require_pictures(images)]


def first_sound(audio: Mapping[str, Any] | None) -> "Audio":
    """The first clip of an AUDIO batch, its waveform (channel, sample) at its own rate; MediaError without one."""
    from ..cemnet.types import Audio

    audio = require_sounds(audio)
    return Audio(audio["waveform"][0].float().cpu(), int(audio["sample_rate"]))


def all_sounds(audio: Mapping[str, Any]) -> "list[Audio]":
    """Every clip of an AUDIO batch; MediaError without one."""
    from ..cemnet.types import Audio

    rate = int(audio["sample_rate"])
    return [Audio(waveform.float().cpu(), rate) for waveform in require_sounds(audio)["waveform"]]
