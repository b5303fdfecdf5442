"""A small matrix for all tests of this room: synthetic voices and one pushed portrait."""

import pytest

from cemnet import pipeline
from cemnet.arkit import EMOTION_INDEX
from cemnet.evaluation.matrix.references import pushed_references
from cemnet.evaluation.matrix.voices import hear_voice
from cemnet.evaluation.voice.linear_baseline import LinearBaseline
from cemnet.training.networks.feature_clips import generated_clips


@pytest.fixture(scope="package")
def model():
    return pipeline.load_model(device="cpu")


@pytest.fixture(scope="package")
def clips():
    return generated_clips(32, seed=0)


@pytest.fixture(scope="package")
def baseline(model, clips):
    return LinearBaseline.fit(model.speech_encoder, clips[:16])


@pytest.fixture(scope="package")
def voices(model, baseline, clips):
    return [hear_voice(model, baseline, clips[16 + EMOTION_INDEX[emotion]]) for emotion in ("happy", "sad")]


@pytest.fixture(scope="package")
def references(model, samples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("references")
    found = list(pushed_references(model, [samples / "portrait.png"], 0, folder))
    return [reference for reference in found if reference.emotion in ("happy", "sad")]
