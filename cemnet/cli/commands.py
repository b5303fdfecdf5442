"""The commands of `cemnet`: animate a portrait or let it idle, dub a film, render a motion file, inspect, export."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from ..arkit import EMOTIONS
from ..errors import CEMNetError, quoted
from ..inspection.describe import (
    advice,
    describe_face,
    describe_motion,
    describe_speech,
    rounded,
    top_emotions,
)
from ..types import Audio
from .arguments import build_parser
from .batch import batch
from .checks import check_animate, check_dub, check_idle, check_render, eyes, life, motion_files, settings_of
from .ending import Ended, ended_by_signals
from .progress import progress_bar

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from ..model import CEMNet
    from ..render.scene import Performance


FILM_FPS, FILM_PICTURES = 2.0, 16  # at which a film of a person is looked at, and how many pictures of it at most


def animate(arguments: argparse.Namespace) -> None:
    """`cemnet animate`: one or several faces of a portrait speak; prints what was seen, heard and performed."""
    from .. import pipeline
    from ..face.reference import choose_face
    from ..media import images, sound
    from ..motion.editing import edit_motion
    from ..motion.files import write_motion

    check_animate(arguments)
    settings = settings_of(arguments)
    image = images.upscaled(images.read_image(arguments.portrait[0]), arguments.upscale)
    more = more_pictures(arguments)
    cast = arguments.speaker or [(arguments.face_index, arguments.speech)]
    voices = [sound.read_audio(path, arguments.audio_track) for _, path in cast]
    normal = normal_voice(arguments)
    model = model_for(arguments)
    faces, performances = pipeline.all_faces(model, image), []
    chosen = [choose_face(faces, index) for index, _ in cast]
    for face, audio in zip(chosen, voices, strict=True):
        face = pipeline.known_better(model, face, more)
        seen = describe_face(face)
        print(f"Saw:     {top_emotions(seen['emotion'])}; intensity {seen['intensity']:.2f}")
        with progress_bar("Hearing") as progress:
            speech = pipeline.encode_speech(model, audio, progress, normal)
        heard = describe_speech(speech)
        print(
            f"Heard:   {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}{_advice(heard, settings.emotion)}"
        )
        motion = pipeline.bridge_emotion(model, face, speech, replace(settings, seed=settings.seed + len(performances)))
        print(f"Bridged: {describe_motion(motion)}")
        performances.append((face, edit_motion(motion, **life(arguments), **eyes(arguments))))
    for path, (_, motion) in zip(motion_files(arguments), performances, strict=False):
        write_motion(path, motion, arguments.overwrite)
        wrote(arguments, path)
    save(arguments, model, performances, sound.mixed_sound(voices))


def normal_voice(arguments: argparse.Namespace) -> list[Audio]:
    """The sounds of every --normal-voice; MediaError for other files."""
    from ..media import sound

    return [sound.read_audio(path) for path in arguments.normal_voice]


def more_pictures(arguments: argparse.Namespace) -> "list[Float[Tensor, 'height width channel']]":
    """The pictures of every --portrait but the first, and some of films; MediaError for other files."""
    from ..media import images, pixels, video_reader

    found = []
    for path in arguments.portrait[1:]:
        if video_reader.is_film(path):
            found += map(pixels.from_uint8, video_reader.some_frames(path, FILM_FPS, FILM_PICTURES))
        else:
            found.append(images.read_image(path))
    return found


def render(arguments: argparse.Namespace) -> None:
    """`cemnet render`: a motion file moves the face of a portrait."""
    from .. import pipeline
    from ..export.motions import read_any_motion
    from ..media import images, sound
    from ..motion.editing import edit_motion

    check_render(arguments)
    image = images.upscaled(images.read_image(arguments.portrait[0]), arguments.upscale)
    motion = edit_motion(read_any_motion(arguments.motion_csv), **life(arguments), **eyes(arguments))
    audio = sound.read_audio(arguments.speech, arguments.audio_track) if arguments.speech is not None else None
    model = model_for(arguments)
    face = pipeline.face_reference(model, image, arguments.face_index)
    save(arguments, model, [(face, motion)], audio)


def idle(arguments: argparse.Namespace) -> None:
    """`cemnet idle`: the face of a portrait says nothing and lives, in a clip whose end leads to its beginning."""
    from .. import pipeline
    from ..media import images
    from ..motion.editing import edit_motion
    from ..motion.files import write_motion

    check_idle(arguments)
    image = images.upscaled(images.read_image(arguments.portrait[0]), arguments.upscale)
    more = more_pictures(arguments)
    model = model_for(arguments)
    face = pipeline.known_better(model, pipeline.face_reference(model, image, arguments.face_index), more)
    seen = describe_face(face)
    print(f"Saw:     {top_emotions(seen['emotion'])}; intensity {seen['intensity']:.2f}")
    motion = pipeline.idle_motion(model, face, arguments.seconds, settings_of(arguments))
    motion = edit_motion(motion, **life(arguments), **eyes(arguments))
    for path in motion_files(arguments):
        write_motion(path, motion, arguments.overwrite)
        wrote(arguments, path)
    save(arguments, model, [(face, motion)], None)


def dub(arguments: argparse.Namespace) -> None:
    """`cemnet dub`: the face of a film performs another voice, or its own with another emotion."""
    from .. import film_dubbing
    from ..media import sound
    from ..media.wide_range import film_transfer
    from ..motion.editing import edit_motion

    check_dub(arguments)
    if not arguments.keep_hdr and film_transfer(arguments.video) is not None:
        print("Note:    the film has a high dynamic range, which becomes the usual one. --keep-hdr keeps it.")
    audio = sound.read_audio(arguments.speech or arguments.video, arguments.audio_track)
    normal = normal_voice(arguments)
    model = model_for(arguments)
    with progress_bar("Tracking") as progress:
        track = film_dubbing.track_video(model, arguments.video, arguments.face_index, arguments.upscale, progress)
    seen = rounded(track.emotion.probabilities, EMOTIONS)
    print(f"Saw:     {top_emotions(seen)}; intensity {track.emotion.intensity:.2f}; {track.num_frames} frames")
    settings = settings_of(arguments)
    with progress_bar("Hearing") as progress:
        speech, motion = film_dubbing.dub_motion(model, track, audio, settings, arguments.film_end, progress, normal)
    heard = describe_speech(speech)
    print(
        f"Heard:   {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}{_advice(heard, settings.emotion)}"
    )
    motion = edit_motion(motion, **eyes(arguments))
    with tqdm(total=motion.num_frames, unit="frame") as bar:
        film_dubbing.save_dubbed_video(
            model, arguments.video, track, motion, arguments.output, audio, arguments.overwrite,
            lambda done, _: bar.update(done - bar.n), not arguments.unmarked, arguments.film_end,
            arguments.keep_hdr,
        )  # fmt: skip
    wrote(arguments, arguments.output)


def save(
    arguments: argparse.Namespace, model: "CEMNet", performances: "list[Performance]", audio: Audio | None
) -> None:
    """Writes the video, and the contact sheet where one is asked for, with a progress bar."""
    from .. import pipeline
    from ..inspection import contact_sheet

    with tqdm(total=max(motion.num_frames for _, motion in performances), unit="frame") as bar:
        pipeline.save_people_video(
            model, performances, arguments.output, audio, arguments.overwrite,
            lambda done, _: bar.update(done - bar.n), arguments.alpha, not arguments.unmarked,
        )  # fmt: skip
    wrote(arguments, arguments.output)
    if arguments.contact_sheet is not None:
        face, motion = performances[0]
        contact_sheet.save_contact_sheet(arguments.contact_sheet, model.renderer, face, motion, arguments.overwrite)
        wrote(arguments, arguments.contact_sheet)


def inspect_portrait(arguments: argparse.Namespace) -> None:
    """`cemnet inspect-portrait`: prints every face of a portrait."""
    from .. import pipeline
    from ..media import images

    image = images.read_image(arguments.portrait)
    model = model_for(arguments)
    faces = [describe_face(face) for face in pipeline.all_faces(model, image)]
    if arguments.json:
        print(json.dumps({"faces": faces}, indent=2))
        return
    for index, face in enumerate(faces):
        print(f"Face {index}: box {face['box']}, {top_emotions(face['emotion'])}; intensity {face['intensity']:.2f}")


def inspect_speech(arguments: argparse.Namespace) -> None:
    """`cemnet inspect-speech`: prints the emotion of a voice, as a whole and second by second."""
    from .. import pipeline
    from ..media import sound

    audio, normal = sound.read_audio(arguments.speech, arguments.audio_track), normal_voice(arguments)
    model = model_for(arguments)
    with progress_bar("Hearing") as progress:
        heard = describe_speech(pipeline.encode_speech(model, audio, progress, normal))
    if arguments.json:
        print(json.dumps(heard, indent=2))
        return
    print(f"Heard: {top_emotions(heard['emotion'])}; intensity {heard['intensity']:.2f}{_advice(heard)}")
    for window in heard["windows"]:
        print(f"  {window['start']:6.2f}–{window['end']:6.2f} s  {top_emotions(window['emotion'])}")


def export(arguments: argparse.Namespace) -> None:
    """`cemnet export`: a motion on a head as glTF, or the networks as ONNX and how far each differs from PyTorch."""
    if arguments.glb is not None:
        export_glb(arguments)
        return
    from ..export.files import export_networks

    for each in export_networks(arguments.onnx, arguments.models, arguments.weights, arguments.overwrite):
        arguments.written.append(each.path)
        megabytes = each.size / 1e6
        print(
            f"Wrote {each.path}: {megabytes:.1f} MB; onnxruntime differs from PyTorch by {each.difference:.1e} at most"
        )


def export_glb(arguments: argparse.Namespace) -> None:
    """`cemnet export --glb`."""
    from ..export.gltf import write_motion_glb
    from ..export.motions import read_any_motion
    from .checks import refuse_one_name

    if arguments.motion is None:
        raise CEMNetError("Say what moves the head: --motion talk.csv.")
    refuse_one_name([path for path in (arguments.motion, arguments.head) if path is not None], [arguments.glb])
    write_motion_glb(arguments.glb, read_any_motion(arguments.motion), arguments.head, arguments.overwrite)
    arguments.written.append(arguments.glb)
    print(f"Wrote {arguments.glb}")


def _advice(heard: dict[str, Any], wish: str = "auto") -> str:
    """What follows a voice that leaves a doubt, where nobody has named an emotion."""
    hint = advice(heard["emotion"]) if wish == "auto" else ""
    return f" ({hint})" if hint else ""


def model_for(arguments: argparse.Namespace) -> "CEMNet":
    """The model that a command works with; `arguments.loaded` keeps it for the jobs that follow in this process."""
    from .. import pipeline

    kind = (*arguments.models, arguments.device, arguments.weights)
    if kind not in arguments.loaded:
        arguments.loaded[kind] = pipeline.load_model(arguments.models, arguments.device, arguments.weights)
    return arguments.loaded[kind]


def wrote(arguments: argparse.Namespace, path: Path) -> None:
    """Tells, and remembers for an interrupt, that a file is complete."""
    arguments.written.append(path)
    print(f"Wrote {path}")


def run(arguments: argparse.Namespace) -> None:
    """Runs the command that the arguments name."""
    if arguments.command == "batch":
        batch(arguments, run)
        return
    commands = {
        "animate": animate,
        "render": render,
        "idle": idle,
        "dub": dub,
        "inspect-portrait": inspect_portrait,
        "inspect-speech": inspect_speech,
        "export": export,
    }
    commands[arguments.command](arguments)


def main(argv: list[str] | None = None) -> None:
    """Runs one command. A CEMNetError, or one of the system about a file, becomes a sentence on stderr and exit
    status 1.

    An interrupt becomes exit status 130, and a signal to end (SIGTERM, SIGHUP) 128 and its number; what is not complete
    is removed then.
    """
    arguments = build_parser().parse_args(argv)
    arguments.written, arguments.loaded = [], {}
    try:
        with ended_by_signals():
            run(arguments)
    except CEMNetError as error:
        print(f"cemnet: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        what = quoted(error.filename) if error.filename else "A file"
        print(f"cemnet: {what} cannot be used ({error.strerror or error}).", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt as end:
        written = f"only {' and '.join(map(str, arguments.written))}" if arguments.written else "no file"
        print(f"cemnet: interrupted; {written} was written.", file=sys.stderr)
        raise SystemExit(end.status if isinstance(end, Ended) else 130) from None
