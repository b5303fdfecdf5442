"""A film whose face speaks with another voice or emotion: head, lids and gaze stay its own, the rest is performed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8

from ..arkit import BLINK, GAZE, arkit_indices
from ..face.tracking import FaceTrack
from ..media.pixels import from_uint8, to_uint8
from ..types import Audio, FaceReference, Motion
from .canvas import face_canvas
from .mouth.interior import PosedMouth
from .renderer import FaceRenderer

OPENING_EYES = arkit_indices("eyeWide", "eyeSquint")
OPEN_LIDS = 0.25  # the quantile of eyeBlink over a film at which its eyes count as open; by eye

ROUNDED_SECONDS = 0.1  # encoders fill the last block of a film's sound: so much more is no reason to hold the picture


def as_long_as_film(track: FaceTrack, performed: Motion, voice_seconds: float) -> Motion:
    """A performance with no more frames than the film, unless its voice lasts over ROUNDED_SECONDS longer than that."""
    if voice_seconds > track.num_frames / track.fps + ROUNDED_SECONDS:
        return performed
    kept = slice(track.num_frames)
    address = None if performed.memory_address is None else performed.memory_address[kept]
    return Motion(performed.expression[kept], performed.head[kept], performed.fps, address)


def performed_in_film(track: FaceTrack, performed: Motion) -> Motion:
    """A performance with the film's own blinks and gaze, and no motion of the head, as long as both.

    Lids rest where the emotion has them. Where the film is shorter its last frame stays, where the performance is
    shorter its last expression does.
    """
    num_frames = max(track.num_frames, performed.num_frames)
    frames = np.arange(num_frames)
    expression = performed.expression[np.minimum(frames, performed.num_frames - 1)].clone()
    own = torch.from_numpy(track.expression[np.minimum(frames, track.num_frames - 1)]).to(expression)
    blink = (own[:, BLINK] - own[:, BLINK].quantile(OPEN_LIDS, dim=0)).clamp_min(0)
    expression[:, BLINK] += blink * (1 - expression[:, BLINK])
    expression[:, OPENING_EYES] *= 1 - blink.mean(1, keepdim=True)
    expression[:, GAZE] = own[:, GAZE]
    return Motion(expression, torch.zeros(num_frames, 3), performed.fps)


def person_of(track: FaceTrack) -> FaceReference:
    """The film's person as a portrait: in the film's best picture, with its mean expression."""
    face = track.reference(from_uint8(track.best_picture), track.best)
    return replace(face, expression=track.expression.mean(0))


def dubbed_frames(
    renderer: FaceRenderer, frames: Iterable[UInt8[np.ndarray, "height width 3"]], track: FaceTrack, motion: Motion
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """The pictures of a film with the motion of `performed_in_film`, one after the other; only the face changes."""
    teeth = renderer.prepare(track.reference(from_uint8(track.best_picture), track.best)).mouth
    image, curves = None, motion.expression.cpu().numpy()
    source = iter(frames)
    for index, expression in enumerate(curves):
        image = next(source, image)
        assert image is not None, "A track has at least one frame."
        frame = min(index, track.num_frames - 1)
        share = track.presence[frame]
        if share == 0:
            yield image
            continue
        own = track.expression[frame]
        yield dubbed_frame(renderer, image, track, frame, teeth, own + share * (expression - own))


def dubbed_frame(
    renderer: FaceRenderer,
    image: UInt8[np.ndarray, "height width 3"],
    track: FaceTrack,
    frame: int,
    teeth: PosedMouth,
    expression: Float[np.ndarray, "expression"],
) -> UInt8[np.ndarray, "height width 3"]:
    """One picture of the film with the face at an expression."""
    height, width = image.shape[:2]
    left, top, right, bottom = face_canvas(track.landmarks[frame].points[:, :2], width, height).roi
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
    return audio if missing <= 0 else replace(audio, waveform=F.pad(audio.waveform, (0, missing)))
