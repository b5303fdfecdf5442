"""Blinks, head, mouth with loudness, upper face with stress, lips of performances, and pauses in noise."""

import argparse

import numpy as np
from jaxtyping import Float

from ...arkit import Emotion
from ...training.corpora.clips import Clip
from ..motion.lips import lips_table
from ..motion.liveliness import hear_clean, hear_joined, life_table, perform_as, prosody_table
from ..motion.pauses import pauses_table
from .shared import add_voice_arguments, finish_report, open_voices

MOST_CLIPS, NOISY_CLIPS = 40, 10
LONG_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Held-out voices."""
    add_voice_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Reports how face and voice move together, liveliness over a minute of each speaker, and lips."""
    model, clips, report = open_voices(arguments)
    some = clips[:: -(-len(clips) // MOST_CLIPS)]
    speeches = {clip.name: speech for clip, speech in zip(some, hear_clean(model, some), strict=True)}

    def perform(clip: Clip, emotion: Emotion) -> Float[np.ndarray, "frame expression"]:
        return perform_as(model, speeches[clip.name], emotion)[0].numpy()

    long = [hear_joined(model, clips, speaker, LONG_SECONDS) for speaker in arguments.speakers]
    report.add(prosody_table(model, list(speeches.values())), life_table(model, long), lips_table(some, perform))
    report.add(pauses_table(model, some[:: max(1, len(some) // NOISY_CLIPS)], arguments.seed))
    finish_report(report, arguments)
