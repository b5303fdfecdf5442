"""The `cemnet` command: animate a portrait, dub a film, render a motion file, look at a portrait, listen to a voice."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from .arkit import EMOTIONS
from .describe import describe_face, describe_motion, describe_speech, rounded, top_emotions
from .errors import CEMNetError
from .types import MOTION_FPS, Audio, FaceReference, Motion

if TYPE_CHECKING:
    from .model import CEMNet


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cemnet", description="Talking faces whose emotion the voice decides.")
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"], help="default: auto")
    shared.add_argument("--models", type=Path, action="append", default=[], help="a folder with your own weights")

    written = argparse.ArgumentParser(add_help=False)
    written.add_argument("--output", type=Path, required=True, help="the mp4 to write")
    written.add_argument("--overwrite", action="store_true", help="replace files that exist")
    written.add_argument("--face-index", type=int, help="which face, 0 being the largest (default)")
    video = argparse.ArgumentParser(add_help=False, parents=[written])
    video.add_argument("--portrait", type=Path, required=True, help="a picture with a face")
    video.add_argument("--contact-sheet", type=Path, metavar="OUT.png", help="also write a picture of some frames")
    shown = argparse.ArgumentParser(add_help=False)
    shown.add_argument("--emotion", default="auto", choices=["auto", *EMOTIONS], help="default: what the voice says")
    shown.add_argument("--intensity", type=float, default=1.0, help="1 as heard or full strength, 0 none, up to 2")

    animate = commands.add_parser("animate", parents=[shared, video, shown], help="portrait + speech to video")
    animate.add_argument("--speech", type=Path, required=True, help="any sound or video file with a voice")
    animate.add_argument("--seed", type=int, default=0, help="for blinks, gaze and head motion")
    animate.add_argument("--fps", type=float, default=MOTION_FPS, help="frames a second (default 25)")
    animate.add_argument("--motion-csv", type=Path, metavar="OUT.csv", help="also write the curves (Live Link Face)")

    render = commands.add_parser("render", parents=[shared, video], help="portrait + motion file to video")
    render.add_argument("--motion-csv", type=Path, required=True, metavar="IN.csv", help="Live Link Face curves")
    render.add_argument("--speech", type=Path, help="sound for the video")

    dub = commands.add_parser("dub", parents=[shared, written, shown], help="film + speech to film")
    dub.add_argument("--video", type=Path, required=True, help="a film with a face")
    dub.add_argument("--speech", type=Path, help="what it is to say (default: its own sound)")

    portrait = commands.add_parser("inspect-portrait", parents=[shared], help="faces, emotion, expression, pose")
    portrait.add_argument("portrait", type=Path)
    portrait.add_argument("--json", action="store_true", help="print JSON")
    speech = commands.add_parser("inspect-speech", parents=[shared], help="emotion over time")
    speech.add_argument("speech", type=Path)
    speech.add_argument("--json", action="store_true", help="print JSON")
    return parser


def refuse_to_overwrite(overwrite: bool, *paths: Path | None) -> None:
    """Checked before the work starts, so that nobody renders for minutes in vain."""
    for path in paths:
        if path is not None and path.exists() and not overwrite:
            raise CEMNetError(f"{path} exists already. Give another name, or --overwrite to replace it.")


def animate(arguments: argparse.Namespace) -> None:
    from . import livelink, media, pipeline

    refuse_to_overwrite(arguments.overwrite, arguments.output, arguments.motion_csv, arguments.contact_sheet)
    image, audio = media.read_image(arguments.portrait), media.read_audio(arguments.speech)
    model = pipeline.load_model(arguments.models, arguments.device)
    face = pipeline.face_reference(model, image, arguments.face_index)
    seen = describe_face(face)
    print(f"Saw:     {top_emotions(seen['emotion'])}; intensity {seen['intensity']:.2f}")
    speech = pipeline.encode_speech(model, audio)
    heard = describe_speech(speech)
    print(f"Heard:   {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}")
    motion = pipeline.bridge_emotion(
        model, face, speech, arguments.emotion, arguments.intensity, arguments.seed, arguments.fps
    )
    print(f"Bridged: {describe_motion(motion)}")
    if arguments.motion_csv is not None:
        livelink.write_motion_csv(arguments.motion_csv, motion, arguments.overwrite)
    save(arguments, model, face, motion, audio)


def render(arguments: argparse.Namespace) -> None:
    from . import livelink, media, pipeline

    refuse_to_overwrite(arguments.overwrite, arguments.output, arguments.contact_sheet)
    image = media.read_image(arguments.portrait)
    motion = livelink.read_motion_csv(arguments.motion_csv)
    audio = media.read_audio(arguments.speech) if arguments.speech is not None else None
    model = pipeline.load_model(arguments.models, arguments.device)
    face = pipeline.face_reference(model, image, arguments.face_index)
    save(arguments, model, face, motion, audio)


def dub(arguments: argparse.Namespace) -> None:
    from . import media, pipeline

    refuse_to_overwrite(arguments.overwrite, arguments.output)
    audio = media.read_audio(arguments.speech or arguments.video)
    model = pipeline.load_model(arguments.models, arguments.device)
    track = pipeline.track_video(model, arguments.video, arguments.face_index)
    seen = rounded(track.emotion.probabilities, EMOTIONS)
    print(f"Saw:     {top_emotions(seen)}; intensity {track.emotion.intensity:.2f}; {track.num_frames} frames")
    speech, motion = pipeline.dub_motion(model, track, audio, emotion=arguments.emotion, intensity=arguments.intensity)
    heard = describe_speech(speech)
    print(f"Heard:   {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}")
    with tqdm(total=motion.num_frames, unit="frame") as bar:
        pipeline.save_dubbed_video(
            model, arguments.video, track, motion, arguments.output, audio, arguments.overwrite,
            lambda done, _: bar.update(done - bar.n),
        )  # fmt: skip
    print(f"Wrote {arguments.output}")


def save(
    arguments: argparse.Namespace, model: "CEMNet", face: FaceReference, motion: Motion, audio: Audio | None
) -> None:
    from . import contact_sheet, pipeline

    with tqdm(total=motion.num_frames, unit="frame") as bar:
        pipeline.save_video(
            model, face, motion, arguments.output, audio, arguments.overwrite, lambda done, _: bar.update(done - bar.n)
        )
    print(f"Wrote {arguments.output}")
    if arguments.contact_sheet is not None:
        contact_sheet.save_contact_sheet(arguments.contact_sheet, model.renderer, face, motion, arguments.overwrite)
        print(f"Wrote {arguments.contact_sheet}")


def inspect_portrait(arguments: argparse.Namespace) -> None:
    from . import media, pipeline

    image = media.read_image(arguments.portrait)
    model = pipeline.load_model(arguments.models, arguments.device)
    faces = [describe_face(face) for face in pipeline.all_faces(model, image)]
    if arguments.json:
        print(json.dumps({"faces": faces}, indent=2))
        return
    for index, face in enumerate(faces):
        print(f"Face {index}: box {face['box']}, {top_emotions(face['emotion'])}; intensity {face['intensity']:.2f}")


def inspect_speech(arguments: argparse.Namespace) -> None:
    from . import media, pipeline

    audio = media.read_audio(arguments.speech)
    model = pipeline.load_model(arguments.models, arguments.device)
    heard = describe_speech(pipeline.encode_speech(model, audio))
    if arguments.json:
        print(json.dumps(heard, indent=2))
        return
    print(f"Heard: {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}")
    for window in heard["windows"]:
        print(f"  {window['start']:6.2f}–{window['end']:6.2f} s  {top_emotions(window['emotion'])}")


def main(argv: list[str] | None = None) -> None:
    """Runs one command; an error that the user can mend is one sentence on stderr and exit status 1."""
    arguments = build_parser().parse_args(argv)
    commands = {
        "animate": animate,
        "render": render,
        "dub": dub,
        "inspect-portrait": inspect_portrait,
        "inspect-speech": inspect_speech,
    }
    try:
        commands[arguments.command](arguments)
    except CEMNetError as error:
        print(f"cemnet: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("cemnet: interrupted; no file was written.", file=sys.stderr)
        raise SystemExit(130) from None
