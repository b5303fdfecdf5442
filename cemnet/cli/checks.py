"""What can be refused before any work is: outputs that cannot be written, and options that do not go together."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import CEMNetError
from ..performance_settings import DEFAULT_PERFORMANCE, PerformanceSettings, check_face_index

WRITE_MOTION = ("animate", "idle")  # commands that can write the curves, too


def check_animate(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError for outputs or options of `cemnet animate` that cannot be used."""
    check_performance(arguments)
    speakers = [index for index, _ in arguments.speaker or ()]
    for index in speakers:
        if speakers.count(index) > 1:
            raise CEMNetError(f"Face {index} is given to --speaker more than once. Each face has one voice.")
    if speakers and arguments.face_index is not None:
        raise CEMNetError("--speaker says which faces speak. Leave --face-index out.")
    if len(speakers) > 1 and arguments.normal_voice:
        raise CEMNetError("--normal-voice is how one person sounds. Leave it out where several faces speak.")
    if speakers and len(arguments.portrait) > 1:
        raise CEMNetError("More pictures help one person. Give --portrait once where several faces speak.")
    check_written(arguments)


def check_idle(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError for outputs or options of `cemnet idle` that cannot be used."""
    from ..pipeline import check_idle_seconds

    check_performance(arguments)
    check_idle_seconds(arguments.seconds)
    check_written(arguments)


def check_render(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError for outputs or options of `cemnet render` that cannot be used."""
    check_performance(arguments)
    if len(arguments.portrait) > 1:
        raise CEMNetError("A motion file moves one portrait. Give --portrait once.")
    check_written(arguments)


def check_dub(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError for outputs or options of `cemnet dub` that cannot be used, or a film that is none."""
    from ..media.video_reader import video_fps
    from ..media.wide_range import check_wide

    check_performance(arguments)
    check_written(arguments)
    video_fps(arguments.video)
    if arguments.keep_hdr:
        check_wide(arguments.video, arguments.output)


def check_performance(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError where a wish of the performance is out of range."""
    from ..motion.editing import check_edits

    settings_of(arguments)
    check_edits(life(arguments), **eyes(arguments))


def settings_of(arguments: argparse.Namespace) -> PerformanceSettings:
    """The settings that a command was given, by default those of the library; CEMNetError where they cannot be.

    Blinks, gaze and head motion are not among them: `life` and `edit_motion` change what is performed.
    """
    given = vars(arguments)
    names = ("emotion", "intensity", "seed", "fps")
    return PerformanceSettings(**{name: given.get(name, getattr(DEFAULT_PERFORMANCE, name)) for name in names})


def life(arguments: argparse.Namespace) -> dict[str, float]:
    """The amounts of blinks, gaze and head motion, by the names of `edit_motion`; none of a film that is dubbed."""
    if arguments.command == "dub":
        return {}
    return {"blink": arguments.blinks, "gaze": arguments.gaze, "head": arguments.head_motion}


def eyes(arguments: argparse.Namespace) -> dict[str, float]:
    """The turns of the eyes, by the names of `edit_motion`."""
    return {"look_sideways": arguments.look_sideways, "look_up": arguments.look_up}


def input_files(arguments: argparse.Namespace) -> list[Path]:
    """The files that `cemnet animate`, `render`, `idle` or `dub` reads."""
    if arguments.command == "dub":
        files = [arguments.video, arguments.speech, *arguments.normal_voice]
    elif arguments.command == "render":
        files = [*arguments.portrait, arguments.motion_csv, arguments.speech]
    elif arguments.command == "idle":
        files = arguments.portrait
    else:
        speeches = [arguments.speech, *(speech for _, speech in arguments.speaker or ())]
        files = [*arguments.portrait, *speeches, *arguments.normal_voice]
    return [path for path in files if path is not None]


def output_files(arguments: argparse.Namespace) -> list[Path]:
    """The files that `cemnet animate`, `render`, `idle` or `dub` writes, the video first."""
    motions = motion_files(arguments) if arguments.command in WRITE_MOTION else []
    sheet: Path | None = getattr(arguments, "contact_sheet", None)
    return [arguments.output, *motions, *([] if sheet is None else [sheet])]


def motion_files(arguments: argparse.Namespace) -> list[Path]:
    """The motion files that `animate` or `idle` writes: none, the named one, or one for each of several speakers.

    Those of several carry the number of the face: talk.csv becomes talk.face0.csv and talk.face1.csv.
    """
    named: Path | None = arguments.motion_csv
    if named is None:
        return []
    if arguments.command == "idle" or len(arguments.speaker or ()) < 2:
        return [named]
    return [named.with_name(f"{named.stem}.face{index}{named.suffix}") for index, _ in arguments.speaker]


def check_written(arguments: argparse.Namespace) -> None:
    """Raises CEMNetError where a file cannot be written, or two files have one name; checks size and face too."""
    from ..inspection.contact_sheet import check_contact_sheet
    from ..media.images import enlarged_size
    from ..media.video_writer import check_video
    from ..motion.files import check_motion_file

    check_face_index(arguments.face_index)
    enlarged_size(1, 1, arguments.upscale)
    check_video(arguments.output, arguments.overwrite, getattr(arguments, "alpha", False))
    if arguments.command in WRITE_MOTION:
        for path in motion_files(arguments):
            check_motion_file(path, arguments.overwrite)
    sheet: Path | None = getattr(arguments, "contact_sheet", None)
    if sheet is not None:
        check_contact_sheet(sheet, arguments.overwrite)
    refuse_one_name(input_files(arguments), output_files(arguments))


def refuse_one_name(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Raises CEMNetError where an output is another output or an input, also by way of a link or in other case."""
    seen = {place(path): path for path in inputs}
    for path in outputs:
        if place(path) in seen:
            raise CEMNetError(f"{seen[place(path)]} and {path} are one file. Give each output a name of its own.")
        seen[place(path)] = path


def place(path: Path) -> str:
    """Where a file lies, the same for all names that some disk takes for one."""
    return os.path.realpath(path).casefold()
