"""The linear baseline of hearing emotion, trained on synthetic speech."""

from dataclasses import replace

import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from cemnet import pipeline
from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.evaluation.matrix.voices import hear_voice
from cemnet.evaluation.voice.linear_baseline import LinearBaseline
from cemnet.training.networks.feature_clips import generated_clips
from cemnet.types import SAMPLE_RATE, Audio

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


@pytest.fixture(scope="module")
def clips():
    return generated_clips(32, seed=0)


@pytest.fixture(scope="module")
def baseline(model, clips):
    return LinearBaseline.fit(model.speech_encoder, clips[:16])


def test_the_baseline_replaces_what_is_heard_and_shown_but_not_the_words(model, baseline, clips):
    voice = hear_voice(model, baseline, clips[16 + EMOTION_INDEX["happy"]])
    assert not torch.equal(voice.speech_without_aee.heard, voice.speech.heard)
    assert not torch.equal(voice.speech_without_aee.emotion, voice.speech.emotion)
    assert voice.speech_without_aee.content is voice.speech.content
    torch.testing.assert_close(voice.speech_without_aee.heard.sum(-1), torch.ones(voice.speech.num_frames))
    evenly = DummyClassifier(strategy="uniform").fit([[0.0]] * len(EMOTIONS), range(len(EMOTIONS)))
    unsure = replace(baseline, classifier=make_pipeline(evenly))
    assert unsure.replace_emotion(model, voice.speech).intensity.max() < 0.05


def test_emotions_that_nobody_showed_in_training_are_never_heard(model, clips):
    two = [clip for clip in clips[:16] if clip.emotion in ("happy", "sad")]
    heard = LinearBaseline.fit(model.speech_encoder, two).hear(
        model.speech_encoder, Audio(two[0].waveform.unsqueeze(0), SAMPLE_RATE)
    )
    assert heard.shape == (len(EMOTIONS),)
    assert heard.argmax() == EMOTION_INDEX["happy"]
    assert heard[[EMOTION_INDEX["happy"], EMOTION_INDEX["sad"]]].sum() == pytest.approx(1)
