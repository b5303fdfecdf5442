"""The nodes that save motions to files and load them."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import folder_paths
from comfy_api.latest import io, ui

from ..cemnet.errors import CEMNetError
from .sockets import MOTION_CATEGORY, MotionSocket, connected, schema
from .summaries import motion_summary

if TYPE_CHECKING:
    from ..cemnet.types import Motion

MOTION_SUFFIXES = (".csv", ".json", ".glb")
LONGEST_PREFIX = 240  # bytes: disks take names of 255, with number and suffix
NO_FILE = "(no motion file yet)"


class CEMNetSaveMotion(io.ComfyNode):
    """Saves a motion for other tools."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["live link face", "export arkit", "blendshapes csv", "export motion"],
            node_id="CEMNetSaveMotion",
            display_name="CEM-Net Save Motion",
            category=MOTION_CATEGORY,
            description="Saves a motion into ComfyUI's output folder. Files are numbered, none is overwritten.",
            inputs=[
                MotionSocket.Input("motion", tooltip="From CEM-Net Emotion Bridge or CEM-Net Motion Edit."),
                io.String.Input(
                    "filename_prefix", default="cemnet/motion", tooltip="Folder and beginning of the file's name."
                ),
                io.Combo.Input(
                    "format",
                    options=["csv", "json", "glb"],
                    default="csv",
                    tooltip="csv is what Live Link Face records and Unreal, Blender and Maya tools read; json is for "
                    "programs, and keeps which memories spoke; glb is an animated mask with ARKit's morph targets, "
                    "which Blender and browsers open.",
                ),
            ],
            outputs=[io.String.Output(display_name="file", tooltip="Where the motion was saved.")],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, filename_prefix: str | None = None) -> bool | str:
        """True for a prefix that stays in ComfyUI's output folder and that a disk takes; else a sentence."""
        if filename_prefix is None:  # linked
            return True
        output = Path(folder_paths.get_output_directory()).resolve()
        place = (output / filename_prefix).resolve()
        if not place.is_relative_to(output) or place == output:
            return (
                f"The prefix {filename_prefix!r} has to name a file in ComfyUI's output folder, such as cemnet/motion."
            )
        if len(os.fsencode(place.name)) > LONGEST_PREFIX:
            return f"The prefix {place.name!r} is too long for a file's name. Choose a shorter one."
        return True

    @classmethod
    def execute(
        cls, motion: "Motion | None" = None, filename_prefix: str = "cemnet/motion", format: str = "csv"
    ) -> io.NodeOutput:
        """The path of the saved file, which the node also shows and offers for download."""
        from ..cemnet.export.motions import write_any_motion

        motion = connected(motion, "motion")
        folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory()
        )
        file = Path(folder) / f"{name}_{counter:05}_.{format}"
        write_any_motion(file, motion)
        saved = ui.SavedResult(file.name, subfolder, io.FolderType.output)
        return io.NodeOutput(str(file), ui={"text": (str(file),), "motion_files": (saved,)})


class CEMNetLoadMotion(io.ComfyNode):
    """Loads a saved motion, or one that an iPhone recorded."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["live link face", "import arkit", "blendshapes csv", "import motion", "motion capture"],
            node_id="CEMNetLoadMotion",
            display_name="CEM-Net Load Motion",
            category=MOTION_CATEGORY,
            description="Loads a motion from ComfyUI's input or output folder: Live Link Face's CSV, JSON, or an "
            "animated head (.glb).",
            inputs=[
                io.Combo.Input(
                    "file",
                    options=motion_files() or [NO_FILE],
                    tooltip="Upload a .csv, .json or .glb file with the button, or put it into the input folder and "
                    "press R. Saved motions are listed with [output].",
                )
            ],
            outputs=[
                MotionSocket.Output(display_name="motion", tooltip="For CEM-Net Motion Edit or a renderer."),
                io.Float.Output(display_name="fps", tooltip="Frames per second of the file."),
                io.String.Output(display_name="summary", tooltip="Length and strongest movements, in words."),
            ],
        )

    @classmethod
    def validate_inputs(cls, file: str | None = None) -> bool | str:
        """True for every motion that can be read, also one that came after the page was opened; else a sentence."""
        from ..cemnet.export.motions import read_any_motion

        if file is None:  # linked
            return True
        try:
            read_any_motion(place_of(file))
        except CEMNetError as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, file: str | None = None) -> str:
        """A digest of the file, so that ComfyUI runs the node again when it changes."""
        if file is None:
            return ""
        try:
            return hashlib.sha256(place_of(file).read_bytes()).hexdigest()
        except (CEMNetError, OSError):
            return ""

    @classmethod
    def execute(cls, file: str | None = None) -> io.NodeOutput:
        """The motion, its frame rate and its summary."""
        from ..cemnet.export.motions import read_any_motion

        motion = read_any_motion(place_of(connected(file, "file")))
        return io.NodeOutput(motion, motion.fps, motion_summary(motion))


def place_of(file: str) -> Path:
    """Where a motion file lies that the node names; CEMNetError where it is none, or outside of ComfyUI's folders."""
    from ..cemnet.motion.live_link import check_size

    name, marked = folder_paths.annotated_filepath(file)
    folder = Path(marked or folder_paths.get_input_directory())
    path = folder / name
    inside = Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))  # a link to another disk is fine
    if not inside or path.suffix.lower() not in MOTION_SUFFIXES or not path.is_file():
        raise CEMNetError(
            f"There is no motion file {file!r} in ComfyUI's folders. Put a .csv, .json or .glb file into the input "
            "folder, then choose it."
        )
    check_size(path)
    return path


def motion_files() -> list[str]:
    """The motion files in ComfyUI's input folder, and those in its output folder with the mark [output]."""
    return [
        *files_under(Path(folder_paths.get_input_directory())),
        *(f"{name} [output]" for name in files_under(Path(folder_paths.get_output_directory()))),
    ]


def files_under(folder: Path) -> list[str]:
    """Sorted relative paths of the motion files in a folder and in the folders inside it."""
    found = (path for pattern in ("*", "*/*") for path in folder.glob(pattern))
    named = (path for path in found if path.suffix.lower() in MOTION_SUFFIXES and path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in named)
