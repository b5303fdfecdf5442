"""A film whose face speaks with another voice or emotion: head, lids and gaze stay its own, the rest is performed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from ..arkit import BLINK, GAZE, arkit_indices
from ..face.steadying import FRAMES_AT_ONCE
from ..face.tracking import FaceTrack
from ..long_rows import LongRows
from ..media.pixels import from_uint8, to_uint8
from ..performance_settings import FilmEnd, check_film_end
from ..types import Audio, FaceReference, Motion
from .canvas import face_canvas
from .mouth.interior import PosedMouth
from .renderer import FaceRenderer

Picture = UInt8[np.ndarray, "height width channel"]

SAMPLES_AT_ONCE = 1 << 20  # of sound
BACKWARD_BYTES = 256_000_000  # of pictures kept at once where a film runs backward

OPENING_EYES = arkit_indices("eyeWide", "eyeSquint")
OPEN_LIDS = 0.25  # the quantile of eyeBlink over a film at which its eyes count as open; by eye
ROUNDED_SECONDS = 0.1  # encoders fill the last block of a film's sound: so much more is no reason to hold the picture


class Measured(Protocol):
    """A picture in any form that knows its size in memory."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        ...


Read = TypeVar("Read", bound=Measured)


def as_long_as_film(track: FaceTrack, performed: Motion, voice_seconds: float) -> Motion:
    """A performance with no more frames than the film, unless its voice lasts over ROUNDED_SECONDS longer than that."""
    if voice_seconds > track.num_frames / track.fps + ROUNDED_SECONDS:
        return performed
    kept = slice(track.num_frames)
    address = None if performed.memory_address is None else performed.memory_address[kept]
    breath = None if performed.breath is None else performed.breath[kept]
    return Motion(performed.expression[kept], performed.head[kept], performed.fps, address, breath)


def film_order(num_pictures: int, num_frames: int, film_end: FilmEnd = "hold") -> Int[np.ndarray, "frame"]:
    """Which picture of a film of so many is shown in each frame; CEMNetError for an end that there is not.

    After its last picture a film holds it, begins again ("loop"), or runs back and forth ("ping-pong").
    """
    check_film_end(film_end)
    frames = np.arange(num_frames)
    if film_end == "loop":
        return frames % num_pictures
    if film_end == "ping-pong":
        return num_pictures - 1 - np.abs(num_pictures - 1 - frames % max(1, 2 * (num_pictures - 1)))
    return np.minimum(frames, num_pictures - 1)


def ordered_pictures(
    read: Callable[[], Iterator[Read]], num_pictures: int, film_end: FilmEnd = "hold"
) -> Iterator[Read]:
    """The pictures of a film of so many in the `film_order`; endless, unless the film holds its last one.

    `read` begins to read the film. Backward it is read in blocks of BACKWARD_BYTES, each by reading the film up to it:
    memory does not grow with its length, but time does.
    """
    check_film_end(film_end)
    last, block = num_pictures - 1, 1
    for picture in islice(read(), num_pictures):
        block = max(1, BACKWARD_BYTES // picture.nbytes)
        yield picture
    if film_end == "ping-pong" and last > 0:
        while True:
            for stop in range(last, 0, -block):
                yield from reversed(list(islice(read(), max(0, stop - block), stop)))
            yield from islice(read(), 1, last + 1)
    while film_end != "hold":
        yield from islice(read(), num_pictures)


def performed_in_film(track: FaceTrack, performed: Motion, film_end: FilmEnd = "hold") -> Motion:
    """A performance with the film's own blinks and gaze, and no motion of the head, as long as both.

    Lids rest where the emotion has them. Where the film is shorter it goes on in the `film_order`, where the
    performance is shorter its last expression stays.
    """
    num_frames = max(track.num_frames, performed.num_frames)
    expression = performed.expression[np.minimum(np.arange(num_frames), performed.num_frames - 1)].clone()
    own = torch.from_numpy(track.expression[film_order(track.num_frames, num_frames, film_end)]).to(expression)
    blink = (own[:, BLINK] - own[:, BLINK].quantile(OPEN_LIDS, dim=0)).clamp_min(0)
    expression[:, BLINK] += blink * (1 - expression[:, BLINK])
    expression[:, OPENING_EYES] *= 1 - blink.mean(1, keepdim=True)
    expression[:, GAZE] = own[:, GAZE]
    return Motion(expression, torch.zeros(num_frames, 3), performed.fps)


def person_of(track: FaceTrack) -> FaceReference:
    """The film's person as a portrait: in the film's best picture, with its mean expression."""
    face = track.reference(from_uint8(track.best_picture), track.best)
    return replace(face, expression=track.expression.mean(0))


def mouth_of(renderer: FaceRenderer, track: FaceTrack) -> PosedMouth:
    """The mouth of a film's person: from the frame that bares the teeth most, or from the best one where none does."""
    if track.teeth is None or track.teeth_picture is None:
        return renderer.prepare(track.reference(from_uint8(track.best_picture), track.best)).mouth
    return renderer.prepare(track.reference(from_uint8(track.teeth_picture), track.teeth)).mouth


def dubbed_frames(
    renderer: FaceRenderer, frames: Iterable[Picture], track: FaceTrack, motion: Motion, film_end: FilmEnd = "hold"
) -> Iterator[Picture]:
    """The pictures of a film with the motion of `performed_in_film`, one after the other; only the face changes.

    `frames` are the film's in the order of its end (`ordered_pictures`); where they run out, the last stays.
    """
    teeth = mouth_of(renderer, track)
    image, curves = None, motion.expression.cpu().numpy()
    source = iter(frames)
    order = film_order(track.num_frames, len(curves), film_end)
    for frame, expression in zip(order.tolist(), curves, strict=True):
        image = next(source, image)
        assert image is not None, "A track has at least one frame."
        if frame % FRAMES_AT_ONCE == 0:
            track.let_go()
        share = track.presence[frame]
        if share == 0:
            yield image
            continue
        own = track.expression[frame]
        yield dubbed_frame(renderer, image, track, frame, teeth, own + share * (expression - own))


def dubbed_frame(
    renderer: FaceRenderer,
    image: Picture,
    track: FaceTrack,
    frame: int,
    teeth: PosedMouth,
    expression: Float[np.ndarray, "expression"],
) -> Picture:
    """One picture of the film with the face at an expression; where it has alpha, that moves with the skin."""
    height, width = image.shape[:2]
    left, top, right, bottom = face_canvas(track.points[frame, :, :2], width, height).roi
    window = slice(top, bottom), slice(left, right)
    face = moved_face(track.reference(from_uint8(image[window]), frame), -left, -top)
    prepared = renderer.prepare(face, film=teeth)
    dubbed = image.copy()
    rows, columns = prepared.area
    dubbed[window][rows, columns] = to_uint8(renderer.region(prepared, expression.astype(np.float32), np.zeros(3)))
    return dubbed


def moved_face(face: FaceReference, right: float, down: float) -> FaceReference:
    """The same face in a picture where all pixels lie further to the right and further down."""
    shift = np.array([right, down, 0.0], np.float32)
    landmarks = replace(face.landmarks, points=face.landmarks.points + shift)
    pose = replace(face.pose, translation=face.pose.translation + shift)
    return replace(face, landmarks=landmarks, pose=pose)


def lasting(audio: Audio, seconds: float) -> Audio:
    """Sound of at least so many seconds, with silence at its end where it was shorter."""
    missing = round(seconds * audio.sample_rate) - audio.waveform.shape[-1]
    if missing <= 0:
        return audio
    rows = LongRows(audio.waveform.shape[0])
    for start in range(0, audio.waveform.shape[1], SAMPLES_AT_ONCE):
        rows.append(audio.waveform[:, start : start + SAMPLES_AT_ONCE].T.cpu().numpy())
        audio.let_go()
    for start in range(0, missing, SAMPLES_AT_ONCE):
        rows.append(np.zeros((min(SAMPLES_AT_ONCE, missing - start), rows.num_columns), np.float32))
    longer, pages = rows.finished()
    return Audio(torch.from_numpy(longer.T), audio.sample_rate, pages)
