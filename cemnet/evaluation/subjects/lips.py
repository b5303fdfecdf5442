"""Aperture of the lips at /p b m/ against elsewhere, for every emotion, on prepared clips."""

import argparse

import numpy as np
import torch
from jaxtyping import Float

from ...arkit import NUM_EXPRESSIONS, Emotion
from ...checkpoint import find_weights
from ...emotion.states import NUM_SHOWN_EMOTIONS, emotion_state, one_hot_emotion
from ...network import NETWORK_WEIGHTS, EmotionNetwork
from ...training.corpora.clips import Clip
from ...training.networks.feature_clips import FeatureClip, FeatureClips, full_speaker
from ..inputs import features_of_all_speakers
from ..motion.lips import bilabial_frames, lips_table
from .shared import add_feature_arguments, add_network_argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clips, the weights, and which of the clips are measured."""
    add_feature_arguments(parser)
    add_network_argument(parser)
    parser.add_argument("--source", default="ravdess")
    parser.add_argument("--speakers", nargs="*", help="only these (ravdess/17), for weights that did not train on them")
    parser.add_argument("--clips", type=int, default=60)


@torch.no_grad()
def run(arguments: argparse.Namespace) -> None:
    """Prints the table of apertures; a row for each emotion."""
    _, clips = features_of_all_speakers(arguments.config, arguments.features)
    network = EmotionNetwork.load(arguments.weights or find_weights(NETWORK_WEIGHTS))
    chosen = {clip.clip.name: clip for clip in choose_clips(clips, arguments)}

    def perform(clip: Clip, emotion: Emotion) -> Float[np.ndarray, "frame expression"]:
        return speak_neutral_face(network, chosen[clip.name], emotion)

    print(lips_table([clip.clip for clip in chosen.values()], perform).text())


def choose_clips(clips: FeatureClips, arguments: argparse.Namespace) -> list[FeatureClip]:
    """At most `--clips` clips with a /p b m/, spread evenly over the source or the named speakers."""
    wanted = [clip for clip in clips.clips if clip.clip.source == arguments.source and bilabial_frames(clip.clip)]
    if arguments.speakers:
        wanted = [clip for clip in wanted if full_speaker(clip.clip) in arguments.speakers]
    return wanted[:: max(1, len(wanted) // arguments.clips)][: arguments.clips]


def speak_neutral_face(
    network: EmotionNetwork, clip: FeatureClip, emotion: Emotion
) -> Float[np.ndarray, "frame expression"]:
    """The clip's words on a neutral face, in a named emotion that swells with the voice."""
    recording = clip.recordings[0]
    hidden, voice = recording.hidden.unsqueeze(0).float(), recording.prosody.unsqueeze(0)
    course = network.audio_emotion.course_of(voice)
    target = emotion_state(one_hot_emotion(emotion).expand(1, course.shape[1], -1), course)
    face = torch.zeros(1, 1, NUM_EXPRESSIONS), torch.zeros(1, 1, NUM_SHOWN_EMOTIONS)
    unheard = torch.zeros(1, course.shape[1], network.config.audio_emotion.embedding_dim)
    performed = network.perform(network.audio_emotion.content(hidden), voice, *face, target, unheard)
    return performed.expression[0].numpy()
