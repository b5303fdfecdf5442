"""What the fuzzer damages: for each kind of file small whole ones, how it is read, and what has to be true of a result.

A damaged file is a function of its kind and of a number alone, so that a finding can be made again.
"""

import itertools
import json
import random
import re
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from math import isfinite
from pathlib import Path

import numpy as np
import torch
from made_media import timed_film, tone, with_edits, write_sound
from PIL import Image
from small_model import SMALL

from cemnet.arkit import EMOTIONS
from cemnet.checkpoint import RELEASED_WEIGHTS, load_checkpoint, save_checkpoint
from cemnet.cli.batch import examined, refuse_meetings
from cemnet.cli.job_table import read_jobs
from cemnet.emotion.control import follow_timeline, mix_emotion, read_timeline
from cemnet.emotion.portrait_emotion import ReferenceEmotionReader
from cemnet.media.images import read_image
from cemnet.media.sound import read_audio
from cemnet.media.video_reader import video_fps, video_frames
from cemnet.motion.editing import edit_motion
from cemnet.motion.files import read_motion, write_motion
from cemnet.network import EmotionNetwork
from cemnet.performance_settings import PerformanceSettings, check_face_index, check_film_end
from cemnet.types import SAMPLE_RATE, Audio, Motion, Speech

MOST_PICTURES = 20_000  # that a film of a second may seem to have
BYTES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff" * 8)
WORDS = (
    "nan", "inf", "-inf", "1e999", "-1", "0", "1e-320", "1" + "0" * 400, "1" + "0" * 5000, "null", "true", "[]", "{}",
    '""', "[[]]", "\ufeff", "\x00", "٣", "1,5", "1_0", "0x1f", " ", ",", ";", '"', "\n", "[" * 3000, "99:99:99:99.999",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One kind of file. `make` writes whole ones into a folder, `read` reads one and checks what it gets."""

    suffixes: Sequence[str]
    make: Callable[[Path], None]
    read: Callable[[Path], None]
    is_text: bool = False


def damaged(target: Target, whole: Sequence[bytes], number: int) -> bytes:
    """The damaged file with a number, made of the whole ones."""
    chance = random.Random(number)
    data = chance.choice(whole)
    for _ in range(1 + int(chance.expovariate(0.7))):
        damage = chance.choice([_words, _words, _bytes] if target.is_text else [_bytes, _bits, _header, _splice])
        data = damage(chance, data, whole)
    return data


def _place(chance: random.Random, data: bytes | bytearray) -> int:
    """Headers are short and matter most: half of the places are near the beginning."""
    return chance.randrange(min(len(data), 512) if chance.random() < 0.5 else len(data)) if data else 0


def _bits(chance: random.Random, data: bytes, whole: Sequence[bytes]) -> bytes:
    changed = bytearray(data or b"\x00")
    for _ in range(chance.choice((1, 1, 4, 32))):
        changed[_place(chance, changed)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _bytes(chance: random.Random, data: bytes, whole: Sequence[bytes]) -> bytes:
    start, length = _place(chance, data), chance.choice((1, 2, 4, 8, 64, 1024, 1 << 16))
    kind = chance.randrange(4)
    if kind == 0:
        return data[:start]
    if kind == 1:
        return data[:start] + data[start + length :]
    if kind == 2:
        return data[:start] + data[start : start + length] * chance.choice((2, 3, 50)) + data[start + length :]
    return data[:start] + chance.randbytes(length) + data[start + chance.choice((0, length)) :]


def _header(chance: random.Random, data: bytes, whole: Sequence[bytes]) -> bytes:
    start, value = _place(chance, data), chance.choice(BYTES)
    return data[:start] + value + data[start + len(value) :]


def _splice(chance: random.Random, data: bytes, whole: Sequence[bytes]) -> bytes:
    return data[: _place(chance, data)] + (other := chance.choice(whole))[_place(chance, other) :]


def _words(chance: random.Random, data: bytes, whole: Sequence[bytes]) -> bytes:
    """One word, row or list of a text replaced, doubled or left out."""
    text = data.decode(errors="replace")
    parts = list(re.finditer(r"[\w.+:-]+|\"[^\"]*\"" if chance.random() < 0.7 else r"[^\n]+\n?|\[[^\[\]]*\]", text))
    if not parts:
        return chance.choice(WORDS).encode()
    part = parts[chance.randrange(min(len(parts), 40))] if chance.random() < 0.5 else chance.choice(parts)
    old = part.group()
    new = chance.choice((chance.choice(WORDS), chance.choice(WORDS), "", old + old, old + ",", f"[{old}]", f'"{old}"'))
    return (text[: part.start()] + new + text[part.end() :]).encode()


def make_sounds(folder: Path) -> None:
    kinds = [
        ("a.wav", "pcm_s16le"),
        ("b.mp3", "libmp3lame"),
        ("c.m4a", "aac"),
        ("d.flac", "flac"),
        ("e.ogg", "libopus"),
    ]
    for name, codec in kinds:
        write_sound(folder / name, codec, 48_000, tone(2, 48_000, 0.2).numpy())
    write_sound(folder / "f.wav", "pcm_f32le", 16_000, tone(1, 16_000, 0.2).numpy())
    write_sound(folder / "g.wav", "pcm_u8", 8_000, tone(6, 8_000, 0.2).numpy())


def read_sound(path: Path) -> None:
    sound = read_audio(path)
    assert sound.waveform.ndim == 2 and sound.waveform.dtype == torch.float32 and sound.sample_rate > 0
    assert sound.waveform.isfinite().all() and sound.waveform.abs().max() <= 1


def make_pictures(folder: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 4), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(folder / "a.png", exif=exif)
    picture.convert("RGB").save(folder / "b.jpg", exif=exif)
    picture.save(folder / "c.webp")
    picture.convert("P").save(folder / "d.gif", save_all=True, append_images=[picture.convert("P").rotate(90)])
    picture.save(folder / "e.tif", compression="tiff_lzw")
    picture.convert("RGB").save(folder / "f.bmp")
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 200).save(folder / "g.png")
    picture.convert("CMYK").save(folder / "h.jpg")
    picture.convert("1").save(folder / "i.ppm")


def read_picture(path: Path) -> None:
    picture = read_image(path)
    assert picture.ndim == 3 and picture.shape[2] in (3, 4) and picture.numel()
    assert picture.isfinite().all() and picture.min() >= 0 and picture.max() <= 1


def make_films(folder: Path) -> None:
    sound = [(0.0, tone(1, 16_000, 0.3).numpy())]
    for name, codec in [("a.mp4", "libx264"), ("b.mov", "mjpeg"), ("c.mkv", "libx264"), ("d.webm", "libvpx-vp9")]:
        timed_film(folder / name, num_frames=6, sounds=() if name == "d.webm" else sound, codec=codec)
    with_edits(timed_film(folder / "e.mp4", num_frames=8), b"vide", [(0.12, 0.16), (0.12, 0.0)])


def read_film(path: Path) -> None:
    fps = video_fps(path)
    assert 1 <= fps <= 240
    num_pictures, size = 0, None
    for picture in itertools.islice(video_frames(path, fps), MOST_PICTURES):
        num_pictures += 1
        assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3
        size = size or picture.shape
    assert num_pictures < MOST_PICTURES, "the film does not end"


def made_motion(num_frames: int = 12) -> Motion:
    chance = torch.Generator().manual_seed(0)
    expression, head = torch.rand(num_frames, 52, generator=chance), torch.rand(num_frames, 3, generator=chance)
    return Motion(expression, head, 25.0, torch.rand(num_frames, 4, generator=chance).softmax(dim=1))


def make_csv(folder: Path) -> None:
    write_motion(folder / "a.csv", made_motion())
    rows = (folder / "a.csv").read_text()
    (folder / "b.csv").write_text(rows.replace(".", "~").replace(",", ";").replace("~", ","))
    write_motion(folder / "c.csv", Motion(made_motion().expression, made_motion().head, 59.94))


def make_json(folder: Path) -> None:
    write_motion(folder / "a.json", made_motion(5))
    document = json.loads((folder / "a.json").read_text())
    del document["head"], document["memory_address"]
    (folder / "b.json").write_text(json.dumps(document, indent=1))


def read_curves(path: Path) -> None:
    motion = read_motion(path)
    assert motion.num_frames > 0 and motion.expression.shape[1] == 52 and motion.head.shape == (motion.num_frames, 3)
    assert motion.expression.isfinite().all() and motion.head.isfinite().all() and 1 <= motion.fps <= 240
    assert motion.expression.min() >= 0 and motion.expression.max() <= 1


def make_weights(folder: Path) -> None:
    tensors, config = load_checkpoint(RELEASED_WEIGHTS / "reference_emotion.safetensors")
    save_checkpoint(folder / "reader.safetensors", tensors, config, "made up", "none")
    network = {name: tensor.half() for name, tensor in EmotionNetwork(SMALL).state_dict().items()}
    save_checkpoint(folder / "network.safetensors", network, SMALL.to_dict(), "made up", "none")


def read_weights(path: Path) -> None:
    tensors, _ = load_checkpoint(path)
    if "centre" in tensors:
        ReferenceEmotionReader.load(path)
    else:
        EmotionNetwork.load(path)


def make_timelines(folder: Path) -> None:
    (folder / "a.txt").write_text("0 happy 0.8\n2.5 voice\n# a pause\n4.2, sad: 2\n1e1 fear 0\n")


def read_keys(path: Path) -> None:
    for key in read_timeline(path.read_bytes().decode(errors="replace")):
        assert 0 <= key.seconds < float("inf") and 0 <= key.intensity <= 2


def make_jobs(folder: Path) -> None:
    (folder / "a.csv").write_text(
        "portrait,speech,output,emotion,intensity,seed,overwrite,portrait\n"
        'anna.png,anna.wav,anna.mp4,sad,0.5,7,yes,"laughing, anna.png"\nben.png,ben.wav,ben.webm,,,,no,\n'
    )
    (folder / "b.csv").write_text(
        "#who;video;output;film-end;keep-hdr;audio-track\nAnna;film.mp4;made.mov;loop;no;1\n\nBen;b.mkv;b.mp4;;yes;\n"
    )
    (folder / "c.csv").write_text(
        "command\tportrait\tmotion\tspeaker\toutput\tfps\tface-index\talpha\n"
        "render\ta.png\ttalk.csv\t\ta.gif\t12.5\t2\tx\nanimate\tb.png\t\t0=a.wav\tb.mp4\t25\t\t\n"
    )


def read_job_table(path: Path) -> None:
    """As `cemnet batch` examines a table before any work; sentences about rows are checked like those about files."""
    jobs = read_jobs(path, Namespace(device="cpu", models=None, weights="best", overwrite=False))
    _, outcomes = examined(jobs, {})
    refuse_meetings(jobs, outcomes, [path])
    for job, outcome in zip(jobs, outcomes, strict=True):
        assert job.row > 1 and (job.arguments is None) == bool(job.fault)
        sentence = outcome.sentence
        assert outcome.status != "failed" or (10 < len(sentence) < 1000 and sentence.endswith(".")), sentence[:100]


def make_settings(folder: Path) -> None:
    """What the nodes of a workflow hold, as a program posts it."""
    bridge = {"emotion": "auto", "intensity": 1.0, "seed": 3, "fps": 25.0, "blinks": 1.0, "gaze": 0.5, "head_motion": 2}
    (folder / "a.json").write_text(json.dumps({"bridge": bridge, "mix": {"emotion": "sad", "share": 0.5}}))
    edit = {"head": 1.0, "blink": 0.0, "gaze": 1.0, "mouth": 2.0, "emotion": 1.5, "smoothing_seconds": 0.1}
    edit |= {"offset_seconds": -0.2, "look_sideways": 0.3, "look_up": -1}
    (folder / "b.json").write_text(json.dumps({"edit": edit, "bridge": {"compensation": 0.2, "emotion": "fear"}}))
    timeline = {"timeline": "0 voice\n0.2 happy 0.8\n0.4 sad: 2", "fade_seconds": 0.4}
    (folder / "c.json").write_text(json.dumps({"timeline": timeline, "film": {"film_end": "loop", "face_index": 1}}))


def read_settings(path: Path) -> None:
    """Gives each node's inputs to what the node calls with them, converted as a host does it."""
    try:
        document = json.loads(path.read_bytes().decode(errors="replace"))
    except (ValueError, RecursionError):
        return  # no workflow: a host refuses it
    for node, inputs in document.items() if isinstance(document, dict) else ():
        taken = HOSTED.get(node, {})
        try:
            given = {name: taken[name](value) for name, value in inputs.items() if name in taken}
        except (ValueError, TypeError, AttributeError, OverflowError):
            continue  # a host refuses it: a number that is none
        use_settings(node, given)


HOSTED = {
    "bridge": {"emotion": str, "seed": int} | dict.fromkeys(
        ("intensity", "fps", "blinks", "gaze", "head_motion", "compensation"), float
    ),
    "mix": {"emotion": str, "share": float, "intensity": float},
    "edit": dict.fromkeys(signature(edit_motion).parameters.keys() - {"motion"}, float),
    "timeline": {"timeline": str, "fade_seconds": float},
    "film": {"film_end": str, "face_index": int},
}  # fmt: skip


def use_settings(node: str, given: dict) -> None:
    """Does with the inputs of a node what it does, and checks what comes out."""
    if node == "bridge":
        made = PerformanceSettings(**given)
        assert all(isfinite(getattr(made, name)) for name in ("intensity", "fps", "blinks", "gaze", "head_motion"))
    elif node == "edit":
        edited = edit_motion(made_motion(), **given)
        assert edited.expression.isfinite().all() and edited.head.isfinite().all() and edited.num_frames == 12
        assert edited.expression.min() >= 0 and edited.expression.max() <= 1
    elif node == "film":
        check_face_index(given.get("face_index"))
        check_film_end(given.get("film_end", "hold"))
    else:
        speech = made_speech()
        if node == "mix":
            felt = mix_emotion(speech, given.pop("emotion", "sad"), **given)
        else:
            felt = follow_timeline(speech, read_timeline(given.get("timeline", "")), given.get("fade_seconds", 0.4))
        assert felt.emotion.isfinite().all() and felt.emotion_embedding.isfinite().all()
        assert felt.intensity.min() >= 0 and felt.intensity.max() <= 2 + 1e-5


def made_speech(num_frames: int = 20) -> Speech:
    """A voice of neither words nor feeling."""
    sound = Audio(torch.zeros(1, 640 * num_frames), SAMPLE_RATE)
    emotion, embedding = torch.full((num_frames, len(EMOTIONS)), 1 / len(EMOTIONS)), torch.zeros(num_frames, 4)
    ones = torch.ones(num_frames)
    return Speech(sound, embedding, embedding, embedding, emotion, emotion, 0.5 * ones, ones)


TARGETS = {
    "sound": Target((".wav", ".mp3", ".m4a", ".flac", ".ogg"), make_sounds, read_sound),
    "picture": Target((".png", ".jpg", ".webp", ".gif", ".tif", ".bmp", ".ppm"), make_pictures, read_picture),
    "film": Target((".mp4", ".mov", ".mkv", ".webm"), make_films, read_film),
    "motion-csv": Target((".csv",), make_csv, read_curves, is_text=True),
    "motion-json": Target((".json",), make_json, read_curves, is_text=True),
    "weights": Target((".safetensors",), make_weights, read_weights),
    "timeline": Target((".txt",), make_timelines, read_keys, is_text=True),
    "jobs": Target((".csv",), make_jobs, read_job_table, is_text=True),
    "settings": Target((".json",), make_settings, read_settings, is_text=True),
}
