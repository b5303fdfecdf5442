"""Media files as FFmpeg opens them: their names, which of their tracks count, and when their time begins."""

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
from av.container import InputContainer
from av.stream import Disposition

from ..errors import MediaError

Track = TypeVar("Track", av.VideoStream, av.AudioStream)
TELEVISION_RATES = (24, 30, 48, 60, 120, 240)  # which run at 1000/1001 of it
TELEVISION_ROUNDED = 2e-4  # 23.98 is meant to be one of them; 24 is five times further away
STEADY_ROUNDED = 2e-4  # how far times rounded to milliseconds move the mean of a short film
LONGEST_GAP_SECONDS = 3600.0  # a clock that jumps further is damaged
EARLY_SOUND_SECONDS = 0.1  # sound that begins so little before the pictures is cut, as players do


def media_name(path: Path | str) -> str:
    """The path for `av.open`: FFmpeg would take a name with a colon for the address of a server."""
    return f"file:{os.path.abspath(path)}"


def picture_track(container: InputContainer) -> av.VideoStream | None:
    """The track of pictures that a player shows, or None; the cover of a record is none."""
    films = [track for track in container.streams.video if not track.disposition & Disposition.attached_pic]
    return _chosen(films)


def sound_track(container: InputContainer, path: Path, number: int | None = None) -> av.AudioStream:
    """The sound track with a number (counted from 0), else the one that a player takes: the default, or the first.

    MediaError where there is none.
    """
    tracks = container.streams.audio
    if not tracks:
        raise MediaError(f"{path} has no sound track. Give a sound file, or a video that has sound.")
    if number is None:
        track = _chosen(tracks)
        assert track is not None
        return track
    if not 0 <= number < len(tracks):
        count = "1 sound track" if len(tracks) == 1 else f"{len(tracks)} sound tracks"
        raise MediaError(f"{path} has {count}, counted from 0, and no number {number}.")
    return tracks[number]


def beginning(pictures: av.VideoStream, sound: av.AudioStream | None) -> float:
    """The second of a film's clock at which it begins: with its pictures, or with sound that comes well before them."""
    first_picture, first_sound = start_of(pictures), start_of(sound) if sound is not None else None
    if first_picture is None:
        return first_sound or 0.0
    if first_sound is None or first_sound > first_picture - EARLY_SOUND_SECONDS:
        return first_picture
    return first_sound


def exact_rate(fps: float | Fraction) -> Fraction:
    """Frames a second as a fraction: 23.976, 23.98 and their like are the television rates over 1001."""
    for whole in TELEVISION_RATES:
        rate = Fraction(whole * 1000, 1001)
        if abs(fps / rate - 1) < TELEVISION_ROUNDED:
            return rate
    return Fraction(fps).limit_denominator(1001)


def frame_rate(track: av.VideoStream) -> Fraction | None:
    """Frames a second of a track, or None where it has no rate.

    That is the mean over the film; where the steady rate that the file names is as good as equal, it is that.
    """
    mean, steady = track.average_rate or track.guessed_rate, track.base_rate
    if not mean:
        return None
    return exact_rate(steady if steady and abs(steady / mean - 1) < STEADY_ROUNDED else mean)


def start_of(track: av.VideoStream | av.AudioStream) -> float | None:
    """The second of the file's clock at which a track begins, or None where the file does not tell."""
    if track.start_time is None or track.time_base is None:
        return None
    return float(track.start_time * track.time_base)


def _chosen(tracks: Sequence[Track]) -> Track | None:
    """The first track that is marked as the default, else the first one."""
    return next((track for track in tracks if track.disposition & Disposition.default), next(iter(tracks), None))
