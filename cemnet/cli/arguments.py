"""The arguments of the `cemnet` command."""

import argparse
from pathlib import Path

from ..arkit import EMOTIONS
from ..performance_settings import FILM_ENDS
from ..types import MOTION_FPS


def build_parser(kind: type[argparse.ArgumentParser] = argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The parser of all commands, of a kind that its commands have too; what several commands share are parents."""
    parser = kind(prog="cemnet", description="Talking faces whose emotion the voice decides.")
    commands = parser.add_subparsers(dest="command", required=True)
    shared, written, video, shown, eyes, life, heard, voice = (
        argparse.ArgumentParser(add_help=False) for _ in range(8)
    )
    add_shared(shared)
    add_written(written)
    add_picture(video)
    add_emotion(shown)
    add_eyes(eyes)
    add_life(life)
    add_heard(heard)
    add_normal_voice(voice)

    add_speaking(
        commands.add_parser(
            "animate",
            parents=[shared, written, video, shown, life, eyes, heard, voice],
            help="portrait + speech to video",
        )
    )
    render = commands.add_parser(
        "render", parents=[shared, written, video, life, eyes, heard], help="portrait + motion file to video"
    )
    render.add_argument(
        "--motion-csv", "--motion", type=Path, required=True, metavar="IN.csv",
        help="curves: Live Link Face (.csv) or .json",
    )  # fmt: skip
    render.add_argument("--speech", type=Path, help="sound for the video")

    idle = commands.add_parser(
        "idle", parents=[shared, written, video, shown, eyes, life], help="portrait to a clip that lives and loops"
    )
    add_idling(idle)

    dub = commands.add_parser("dub", parents=[shared, written, shown, eyes, heard, voice], help="film + speech to film")
    add_dubbing(dub)
    batch = commands.add_parser("batch", parents=[shared], help="a table of jobs, each a row")
    add_jobs(batch)
    export = commands.add_parser("export", help="a motion as glTF, or the networks as ONNX files")
    add_export(export)

    portrait = commands.add_parser("inspect-portrait", parents=[shared], help="faces, emotion, expression, pose")
    portrait.add_argument("portrait", type=Path)
    portrait.add_argument("--json", action="store_true", help="print JSON")
    speech = commands.add_parser("inspect-speech", parents=[shared, heard, voice], help="emotion over time")
    speech.add_argument("speech", type=Path)
    speech.add_argument("--json", action="store_true", help="print JSON")
    return parser


def add_idling(idle: argparse.ArgumentParser) -> None:
    """Adds how long the face idles to the command `idle`."""
    idle.add_argument("--seconds", type=float, default=8.0, help="length of the clip, 2 to 600 (default 8)")
    add_chance_and_curves(idle)


def add_chance_and_curves(parser: argparse.ArgumentParser) -> None:
    """Adds the seed, the frame rate and the motion file."""
    parser.add_argument("--seed", type=int, default=0, help="for blinks, gaze and head motion")
    parser.add_argument("--fps", type=float, default=MOTION_FPS, help="frames a second (default 25)")
    parser.add_argument(
        "--motion-csv", "--motion", type=Path, metavar="OUT.csv",
        help="also write the curves, as Live Link Face (.csv) or .json; of several speakers as OUT.face0.csv and so on",
    )  # fmt: skip


def add_dubbing(dub: argparse.ArgumentParser) -> None:
    """Adds which film speaks, and with which voice, to the command `dub`."""
    dub.add_argument("--video", type=Path, required=True, help="a film with a face")
    dub.add_argument("--speech", type=Path, help="what it is to say (default: its own sound)")
    dub.add_argument(
        "--film-end", default=FILM_ENDS[0], choices=FILM_ENDS,
        help="where the speech is longer: hold the last picture (default), begin again, or run back and forth",
    )  # fmt: skip
    dub.add_argument(
        "--keep-hdr", action="store_true",
        help="keep a film's high dynamic range (HLG, PQ), as HEVC with 10 bits in an .mp4, .mov or .mkv",
    )  # fmt: skip


def add_jobs(batch: argparse.ArgumentParser) -> None:
    """Adds the table and who does its jobs to the command `batch`."""
    batch.add_argument(
        "jobs", type=Path, metavar="JOBS.csv",
        help="a header with the flags of animate, render or dub (portrait, speech, output, …), and a row for each job; "
        "or a folder, in which each sound is spoken by the picture or film of its name",
    )  # fmt: skip
    batch.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes, each with one thread (default 1)"
    )
    batch.add_argument("--overwrite", action="store_true", help="replace files that were not made from the same row")


def add_export(export: argparse.ArgumentParser) -> None:
    """Adds what is exported, and where to, to the command `export`."""
    what = export.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--onnx", type=Path, metavar="FOLDER",
        help="for encoder.onnx, hearing.onnx, bridge.onnx and refiner.onnx; made where it does not exist",
    )  # fmt: skip
    what.add_argument("--glb", type=Path, metavar="OUT.glb", help="an animated head, for --motion")
    export.add_argument("--motion", type=Path, metavar="IN.csv", help="what moves the head: .csv, .json or .glb")
    export.add_argument("--head", type=Path, metavar="HEAD.glb", help="a head with ARKit's shape keys; default: a mask")
    export.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_networks(export)


def add_speaking(animate: argparse.ArgumentParser) -> None:
    """Adds who says what, and how it is performed, to the command `animate`."""
    voices = animate.add_mutually_exclusive_group(required=True)
    voices.add_argument("--speech", type=Path, help="any sound or video file with a voice")
    voices.add_argument(
        "--speaker", type=speaker, action="append", metavar="FACE=SPEECH",
        help="a face, 0 being the largest, and what it says; once for each who speaks",
    )  # fmt: skip
    add_chance_and_curves(animate)


def speaker(text: str) -> tuple[int, Path]:
    """The number of a face and the path of a sound from FACE=SPEECH; ArgumentTypeError for other text."""
    face, _, speech = text.partition("=")
    if not face.isdecimal() or not speech:
        raise argparse.ArgumentTypeError(f"{text!r} has to be the number of a face, = and a sound file: 0=anna.wav")
    return int(face), Path(speech)


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Adds where the model runs and where its weights are."""
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"], help="default: auto")
    add_networks(parser)


def add_networks(parser: argparse.ArgumentParser) -> None:
    """Adds where the weights are, and which of them are taken."""
    parser.add_argument("--models", type=Path, action="append", default=[], help="a folder with your own weights")
    parser.add_argument(
        "--weights", default="best", choices=["best", "free"],
        help="best (the default) is not for commercial use; free is, and hears fewer voices right",
    )  # fmt: skip


def add_heard(parser: argparse.ArgumentParser) -> None:
    """Adds which sound track of a file is heard."""
    parser.add_argument(
        "--audio-track",
        type=int,
        metavar="N",
        help="which sound track of the file, 0 being the first (default: its own)",
    )


def add_normal_voice(parser: argparse.ArgumentParser) -> None:
    """Adds how the speaker sounds without emotion."""
    parser.add_argument(
        "--normal-voice", type=Path, action="append", default=[], metavar="FILE",
        help="the same person speaking without emotion, so that the emotion is heard in the difference; best three "
        "sentences, in one file or several",
    )  # fmt: skip


def add_written(parser: argparse.ArgumentParser) -> None:
    """Adds the video that is written and the face that moves in it."""
    parser.add_argument(
        "--output", type=Path, required=True, help="the video to write: .mp4, .mov, .webm, .mkv, .gif, .webp"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    parser.add_argument("--face-index", type=int, help="which face, 0 being the largest (default)")
    parser.add_argument("--unmarked", action="store_true", help="do not write into the file that it is AI-generated")
    parser.add_argument("--upscale", type=float, default=1.0, metavar="FACTOR", help="enlarge 1 to 4 times (Lanczos)")


def add_picture(parser: argparse.ArgumentParser) -> None:
    """Adds the portrait, and outputs that only a portrait has."""
    parser.add_argument(
        "--portrait", type=Path, required=True, action="append",
        help="a picture with a face; given again, pictures or a film of the same person with other expressions",
    )  # fmt: skip
    parser.add_argument("--contact-sheet", type=Path, metavar="OUT.png", help="also write a picture of some frames")
    parser.add_argument("--alpha", action="store_true", help="keep the picture's transparency (not in an .mp4)")


def add_emotion(parser: argparse.ArgumentParser) -> None:
    """Adds the emotion and its intensity."""
    parser.add_argument("--emotion", default="auto", choices=["auto", *EMOTIONS], help="default: what the voice says")
    parser.add_argument("--intensity", type=float, default=1.0, help="1 as heard or full strength, 0 none, up to 2")


def add_life(parser: argparse.ArgumentParser) -> None:
    """Adds the amounts of blinks, gaze and head motion."""
    for name, what in (("blinks", "blinking"), ("gaze", "wandering of the eyes"), ("head-motion", "head motion")):
        parser.add_argument(f"--{name}", type=float, default=1.0, metavar="AMOUNT", help=f"{what}, 0 to 3 (default 1)")


def add_eyes(parser: argparse.ArgumentParser) -> None:
    """Adds the turns of the eyes."""
    parser.add_argument(
        "--look-sideways", type=float, default=0.0, metavar="TURN", help="turn the eyes to the picture's right, −1 to 1"
    )
    parser.add_argument("--look-up", type=float, default=0.0, metavar="TURN", help="turn the eyes up, −1 to 1")
