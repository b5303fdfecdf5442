"""Motion into files that animation tools read, and back."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import folder_paths
from comfy_api.latest import io, ui

from .sockets import MOTION_CATEGORY, MotionSocket, connected, schema
from .summaries import motion_summary

if TYPE_CHECKING:
    from ..cemnet.types import Motion

MOTION_SUFFIXES = (".csv", ".json")
NO_FILE = "(no motion file yet)"


class CEMNetSaveMotion(io.ComfyNode):
    """A performance leaves for other tools."""

    @classmethod
    def define_schema(cls) -> io.Schema:
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
                    options=["csv", "json"],
                    default="csv",
                    tooltip="csv is what Live Link Face records and Unreal, Blender and Maya tools read; json is for "
                    "programs, and keeps which memories spoke.",
                ),
            ],
            outputs=[io.String.Output(display_name="file", tooltip="Where the motion was saved.")],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, motion: "Motion | None" = None, filename_prefix: str = "cemnet/motion", format: str = "csv"
    ) -> io.NodeOutput:
        from ..cemnet.motion.files import write_motion

        motion = connected(motion, "motion")
        folder, name, counter, _, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory()
        )
        file = Path(folder) / f"{name}_{counter:05}_.{format}"
        write_motion(file, motion)
        return io.NodeOutput(str(file), ui=ui.PreviewText(str(file)))


class CEMNetLoadMotion(io.ComfyNode):
    """A performance comes back, or comes from an iPhone."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            search_aliases=["live link face", "import arkit", "blendshapes csv", "import motion", "motion capture"],
            node_id="CEMNetLoadMotion",
            display_name="CEM-Net Load Motion",
            category=MOTION_CATEGORY,
            description="Loads a motion from ComfyUI's input or output folder: Live Link Face's CSV, or JSON.",
            inputs=[
                io.Combo.Input(
                    "file",
                    options=motion_files() or [NO_FILE],
                    tooltip="Put .csv or .json files into ComfyUI's input folder and press R to see them here. Saved "
                    "motions are listed with [output].",
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
        """Accepts files that came after the page was opened, and names the one that is not there."""
        if file is None or folder_paths.exists_annotated_filepath(file):
            return True
        return f"There is no motion file {file!r}. Put it into ComfyUI's input folder, then choose it."

    @classmethod
    def fingerprint_inputs(cls, file: str | None = None) -> str:
        """Runs again when the file's content changes."""
        if file is None or not folder_paths.exists_annotated_filepath(file):
            return ""
        return hashlib.sha256(Path(folder_paths.get_annotated_filepath(file)).read_bytes()).hexdigest()

    @classmethod
    def execute(cls, file: str | None = None) -> io.NodeOutput:
        from ..cemnet.motion.files import read_motion

        motion = read_motion(Path(folder_paths.get_annotated_filepath(connected(file, "file"))))
        return io.NodeOutput(motion, motion.fps, motion_summary(motion))


def motion_files() -> list[str]:
    """The motion files among ComfyUI's inputs, and those among its outputs marked as such."""
    return [
        *files_under(Path(folder_paths.get_input_directory())),
        *(f"{name} [output]" for name in files_under(Path(folder_paths.get_output_directory()))),
    ]


def files_under(folder: Path) -> list[str]:
    """Paths relative to the folder, one folder deep, in order."""
    found = (path for pattern in ("*", "*/*") for path in folder.glob(pattern))
    return sorted(path.relative_to(folder).as_posix() for path in found if path.suffix.lower() in MOTION_SUFFIXES)
