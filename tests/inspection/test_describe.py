"""What the command prints about a face, a voice and a performance names the strongest first."""

import torch

from cemnet.arkit import ARKIT_INDEX, EMOTION_INDEX, NUM_EXPRESSIONS
from cemnet.inspection.describe import advice, describe_motion, describe_speech, top_emotions
from cemnet.types import Audio, Motion, Speech


def test_the_likeliest_emotions_are_named_first():
    assert (
        top_emotions({"neutral": 0.1, "happy": 0.6, "sad": 0.05, "angry": 0.25}) == "happy 60%, angry 25%, neutral 10%"
    )


def test_the_strongest_blendshapes_are_named_first():
    expression = torch.zeros(20, NUM_EXPRESSIONS)
    expression[:, ARKIT_INDEX["jawOpen"]], expression[:, ARKIT_INDEX["mouthSmileLeft"]] = 0.4, 0.7
    described = describe_motion(Motion(expression, torch.zeros(20, 3), 25.0))
    assert described.startswith("mouthSmileLeft 0.70, jawOpen 0.40, ")


def test_each_second_of_a_voice_is_described_by_what_is_heard_in_it():
    heard = torch.zeros(60, 8)
    heard[:25, EMOTION_INDEX["sad"]], heard[25:, EMOTION_INDEX["angry"]] = 1.0, 1.0
    speech = Speech(
        audio=Audio(torch.zeros(1, 38_400), 16_000), content=torch.zeros(60, 4), prosody=torch.zeros(60, 4),
        emotion_embedding=torch.zeros(60, 8), heard=heard, emotion=heard, intensity=torch.full((60,), 0.5),
        course=torch.ones(60),
    )  # fmt: skip
    windows = describe_speech(speech)["windows"]
    assert [(window["start"], window["end"]) for window in windows] == [(0.0, 1.0), (1.0, 2.0), (2.0, 2.4)]
    assert [max(window["emotion"], key=window["emotion"].get) for window in windows] == ["sad", "angry", "angry"]


def test_a_doubtful_voice_comes_with_advice_and_a_clear_one_without():
    assert advice({"happy": 0.5, "surprise": 0.4, "sad": 0.1}) == ""
    assert "name the emotion" in advice({"happy": 0.45, "surprise": 0.4, "neutral": 0.15})
