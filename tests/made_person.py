"""A made person, whose every face is known, filmed speaking: clips with the curves that a tracker would find."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from acted_films import speak

from cemnet.arkit import EMOTIONS, NUM_EXPRESSIONS, Emotion
from cemnet.emotion.states import emotion_state, one_hot_emotion
from cemnet.network import EmotionNetwork
from cemnet.speech.encoder import SpeechEncoder
from cemnet.speech.mel import num_motion_frames
from cemnet.speech.voice_features import voice_features
from cemnet.training.corpora.clips import Clip, save_clip
from cemnet.training.corpora.sentences import SENTENCES
from cemnet.training.networks.feature_clips import hear
from cemnet.training.performer.emotion_prototypes import Person
from cemnet.training.performer.performer import perform

TRACKED = 0.03  # deviation of a tracked blendshape from the true one
VARIANT = "m3"
SAID = SENTENCES["en-us"]


def made_person(seed: int = 0) -> Person:
    """Somebody with habits of their own."""
    return Person.sample(np.random.default_rng(seed))


def film(person: Person, emotion: Emotion, sentence: int, tracked: float = TRACKED) -> Clip:
    """The person says a sentence of SAID in an emotion."""
    waveform, phonemes = speak(SAID[sentence], emotion, VARIANT)
    prosody = voice_features(waveform, num_motion_frames(len(waveform)))[:, :4]
    intensity, rng = float(emotion != "neutral"), np.random.default_rng((sentence, EMOTIONS.index(emotion)))
    acted = perform(phonemes, prosody, person, emotion, intensity, rng)
    seen = acted.expression + tracked * rng.standard_normal(acted.expression.shape)
    return Clip(
        name=f"made_{emotion}_{sentence:02d}", source="folder", speaker="made", sentence=f"folder-made-{sentence}",
        language="en-us", emotion=emotion, original_emotion=emotion, intensity=intensity, license="Apache-2.0",
        waveform=waveform, phonemes=phonemes, expression=torch.from_numpy(seen).float().clamp(0, 1),
        head=torch.from_numpy(acted.head).float(),
    )  # fmt: skip


def film_person(folder: Path, person: Person, sentences: Sequence[int]) -> float:
    """Writes clips of every sentence in every emotion; returns how many seconds they last together."""
    folder.mkdir(parents=True)
    clips = [film(person, emotion, sentence) for sentence in sentences for emotion in EMOTIONS]
    for clip in clips:
        save_clip(folder, clip)
    return sum(clip.duration_seconds for clip in clips)


@torch.no_grad()
def errors(
    network: EmotionNetwork, encoder: SpeechEncoder, person: Person, sentences: Sequence[int]
) -> tuple[float, float]:
    """Mean absolute errors of what a neutral portrait of the person is made to do: of the face at the height of each
    emotion, and of the curves of sentences in emotions that are asked for by name."""
    calm = one_hot_emotion("neutral")
    portrait = torch.from_numpy(person.show("neutral", 0.0)).view(1, 1, NUM_EXPRESSIONS)
    state = emotion_state(calm, torch.tensor(0.0)).view(1, 1, -1)
    shown: list[Emotion] = [emotion for emotion in EMOTIONS if emotion != "neutral"]
    every = torch.stack([emotion_state(one_hot_emotion(emotion), torch.tensor(1.0)) for emotion in shown])
    remembered = network.emotion_memory.remember(portrait, state, None).face(every.unsqueeze(0))[0]
    apexes = torch.from_numpy(np.stack([person.show(emotion, 1.0) for emotion in shown]))
    missed = []
    for sentence in sentences:
        for emotion in EMOTIONS:
            clip = film(person, emotion, sentence, tracked=0.0)
            hidden, voice = hear(encoder, clip.waveform)
            hearing, prosody = network.audio_emotion, voice[None, :, :4]
            course = hearing.course_of(prosody)
            target = emotion_state(one_hot_emotion(emotion).expand(1, len(voice), -1), clip.intensity * course)
            silent = torch.zeros(1, len(voice), network.config.audio_emotion.embedding_dim)
            content = hearing.content(hidden[None].float())
            performed = network.perform(content, prosody, portrait, state, target, silent)
            assert clip.expression is not None
            missed.append(float((performed.expression[0] - clip.expression).abs().mean()))
    return float((remembered - apexes).abs().mean()), float(np.mean(missed))
