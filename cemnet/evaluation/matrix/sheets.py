"""Sheets of frames for the reports, so that a reader can check the judge's words with their own eyes."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw

from ...arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ...inspection.contact_sheet import face_square
from ...model import CEMNet
from .baselines import Scene, System
from .judge import Judge, judge_box
from .references import StrongReference
from .verdicts import render
from .voices import Voice, apex_frames, cell_voices

TILE, LINE = 176, 16  # pixels
# Pairs that look clearly wrong where a system copies the portrait or clears it.
TELLING_PAIRS: tuple[tuple[Emotion, Emotion], ...] = (
    ("happy", "sad"), ("happy", "angry"), ("sad", "happy"), ("angry", "surprise"), ("surprise", "angry"),
    ("disgust", "happy"), ("fear", "neutral"), ("contempt", "fear"),
)  # fmt: skip
Tile = tuple[Float[np.ndarray, "height width channel"], tuple[int, int, int, int], str]  # picture, box, caption


def paste_sheet(rows: Sequence[Sequence[Tile]]) -> Image.Image:
    """Tiles in rows, each with its caption below."""
    sheet = Image.new("RGB", (TILE * max(map(len, rows)), (TILE + LINE) * len(rows)), "white")
    draw = ImageDraw.Draw(sheet)
    for row, tiles in enumerate(rows):
        for column, (picture, box, caption) in enumerate(tiles):
            place = column * TILE, row * (TILE + LINE)
            shown = Image.fromarray((picture[..., :3] * 255).round().clip(0, 255).astype(np.uint8)).crop(box)
            sheet.paste(shown.resize((TILE, TILE), Image.Resampling.LANCZOS), place)
            draw.text((place[0] + 3, place[1] + TILE + 2), caption, fill="black")
    return sheet


def spoken_tiles(
    model: CEMNet, judge: Judge, reference: StrongReference, voice: Voice, systems: Mapping[str, System]
) -> Iterable[Tile]:
    """One portrait and voice in several systems, at the first of the frames that are judged."""
    prepared, box = model.renderer.prepare(reference.face), face_square(reference.face, margin=1.12)
    scene = Scene(model, reference.face, voice.speech, voice.speech_without_aee, voice.emotion, voice.intensity)
    index = apex_frames(voice.speech, 1)[0]
    for name, system in systems.items():
        frame = render(model, prepared, system(scene), index)
        yield frame, box, f"{name}: {judged(judge, frame, reference)}"


def judged(judge: Judge, frame: Float[np.ndarray, "height width channel"], reference: StrongReference) -> str:
    """The emotion that the judge names, with its probability: "sad 62 %"."""
    seen = judge.probabilities(frame, judge_box(reference.face.landmarks))
    return f"{EMOTIONS[int(seen.argmax())]} {100 * seen.max():.0f} %"


def portrait_tile(judge: Judge, reference: StrongReference) -> Tile:
    """The portrait; its caption has the emotion it was made with in brackets, then the judge's."""
    picture = reference.face.image.numpy()
    box = face_square(reference.face, margin=1.12)
    return picture, box, f"({reference.emotion}) {judged(judge, picture, reference)}"


def apex_sheet(model: CEMNet, judge: Judge, references: Sequence[StrongReference]) -> Image.Image:
    """One person: the portraits themselves, and below them the same expressions drawn on the neutral portrait."""
    neutral = next(reference for reference in references if reference.emotion == "neutral")
    prepared, box = model.renderer.prepare(neutral.face), face_square(neutral.face, margin=1.12)
    drawn = []
    for reference in references:
        apex = reference.apexes[EMOTION_INDEX[reference.emotion]]
        frame = model.renderer.frame(prepared, apex, np.zeros(3, np.float32))
        drawn.append((frame, box, f"drawn: {judged(judge, frame, neutral)}"))
    return paste_sheet([[portrait_tile(judge, reference) for reference in references], drawn])


def voice_name(voice: Voice) -> str:
    """The voice's label, and what the model hears where that differs."""
    return voice.emotion if voice.heard == voice.emotion else f"{voice.emotion} (heard {voice.heard})"


def matrix_sheet(
    model: CEMNet, judge: Judge, references: Sequence[StrongReference], voices: Sequence[Voice], system: System
) -> Image.Image:
    """One person: the portrait in each emotion (rows, first column) speaking one voice of each emotion (columns)."""
    spoken = [voice for emotion in EMOTIONS for voice in cell_voices(voices, emotion, 0, 1)]
    rows = [
        [
            portrait_tile(judge, reference),
            *(
                next(iter(spoken_tiles(model, judge, reference, voice, {voice_name(voice): system})))
                for voice in spoken
            ),
        ]
        for reference in references
    ]
    return paste_sheet(rows)


def systems_sheet(
    model: CEMNet,
    judge: Judge,
    references: Sequence[StrongReference],
    voices: Sequence[Voice],
    systems: Mapping[str, System],
) -> Image.Image:
    """One person: telling pairs of portrait and voice (rows) in every system (columns)."""
    by_emotion = {reference.emotion: reference for reference in references}
    rows = []
    for shown, spoken in TELLING_PAIRS:
        found = cell_voices(voices, spoken, 0, 1)
        if shown in by_emotion and found:
            portrait = by_emotion[shown]
            picture, box, caption = portrait_tile(judge, portrait)
            rows.append(
                [
                    (picture, box, f"{caption} > {voice_name(found[0])}"),
                    *spoken_tiles(model, judge, portrait, found[0], systems),
                ]
            )
    return paste_sheet(rows)
