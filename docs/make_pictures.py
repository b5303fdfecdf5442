"""Makes README's pictures: `make pictures`, which runs the browser tests for the screenshots first.

demo.gif is the bundled portrait speaking the bundled voice: as it is, as the voice decides, and in chosen emotions.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cemnet import pipeline
from cemnet.emotion.control import follow_timeline, read_timeline
from cemnet.inspection.motion_plot import motion_preview
from cemnet.media import images, sound
from cemnet.media.pixels import to_uint8
from cemnet.model import CEMNet
from cemnet.types import FaceReference, Speech

DOCS = Path(__file__).parent
SAMPLES = DOCS.parent / "samples"
SCREENSHOTS = DOCS.parent / "output" / "browser"
SHOWN = {
    "1 Talking portrait": "workflow_simple",
    "3 Emotion mix": "workflow_mix",
    "6 Dub a film": "workflow_dub",
    "help_fr": "help",
}
EMOTIONS = {"the voice decides (angry)": "auto", "happy": "happy", "sad": "sad"}
TIMELINE = "0 voice\n1.2 happy\n2.4 sad 0.9"
GIF_FPS = 12.5
HEAD = (112, 8, 322, 218)  # of portrait.png
PANEL = 210
NUM_COLOURS = 96


def main() -> None:
    model = pipeline.load_model(device="cpu")
    face = pipeline.face_reference(model, images.read_image(SAMPLES / "portrait.png"))
    speech = pipeline.encode_speech(model, sound.read_audio(SAMPLES / "speech.wav"))
    make_gif(DOCS / "demo.gif", model, face, speech)
    make_plot(DOCS / "motion_preview.png", model, face, speech)
    for screenshot, name in SHOWN.items():
        picture = Image.open(SCREENSHOTS / f"{screenshot}.png").convert("RGB")
        picture.resize((1200, 750), Image.Resampling.LANCZOS).save(DOCS / f"{name}.jpg", quality=85)


def make_gif(path: Path, model: CEMNet, face: FaceReference, speech: Speech) -> None:
    wishes = [pipeline.PerformanceSettings(each, fps=GIF_FPS) for each in EMOTIONS.values()]
    motions = [pipeline.bridge_emotion(model, face, speech, wish) for wish in wishes]
    moving = zip(*(pipeline.render_frames(model, face, motion) for motion in motions), strict=True)
    frames = list(in_a_row(face.image.numpy(), moving))
    palette = Image.fromarray(np.concatenate([np.asarray(frame) for frame in frames[::8]])).quantize(NUM_COLOURS)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=round(1000 / GIF_FPS), loop=0, optimize=True)


def make_plot(path: Path, model: CEMNet, face: FaceReference, speech: Speech) -> None:
    speech = follow_timeline(speech, read_timeline(TIMELINE), fade_seconds=0.5)
    motion = pipeline.bridge_emotion(model, face, speech)
    Image.fromarray(to_uint8(motion_preview(motion, speech, 1280, 720))).quantize(64).save(path, optimize=True)


def in_a_row(portrait: np.ndarray, moving: Iterator[tuple[np.ndarray, ...]]) -> Iterator[Image.Image]:
    """The portrait and its performances beside each other, each with its name."""
    for frames in moving:
        row = Image.new("RGB", (PANEL * (1 + len(frames)), PANEL + 22), "white")
        for index, (name, frame) in enumerate(zip(["the portrait", *EMOTIONS], [portrait, *frames], strict=True)):
            head = Image.fromarray(to_uint8(frame)[..., :3]).crop(HEAD).resize((PANEL, PANEL), Image.Resampling.LANCZOS)
            row.paste(head, (index * PANEL, 0))
            ImageDraw.Draw(row).text(
                ((index + 0.5) * PANEL, PANEL + 11), name, "black", ImageFont.load_default(14), anchor="mm"
            )
        yield row


if __name__ == "__main__":
    main()
