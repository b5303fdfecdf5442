"""What can be refused before any work is: outputs that cannot be written, and options that do not go together."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import CEMNetError
from ..performance_settings import check_face_index


def check_animate(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError for outputs or options of `cemnet animate` that cannot be used."""
    speakers = [index for index, _ in arguments.speaker or ()]
    for index in speakers:
        if speakers.count(index) > 1:
            raise CEMNetError(f"Face {index} is given to --speaker more than once. Each face has one voice.")
    if speakers and arguments.face_index is not None:
        raise CEMNetError("--speaker says which faces speak. Leave --face-index out.")
    if speakers and len(arguments.portrait) > 1:
        raise CEMNetError("More pictures help one person. Give --portrait once where several faces speak.")
    voices = [speech for _, speech in arguments.speaker] if arguments.speaker else [arguments.speech]
    check_written(arguments, [*arguments.portrait, *voices], motion_files(arguments))


def check_render(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError for outputs or options of `cemnet render` that cannot be used."""
    if len(arguments.portrait) > 1:
        raise CEMNetError("A motion file moves one portrait. Give --portrait once.")
    check_written(arguments, [*arguments.portrait, arguments.motion_csv, arguments.speech])


def check_dub(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError for outputs or options of `cemnet dub` that cannot be used, or a film that is none."""
    from ..media.video_reader import video_fps

    check_written(arguments, [arguments.video, arguments.speech])
    video_fps(arguments.video)


def motion_files(arguments: argparse.Namespace) -> list[Path]:
    """The motion files that `cemnet animate` writes: none, the named one, or one for each of several speakers.

    Those of several carry the number of the face: talk.csv becomes talk.face0.csv and talk.face1.csv.
    """
    named: Path | None = arguments.motion_csv
    if named is None:
        return []
    if len(arguments.speaker or ()) < 2:
        return [named]
    return [named.with_name(f"{named.stem}.face{index}{named.suffix}") for index, _ in arguments.speaker]


def check_written(arguments: argparse.Namespace, inputs: Sequence[Path | None], motions: Sequence[Path] = ()) -> None:
    """Raises CEMNetError where a file cannot be written, or two files have one name; checks size and face too."""
    from ..inspection.contact_sheet import check_contact_sheet
    from ..media.images import enlarged_size
    from ..media.video_writer import check_video
    from ..motion.files import check_motion_file

    check_face_index(arguments.face_index)
    enlarged_size(1, 1, arguments.upscale)
    check_video(arguments.output, arguments.overwrite, getattr(arguments, "alpha", False))
    for path in motions:
        check_motion_file(path, arguments.overwrite)
    sheet: Path | None = getattr(arguments, "contact_sheet", None)
    if sheet is not None:
        check_contact_sheet(sheet, arguments.overwrite)
    refuse_one_name(inputs, [arguments.output, *motions, *([] if sheet is None else [sheet])])


def refuse_one_name(inputs: Sequence[Path | None], outputs: Sequence[Path]) -> None:
    """Raises CEMNetError where an output is another output or an input, also by way of a link or in other case."""
    seen = {place(path): path for path in inputs if path is not None}
    for path in outputs:
        if place(path) in seen:
            raise CEMNetError(f"{seen[place(path)]} and {path} are one file. Give each output a name of its own.")
        seen[place(path)] = path


def place(path: Path) -> str:
    """Where a file lies, the same for all names that some disk takes for one."""
    return os.path.realpath(path).casefold()
