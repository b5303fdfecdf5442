"""Scores one video of the benchmark: what a judge sees, lips and sound, who it is, and how far it is from a truth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from ... import pipeline
from ...arkit import EMOTIONS
from ...media.images import read_image
from ...media.pixels import from_uint8, to_uint8
from ...media.sound import read_audio
from ...model import CEMNet
from ...speech.mel import mono_16k
from ...types import FaceReference, Speech
from ..matrix.judge import Judge, judge_box
from ..matrix.verdicts import Verdict
from ..matrix.voices import apex_frames
from ..motion.sync import Sync, heard_sounds, lip_gaps, sync
from ..picture.identity import Recogniser
from .backbones import INCEPTION_SIDE, SYNC_SIDE, Backbone, perceptual_distance, picture_features, sync_scores
from .distances import (
    FACE,
    MOUTH,
    jitter,
    landmark_distance,
    scaled_to,
    signal_to_noise,
    structural_similarity,
)
from .pairs import Pair
from .watching import WatchedVideo, carried_box, crop, crops, evenly, face_box, truth_boxes, watch

KIND = "videos"
UNMEASURED = float("nan")


@dataclass(frozen=True)
class Tools:
    """What videos are scored with; what is None is not measured."""

    model: CEMNet  # its landmarker sees, its encoder hears
    judge: Judge | None = None
    recogniser: Recogniser | None = None
    perceptual: Backbone | None = None
    inception: Backbone | None = None
    syncnet: Backbone | None = None
    frames: int = 4  # that are judged, and that the recogniser sees


@dataclass(frozen=True)
class Scene:
    """What is the same for every system: portrait, voice and truth of a pair."""

    pair: Pair
    face: FaceReference
    speech: Speech
    truth: WatchedVideo | None


@dataclass(frozen=True)
class Distances:
    """How far a video is from its truth; NaN where something was not measured."""

    m_lmd: float = UNMEASURED
    f_lmd: float = UNMEASURED
    psnr: float = UNMEASURED
    ssim: float = UNMEASURED
    lpips: float = UNMEASURED
    features: Float[np.ndarray, "picture feature"] | None = field(default=None, repr=False)  # the truth's, for FID


@dataclass(frozen=True)
class Scores:
    """The figures of one video; NaN where something was not measured."""

    system: str
    pair: Pair
    verdict: Verdict | None
    portrait: UInt8[np.ndarray, "side side 3"]
    judged: list[UInt8[np.ndarray, "side side 3"]]  # crops of the frames that were judged
    lips: Sync
    jitter: float
    identity: float = UNMEASURED  # mean cosine of its frames and the portrait
    lse_d: float = UNMEASURED
    lse_c: float = UNMEASURED
    features: Float[np.ndarray, "picture feature"] | None = field(default=None, repr=False)  # for FID
    truth: Distances = field(default_factory=Distances)


def open_scene(tools: Tools, pair: Pair) -> Scene:
    """Sees the portrait, hears the voice and watches the truth of a pair."""
    face = pipeline.face_reference(tools.model, read_image(pair.reference))
    speech = pipeline.encode_speech(tools.model, read_audio(pair.voice))
    truth = None if pair.truth is None else watch(tools.model.landmarker, pair.truth)
    return Scene(pair, face, speech, truth)


def score_video(tools: Tools, scene: Scene, system: str, path: Path) -> Scores:
    """All figures of one video; FaceError where its face is hardly seen."""
    video = watch(tools.model.landmarker, path)
    box = carried_box(judge_box(scene.face.landmarks), scene.face.landmarks.points, video.typical)
    apexes = [index for index in apex_frames(scene.speech, tools.frames) if index < len(video.faces)]
    pictures = chosen_frames(video, {*apexes, *evenly(len(video.faces), tools.frames)})
    judged = [crop(pictures[index], face_box(video.typical)) for index in apexes]
    lse_d, lse_c = lip_sync_errors(tools, scene, video)
    return Scores(
        system=system,
        pair=scene.pair,
        verdict=verdict(tools, scene, system, [from_uint8(pictures[index]).numpy() for index in apexes], box),
        portrait=crop(to_uint8(scene.face.image.numpy()[..., :3]), face_box(scene.face.landmarks.points)),
        judged=judged,
        lips=sync(lip_gaps(video.faces, path), *heard_sounds(tools.model, scene.pair.voice)),
        jitter=jitter(video.points),
        identity=identity(tools, scene, video, pictures),
        lse_d=lse_d,
        lse_c=lse_c,
        features=features_of(tools, video),
        truth=Distances() if scene.truth is None else distances(tools, video, scene.truth),
    )


def chosen_frames(video: WatchedVideo, chosen: set[int]) -> dict[int, UInt8[np.ndarray, "height width 3"]]:
    """Some pictures of a video by their number."""
    return {index: picture for index, picture in enumerate(video.frames()) if index in chosen}


def verdict(
    tools: Tools,
    scene: Scene,
    system: str,
    pictures: Sequence[Float[np.ndarray, "height width 3"]],
    box: tuple[float, float, float, float],
) -> Verdict | None:
    """What the judge sees where the voice's emotion peaks; None without a judge, or where the video is too short."""
    if tools.judge is None or not pictures:
        return None
    seen = np.mean([tools.judge.probabilities(picture, box) for picture in pictures], axis=0)
    pair = scene.pair
    heard = EMOTIONS[int(scene.speech.heard.mean(0).argmax())]
    return Verdict(
        system, KIND, pair.person, pair.reference_emotion, pair.voice_emotion, pair.voice.stem, heard, seen,
        UNMEASURED, UNMEASURED,
    )  # fmt: skip


def identity(
    tools: Tools, scene: Scene, video: WatchedVideo, pictures: dict[int, UInt8[np.ndarray, "height width 3"]]
) -> float:
    """The mean cosine of the recogniser's vectors of the portrait and of frames spread over the video."""
    if tools.recogniser is None:
        return UNMEASURED
    portrait = tools.recogniser.embedding(scene.face.image.numpy(), scene.face.landmarks)
    found = []
    for index in evenly(len(video.faces), tools.frames):
        face = video.faces[index]
        if face is not None:
            shown = tools.recogniser.embedding(from_uint8(pictures[index]).numpy(), face)
            found.append(float(portrait @ shown / (np.linalg.norm(portrait) * np.linalg.norm(shown))))
    return float(np.mean(found)) if found else UNMEASURED


def lip_sync_errors(tools: Tools, scene: Scene, video: WatchedVideo) -> tuple[float, float]:
    """LSE-D and LSE-C; NaN without SyncNet."""
    if tools.syncnet is None:
        return UNMEASURED, UNMEASURED
    box = face_box(video.typical)
    faces = [crop(picture, box, SYNC_SIDE) for picture in video.frames()]
    return sync_scores(tools.syncnet, faces, mono_16k(scene.speech.audio))


def features_of(tools: Tools, video: WatchedVideo) -> Float[np.ndarray, "picture feature"] | None:
    """Inception's features of every frame; None without it."""
    if tools.inception is None:
        return None
    box = face_box(video.typical)
    return picture_features(tools.inception, (crop(picture, box, INCEPTION_SIDE) for picture in video.frames()))


def distances(tools: Tools, video: WatchedVideo, truth: WatchedVideo) -> Distances:
    """How far a video is from its truth, frame by frame; the shorter one counts."""
    found, wanted = scaled_to(video.points, truth.points), truth.points
    own, other = truth_boxes(video, truth)
    noise, structure, pairs = [], [], []
    for shown, meant in zip(crops(video, own), crops(truth, other), strict=False):
        noise.append(signal_to_noise(shown, meant))
        structure.append(structural_similarity(shown, meant))
        if tools.perceptual is not None:
            pairs.append((shown, meant))
    return Distances(
        m_lmd=landmark_distance(found, wanted, MOUTH),
        f_lmd=landmark_distance(found, wanted, FACE),
        psnr=float(np.mean(noise)),
        ssim=float(np.mean(structure)),
        lpips=perceptual_distance(tools.perceptual, pairs) if tools.perceptual is not None else UNMEASURED,
        features=features_of(tools, truth),
    )
