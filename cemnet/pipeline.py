"""The way from a portrait and a voice to a film, one function a step; nodes and the command call these steps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .config import PROSODY_DIM
from .emotion.audio_emotion import frame_blocks, frames_from_tokens, normal_statistics
from .emotion.states import emotion_state, one_hot_emotion
from .errors import CEMNetError, FaceError
from .face.reference import choose_face, most_varied, reference_faces, spread
from .long_rows import give_back
from .media.provenance import generated_metadata
from .media.video_writer import Frame, VideoWriter
from .model import CEMNet, load_model
from .motion.breath import chest_curve
from .motion.idle import add_life
from .motion.silence import part_before_words, rest_curve, rest_lips
from .network import bridged_face
from .performance_settings import AUTO, DEFAULT_PERFORMANCE, PerformanceSettings, is_within
from .render.renderer import render_motion
from .render.scene import Performance, render_performances, stream_performances
from .speech.manner import VOICING
from .speech.mel import LogMel, mono_16k, mono_voice, num_motion_frames
from .speech.voice_activity import speaking
from .speech.voice_features import voice_features
from .threads import one_thread
from .types import MOTION_FPS, SAMPLE_RATE, Audio, EmotionEstimate, FaceReference, Motion, Speech

__all__ = [
    "PerformanceSettings",
    "all_faces",
    "animate",
    "bridge_emotion",
    "encode_speech",
    "face_reference",
    "idle_motion",
    "known_better",
    "load_model",
    "person_reference",
    "render_frames",
    "render_people",
    "save_people_video",
    "save_video",
]

Progress = Callable[[int, int], object]  # takes frames done and frames in all; an exception of it stops the work
SHORTEST_SECONDS = 0.05
SHORTEST_IDLE_SECONDS, LONGEST_IDLE_SECONDS = 2.0, 600.0
LONGEST_NORMAL_SECONDS, FEWEST_NORMAL_FRAMES = 60.0, 12  # of each clip of a normal voice; of them voiced
BRIDGED_AT_ONCE = 6000  # frames: bounds the memory that long speech takes
# Of the content: the shares of silence and of /p b m/, by the alphabet of training.corpora.phonemes.
SILENCE_COLUMN, CLOSED_COLUMNS = 0, [17, 18, 19]
MOST_EXAMINED = 48  # more pictures of a person, such as the frames of a film


def face_reference(
    model: CEMNet, image: Float[Tensor, "height width channel"], face_index: int | None = None
) -> FaceReference:
    """The face of a picture (0 to 1) with an index, counted from the largest, which is the default; else FaceError."""
    return choose_face(all_faces(model, image), face_index)


def person_reference(
    model: CEMNet, images: Sequence[Float[Tensor, "_height _width _channel"]], face_index: int | None = None
) -> FaceReference:
    """The face of the first picture (0 to 1), as `face_reference`, known better by the others (see `known_better`)."""
    return known_better(model, face_reference(model, images[0], face_index), images[1:])


def known_better(
    model: CEMNet, face: FaceReference, images: Sequence[Float[Tensor, "_height _width _channel"]]
) -> FaceReference:
    """The same face with more pictures (0 to 1) of the same person, such as the frames of a film.

    They tell how this person shows emotions, and are never seen themselves. Of each the largest face is taken; a
    picture without a usable face is passed over. Of many, MOST_EXAMINED spread over all are looked at, and at most
    MOST_PORTRAITS count, those that differ most.
    """
    others = []
    for image in spread(images, MOST_EXAMINED):
        try:
            others.append(face_reference(model, image).seen)
        except FaceError:
            continue
    return replace(face, others=most_varied(face.seen, others))


def all_faces(model: CEMNet, image: Float[Tensor, "height width channel"]) -> list[FaceReference]:
    """All usable faces of a picture (0 to 1), the largest first; FaceError where there is none."""
    return reference_faces(image, model.landmarker, model.basis, model.emotion_reader)


@one_thread()
@torch.no_grad()
def encode_speech(
    model: CEMNet, audio: Audio, progress: Progress | None = None, normal_voice: Sequence[Audio] = ()
) -> Speech:
    """Content, prosody and emotion of a voice at MOTION_FPS; CEMNetError for less than SHORTEST_SECONDS of sound.

    `normal_voice` are sounds in which the same person speaks without emotion, such as three sentences; the emotion is
    then heard in how the voice differs from them, too. CEMNetError where one of them is too short or silent.
    Long sound is heard in blocks of up to a minute. `progress` is told of each, often first without a new frame.
    """
    if audio.duration_seconds < SHORTEST_SECONDS:
        raise CEMNetError(
            f"The speech is only {audio.duration_seconds:.2f} s long. Give at least {SHORTEST_SECONDS} s."
        )
    mono = mono_voice(audio)
    waveform = mono.waveform[0]
    num_frames = num_motion_frames(len(waveform))
    num_heard = 0

    def heard_block(frames: int = 0) -> None:
        nonlocal num_heard
        num_heard += frames
        mono.let_go()
        if progress is not None:
            progress(num_heard, num_frames)

    def blocks() -> Iterator[Float[Tensor, "1 layer _ channel"]]:
        for block in frame_blocks(model.speech_encoder.encode_blocks(waveform, mel), num_frames):
            yield block.unsqueeze(0)
            heard_block(block.shape[1])
            give_back()

    mel = LogMel(waveform, heard_block)
    voice = voice_features(waveform, num_frames, mel, heard_block).unsqueeze(0).to(model.device)
    encoder = model.network.audio_emotion
    normal = normal_statistics([_normal_clip(model, clip) for clip in normal_voice]) if normal_voice else None
    content, heard = encoder.listen(blocks(), voice, normal)
    give_back()
    return Speech(
        audio=audio,
        content=content[0].cpu(),
        prosody=voice[0, :, :PROSODY_DIM].cpu().clone(),  # a copy: what it is a view of is large
        emotion_embedding=heard.embedding[0].cpu(),
        heard=heard.probabilities[0].cpu().clone(),
        emotion=heard.emotion[0].cpu().clone(),
        intensity=heard.intensity[0].cpu().clone(),
        course=encoder.course_of(voice)[0].cpu(),
    )


def _normal_clip(
    model: CEMNet, audio: Audio
) -> tuple[Float[Tensor, "layer frame channel"], Float[Tensor, "frame voice"]]:
    waveform = mono_16k(audio)[: round(LONGEST_NORMAL_SECONDS * SAMPLE_RATE)]
    num_frames = num_motion_frames(len(waveform))
    voice = voice_features(waveform, num_frames)
    if voice[:, VOICING].sum() < FEWEST_NORMAL_FRAMES:
        raise CEMNetError(
            "In the normal voice hardly any voice is heard. Give at least a second in which the same person speaks."
        )
    hidden = frames_from_tokens(model.speech_encoder.encode_long(waveform), num_frames)
    return hidden.to(model.device), voice.to(model.device)


def shown_state(emotion: EmotionEstimate) -> Float[Tensor, "shown"]:
    """The emotion state that a face shows."""
    return emotion_state(torch.from_numpy(emotion.probabilities).float(), torch.tensor(emotion.intensity))


def manner_embedding(speech: Speech, settings: PerformanceSettings) -> Float[Tensor, "frame embedding"]:
    """The voice's embedding in each frame; 0 where an emotion is named, as the voice's manner belongs to its own."""
    return speech.emotion_embedding if settings.emotion == AUTO else torch.zeros_like(speech.emotion_embedding)


def target_emotion(speech: Speech, settings: PerformanceSettings) -> Float[Tensor, "frame shown"]:
    """The emotion state to show in each frame: of the voice or of the named emotion, times the wished intensity."""
    if settings.emotion == AUTO:
        return emotion_state(speech.emotion, settings.intensity * speech.intensity * speech.course)
    named = one_hot_emotion(settings.emotion).expand(speech.num_frames, -1)
    return emotion_state(named, settings.intensity * speech.course)


def resample_frames(curves: Float[Tensor, "frame channel"], fps: float) -> Float[Tensor, "frames_out channel"]:
    """Curves resampled from MOTION_FPS to another frame rate; they last as long as before."""
    if fps == MOTION_FPS:
        return curves
    num_frames = max(1, round(len(curves) * fps / MOTION_FPS))
    return F.interpolate(curves.T.unsqueeze(0), size=num_frames, mode="linear").squeeze(0).T


@one_thread()
@torch.no_grad()
def bridge_emotion(
    model: CEMNet, face: FaceReference, speech: Speech, settings: PerformanceSettings = DEFAULT_PERFORMANCE
) -> Motion:
    """The performance: the reference face speaks, carried from its own emotion to the voice's or the named one."""
    curves = performed_curves(model, face, speech, settings)
    expression, head, address = (resample_frames(curve, settings.fps) for curve in curves)
    shown = resample_frames(target_emotion(speech, settings), settings.fps)
    spoken = resample_frames(spoken_frames(speech).unsqueeze(1), settings.fps)[:, 0]
    expression, head = add_life(expression, head, **life_of(settings), shown=shown, speaking=spoken)
    breath = settings.head_motion * chest_curve(len(head), settings.fps, settings.seed, spoken)
    return Motion(expression, head, settings.fps, address, breath)


def life_of(settings: PerformanceSettings) -> dict[str, Any]:
    """What the settings say to `add_life`. Brows, lids and cheeks live as much as the liveliest part, 1 at most."""
    amounts = {"blinks": settings.blinks, "gaze": settings.gaze, "sway": settings.head_motion}
    return {"fps": settings.fps, "seed": settings.seed, **amounts, "face": min(1.0, max(amounts.values()))}


@one_thread()
@torch.no_grad()
def idle_motion(
    model: CEMNet, face: FaceReference, seconds: float, settings: PerformanceSettings = DEFAULT_PERFORMANCE
) -> Motion:
    """A face that says nothing and lives: it blinks, glances and breathes, and its end leads back to its beginning.

    The portrait's own expression stays unless an emotion is named, which it then shows with the settings' intensity and
    closed lips. CEMNetError for other lengths than SHORTEST_IDLE_SECONDS to LONGEST_IDLE_SECONDS.
    """
    check_idle_seconds(seconds)
    num_frames = max(2, round(seconds * settings.fps))
    expression, shown = torch.from_numpy(face.expression).float(), shown_state(face.emotion)
    if settings.emotion != AUTO:
        shown = emotion_state(one_hot_emotion(settings.emotion), torch.tensor(settings.intensity))
        expression = shown_face(model, face, shown)
    still = expression.expand(num_frames, -1), torch.zeros(num_frames, 3)
    expression, head = add_life(*still, **life_of(settings), shown=shown.expand(num_frames, -1), loops=True)
    breath = settings.head_motion * chest_curve(num_frames, settings.fps, settings.seed)
    return Motion(expression, head, settings.fps, breath=breath)


def check_idle_seconds(seconds: float) -> None:
    """Raises CEMNetError where an idle clip cannot be so long."""
    if not is_within(seconds, SHORTEST_IDLE_SECONDS, LONGEST_IDLE_SECONDS):
        raise CEMNetError(
            f"An idle clip has to last {SHORTEST_IDLE_SECONDS:g} to {LONGEST_IDLE_SECONDS:g} seconds, not {seconds}."
        )


def shown_face(model: CEMNet, face: FaceReference, shown: Float[Tensor, "shown"]) -> Float[Tensor, "expression"]:
    """The portrait's face carried to an emotion state, without speech and with lips at rest."""
    expressions, states = seen_portraits(face)
    memory, device = model.network.emotion_memory, model.device
    batch = expressions.unsqueeze(0).to(device), states.unsqueeze(0).to(device)
    person = memory.remember(*batch, None)
    target = shown.view(1, 1, -1).to(device)
    carried = bridged_face(memory, person, batch[0][:, 0], batch[1][:, 0], target)[0].cpu()
    return rest_lips(carried, torch.ones(1))[0]


def seen_portraits(
    face: FaceReference,
) -> tuple[Float[Tensor, "portrait expression"], Float[Tensor, "portrait shown"]]:
    """Expressions and emotion states of a person's pictures, the portrait first."""
    portraits = (face.seen, *face.others)
    expressions = torch.from_numpy(np.stack([portrait.expression for portrait in portraits])).float()
    return expressions, torch.stack([shown_state(portrait.emotion) for portrait in portraits])


def performed_curves(
    model: CEMNet, face: FaceReference, speech: Speech, settings: PerformanceSettings
) -> tuple[Float[Tensor, "frame expression"], Float[Tensor, "frame 3"], Float[Tensor, "frame slot"]]:
    """Expression, head and memory address at MOTION_FPS, without blinks, gaze and sway; lips rest between words.

    They are made BRIDGED_AT_ONCE frames at a time, each with the frames around it that have a say in it: what one pass
    would make, but for rounding.
    """
    expressions, states = seen_portraits(face)
    target, embedding = target_emotion(speech, settings), manner_embedding(speech, settings)
    reach, curves = model.network.motion_decoder.reach, []
    for start in range(0, speech.num_frames, BRIDGED_AT_ONCE):
        stop, first = min(start + BRIDGED_AT_ONCE, speech.num_frames), max(start - reach, 0)
        near = slice(first, stop + reach)
        batch = (speech.content[near], speech.prosody[near], expressions, states, target[near], embedding[near])
        performed = model.network.perform(
            *(tensor.unsqueeze(0).to(model.device) for tensor in batch), compensation=settings.compensation
        )
        parts = performed.expression, performed.head, performed.address
        curves = curves or [torch.empty(speech.num_frames, part.shape[2]) for part in parts]
        for curve, part in zip(curves, parts, strict=True):
            curve[start:stop] = part[0, start - first : stop - first]
    expression, head, address = curves
    return rested(expression, speech), head, address


def rested(expression: Float[Tensor, "frame expression"], speech: Speech) -> Float[Tensor, "frame expression"]:
    """The performed curves with lips that rest where the voice is silent, whatever else sounds, and part for breath."""
    spoken = spoken_frames(speech)
    closed = speech.content[:, CLOSED_COLUMNS].sum(dim=1)
    return part_before_words(rest_lips(expression, rest_curve(spoken, MOTION_FPS)), spoken, closed, MOTION_FPS)


def spoken_frames(speech: Speech) -> Float[Tensor, "frame"]:
    """1 where the voice speaks and 0 in its pauses, whatever else sounds."""
    return speaking(speech.content[:, SILENCE_COLUMN])


def render_frames(
    model: CEMNet, face: FaceReference, motion: Motion
) -> Iterator[Float[np.ndarray, "height width channel"]]:
    """Yields the whole picture with the moving face, one frame (0 to 1) at a time."""
    return render_motion(model.renderer, face, motion)


def render_people(
    model: CEMNet, performances: Sequence[Performance]
) -> Iterator[Float[np.ndarray, "height width channel"]]:
    """Yields the picture with several moving faces, one frame (0 to 1) at a time, each face by its own motion.

    It lasts as long as the longest motion; a face that is done earlier keeps its last frame. CEMNetError where the
    faces are of different pictures or the motions have different frame rates.
    """
    return render_performances(model.renderer, performances)


def save_video(
    model: CEMNet,
    face: FaceReference,
    motion: Motion,
    output: Path,
    audio: Audio | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Renders one face into a video file; otherwise as `save_people_video`."""
    save_people_video(model, [(face, motion)], output, audio, overwrite, progress)


def save_people_video(
    model: CEMNet,
    performances: Sequence[Performance],
    output: Path,
    audio: Audio | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    transparent: bool = False,
    marked: bool = True,
) -> None:
    """Renders several faces of one picture into a video file as the frames are made: memory does not grow with length.

    The file is an .mp4, .m4v, .mov, .webm, .mkv, .gif or .webp; `transparent` keeps the picture's alpha, which the
    first two cannot. The metadata of a `marked` file say that it is generated. MediaError where the file exists (unless
    `overwrite`) or cannot be written; CEMNetError as for `render_people`.
    """
    (face, motion), num_frames = performances[0], max(motion.num_frames for _, motion in performances)
    height, width = face.image.shape[:2]
    metadata = generated_metadata() if marked else None
    with VideoWriter(output, motion.fps, width, height, audio, overwrite, metadata, transparent) as video:
        write_frames(video, stream_performances(model.renderer, performances), num_frames, progress)


def write_frames(
    video: VideoWriter,
    frames: Iterable[Frame],
    num_frames: int,
    progress: Progress | None,
) -> None:
    """Writes frames as they come and reports each one to `progress`."""
    for index, frame in enumerate(frames):
        video.write(frame)
        if progress is not None:
            progress(index + 1, num_frames)


def animate(
    model: CEMNet,
    image: Float[Tensor, "height width channel"],
    audio: Audio,
    output: Path,
    face_index: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    settings: PerformanceSettings = DEFAULT_PERFORMANCE,
) -> tuple[FaceReference, Speech, Motion]:
    """Writes a video in which the portrait (0 to 1) speaks; returns its face, the analysed speech and the motion.

    FaceError without a face, MediaError where the file cannot be written, CEMNetError for speech that is too short.
    """
    face = face_reference(model, image, face_index)
    speech = encode_speech(model, audio)
    motion = bridge_emotion(model, face, speech, settings)
    save_video(model, face, motion, output, audio, overwrite, progress)
    return face, speech, motion
