"""What the fuzzer damages: for each kind of file small whole ones, how it is read, and what has to be true of a result.

A damaged file is a function of its kind and of a number alone, so that a finding can be made again.
"""

import itertools
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from made_media import timed_film, tone, write_sound
from PIL import Image
from small_model import SMALL

from cemnet.checkpoint import RELEASED_WEIGHTS, load_checkpoint, save_checkpoint
from cemnet.emotion.control import read_timeline
from cemnet.emotion.portrait_emotion import ReferenceEmotionReader
from cemnet.media.images import read_image
from cemnet.media.sound import read_audio
from cemnet.media.video_reader import video_fps, video_frames
from cemnet.motion.files import read_motion, write_motion
from cemnet.network import EmotionNetwork
from cemnet.types import Motion

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


TARGETS = {
    "sound": Target((".wav", ".mp3", ".m4a", ".flac", ".ogg"), make_sounds, read_sound),
    "picture": Target((".png", ".jpg", ".webp", ".gif", ".tif", ".bmp", ".ppm"), make_pictures, read_picture),
    "film": Target((".mp4", ".mov", ".mkv", ".webm"), make_films, read_film),
    "motion-csv": Target((".csv",), make_csv, read_curves, is_text=True),
    "motion-json": Target((".json",), make_json, read_curves, is_text=True),
    "weights": Target((".safetensors",), make_weights, read_weights),
    "timeline": Target((".txt",), make_timelines, read_keys, is_text=True),
}
