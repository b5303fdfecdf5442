"""Dubs a film: its face is tracked, performs another voice or emotion, and is put back into the pictures."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from .face.tracking import FaceTrack, track_face
from .media.images import enlarged_size
from .media.provenance import generated_metadata
from .media.sound import read_audio
from .media.video_format import TRANSPARENT
from .media.video_reader import expected_frames, video_fps, video_frames
from .media.video_writer import Frame, VideoWriter
from .media.wide_range import FilmedPicture, WidePicture, check_wide, film_transfer, filmed_pictures, with_change
from .model import CEMNet
from .performance_settings import DEFAULT_PERFORMANCE, FilmEnd, PerformanceSettings, check_film_end
from .pipeline import Progress, bridge_emotion, encode_speech, write_frames
from .render.film import (
    as_long_as_film,
    dubbed_frames,
    lasting,
    ordered_pictures,
    performed_in_film,
    person_of,
)
from .types import Audio, Motion, Speech

OPAQUE = 254  # alpha of 255: codecs round


def track_video(
    model: CEMNet,
    video: Path,
    face_index: int | None = None,
    upscale: float = 1.0,
    progress: Progress | None = None,
) -> FaceTrack:
    """Tracks one face through a film: the largest, or the one with an index, counted from the largest.

    `upscale` enlarges the pictures 1 to 4 times first. The track tells whether the film is transparent anywhere.
    `progress` is told of each picture. MediaError where the film cannot be read, FaceError where it shows no face.
    """
    fps, size = video_fps(video), None
    if upscale != 1.0:
        height, width = next(video_frames(video, fps)).shape[:2]
        size = enlarged_size(width, height, upscale)
    frames = video_frames(video, fps, size, alpha=True)
    if progress is not None:
        frames = counted(frames, expected_frames(video, fps), progress)
    return track_frames(model, frames, fps, face_index)


def counted(
    frames: Iterable[UInt8[np.ndarray, "height width channel"]], expected: int, progress: Progress
) -> Iterator[UInt8[np.ndarray, "height width channel"]]:
    """The same pictures; `progress` is told when one of those that are expected has been used."""
    for index, frame in enumerate(frames, start=1):
        yield frame
        progress(index, max(index, expected))


def track_frames(
    model: CEMNet,
    frames: Iterable[UInt8[np.ndarray, "height width channel"]],
    fps: float,
    face_index: int | None = None,
) -> FaceTrack:
    """Tracks one face through pictures (0 to 255, with or without alpha) that come one by one.

    The track tells whether one of them is transparent. FaceError where they show no face.
    """
    seen_through = [False]

    def opaque() -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        for picture in frames:
            seen_through[0] = seen_through[0] or bool((picture[..., 3:] < OPAQUE).any())
            yield np.ascontiguousarray(picture[..., :3])

    track = track_face(opaque(), fps, model.landmarker, model.basis, model.emotion_reader, face_index)
    return replace(track, transparent=seen_through[0])


def dub_motion(
    model: CEMNet,
    track: FaceTrack,
    audio: Audio,
    settings: PerformanceSettings = DEFAULT_PERFORMANCE,
    film_end: FilmEnd = "hold",
    progress: Progress | None = None,
    normal_voice: Sequence[Audio] = (),
) -> tuple[Speech, Motion]:
    """The analysed voice, and the motion with which the film's face speaks it.

    Frame rate, head, blinks and gaze stay the film's own, whatever the settings say. A voice that is shorter than the
    film is followed by silence; one that is longer goes on as `as_long_as_film` says, and the film meanwhile as
    `film_order` does. `progress` and `normal_voice` are those of `encode_speech`.
    CEMNetError for sound that is too short to analyse.
    """
    seconds = track.num_frames / track.fps
    speech = encode_speech(model, lasting(audio, seconds), progress, normal_voice)
    filmed = replace(settings, fps=track.fps, blinks=0.0, gaze=0.0, head_motion=0.0)
    performed = bridge_emotion(model, person_of(track), speech, filmed)
    return speech, performed_in_film(track, as_long_as_film(track, performed, audio.duration_seconds), film_end)


def save_dubbed_video(
    model: CEMNet,
    video: Path,
    track: FaceTrack,
    motion: Motion,
    output: Path,
    audio: Audio | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    marked: bool = True,
    film_end: FilmEnd = "hold",
    keep_range: bool = False,
) -> None:
    """Writes the film with its face moved by the motion, at its own frame rate and in the size in which it was tracked.

    `film_end` is that of `dub_motion`. A transparent film stays so where the file can be; else it is laid on white,
    with a warning. With `keep_range` a film in high dynamic range (HLG, PQ) stays so, as HEVC with 10 bits; but in the
    face its pictures keep their values.

    Pictures are streamed: memory does not grow with length. The metadata of a `marked` file say that it is generated.
    MediaError where the film cannot be read, or the file exists (unless `overwrite`) or cannot be written.
    """
    height, width = track.best_picture.shape[:2]
    transparent = track.transparent and output.suffix.lower() in TRANSPARENT
    if track.transparent and not transparent:
        logging.getLogger(__name__).warning(
            f"{video} is transparent, which {output} cannot be: it is laid on white. "
            f"Let the name end in {', '.join(TRANSPARENT)} to keep it."
        )
    size, transfer = (width, height), None
    frames: Iterable[Frame]
    if keep_range:
        check_wide(video, output)
        transfer = film_transfer(video)
        frames = wide_frames(model, video, size, track, motion, film_end)
    else:
        pictures = ordered_pictures(
            lambda: video_frames(video, track.fps, size, track.transparent), track.num_frames, film_end
        )
        frames = dubbed_frames(model.renderer, pictures, track, motion, film_end)
    metadata = generated_metadata() if marked else None
    with VideoWriter(output, track.fps, width, height, audio, overwrite, metadata, transparent, transfer) as writer:
        write_frames(writer, frames, motion.num_frames, progress)


def wide_frames(
    model: CEMNet, video: Path, size: tuple[int, int], track: FaceTrack, motion: Motion, film_end: FilmEnd = "hold"
) -> Iterator[WidePicture]:
    """The pictures of a film in high dynamic range with the motion of `dub_motion`; only the face changes."""
    filmed: list[FilmedPicture] = []

    def seen() -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        for picture in ordered_pictures(lambda: filmed_pictures(video, track.fps, size), track.num_frames, film_end):
            filmed[:] = [picture]
            yield picture.pixels

    for frame in dubbed_frames(model.renderer, seen(), track, motion, film_end):
        yield with_change(filmed[0], frame)


def dub(
    model: CEMNet,
    video: Path,
    output: Path,
    audio: Audio | None = None,
    face_index: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    settings: PerformanceSettings = DEFAULT_PERFORMANCE,
    film_end: FilmEnd = "hold",
) -> tuple[FaceTrack, Speech, Motion]:
    """Writes a film whose face speaks another voice, or its own where `audio` is None; `dub_motion` tells of the rest.

    Returns the tracked face, the analysed voice and the motion. Raises what the steps above raise.
    """
    check_film_end(film_end)
    audio = read_audio(video) if audio is None else audio
    track = track_video(model, video, face_index)
    speech, motion = dub_motion(model, track, audio, settings, film_end)
    save_dubbed_video(model, video, track, motion, output, audio, overwrite, progress, film_end=film_end)
    return track, speech, motion
