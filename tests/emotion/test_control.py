"""An emotion asked for by name, in a mixture or on a timeline, takes the place of the heard one as written."""

from dataclasses import replace

import pytest
import torch

from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.emotion.control import EmotionKey, follow_timeline, mix_emotion, read_timeline
from cemnet.emotion.states import emotion_state
from cemnet.errors import CEMNetError
from cemnet.types import Audio, Speech


@pytest.fixture
def speech():
    """Four seconds of a voice that is 70 % sad at an intensity of 0.5."""
    emotion = torch.full((100, len(EMOTIONS)), 0.3 / (len(EMOTIONS) - 1))
    emotion[:, EMOTION_INDEX["sad"]] = 0.7
    return Speech(
        audio=Audio(torch.zeros(1, 64_000), 16_000), content=torch.zeros(100, 4), prosody=torch.zeros(100, 4),
        emotion_embedding=torch.zeros(100, 8), heard=emotion, emotion=emotion, intensity=torch.full((100,), 0.5),
        course=torch.ones(100),
    )  # fmt: skip


def shown(speech):
    return emotion_state(speech.emotion, speech.intensity)


def test_a_share_of_nothing_leaves_the_voice_alone(speech):
    torch.testing.assert_close(shown(mix_emotion(speech, "happy", share=0.0)), shown(speech))


def test_a_full_share_shows_the_named_emotion_alone(speech):
    mixed = mix_emotion(speech, "happy", share=1.0, intensity=0.8)
    assert mixed.emotion[:, EMOTION_INDEX["happy"]].min() == 1.0
    torch.testing.assert_close(mixed.intensity, torch.full((100,), 0.8))


def test_a_mixture_shows_its_parts_in_proportion(speech):
    asked = shown(mix_emotion(speech, "happy", share=1.0))
    torch.testing.assert_close(shown(mix_emotion(speech, "happy", share=0.4)), 0.6 * shown(speech) + 0.4 * asked)


def test_probabilities_stay_probabilities(speech):
    for mixed in (mix_emotion(speech, "angry", 0.3), mix_emotion(speech, "neutral", 1.0, 0.0)):
        torch.testing.assert_close(mixed.emotion.sum(1), torch.ones(100))
        assert mixed.emotion.min() >= 0


@pytest.mark.parametrize(("share", "intensity"), [(1.2, 1.0), (-0.1, 1.0), (0.5, 2.5), (0.5, float("nan"))])
def test_impossible_shares_are_refused(speech, share, intensity):
    with pytest.raises(CEMNetError, match="0 to 1"):
        mix_emotion(speech, "happy", share, intensity)


def test_unknown_emotions_are_refused_by_name(speech):
    with pytest.raises(CEMNetError, match="joyful"):
        mix_emotion(speech, "joyful")


def test_a_timeline_is_read_as_people_write_it():
    keys = read_timeline("0 sad 0.8\n\n# then the news\n1:5 happy\n2.5, Voice, 0.5  # back\n".replace("1:5", "1.5:"))
    assert keys == [EmotionKey(0.0, "sad", 0.8), EmotionKey(1.5, "happy", 1.0), EmotionKey(2.5, "voice", 0.5)]


@pytest.mark.parametrize(
    "line",
    [
        "happy",
        "2",
        "1 happy much",
        "1 joyful",
        "-1 sad",
        "1 sad 3",
        "1 sad 1 now",
        "nan sad",
        "inf sad",
        "1 sad nan",
        "1e400 sad",
    ],
)
def test_a_line_that_is_not_understood_is_named(line):
    with pytest.raises(CEMNetError, match="Line 2"):
        read_timeline(f"0 sad\n{line}")


@pytest.mark.parametrize("fade", [-0.1, float("nan"), float("inf")])
def test_a_fade_without_a_length_is_refused(speech, fade):
    with pytest.raises(CEMNetError, match="The fade has to last"):
        follow_timeline(speech, [EmotionKey(0.0, "sad")], fade)


@pytest.mark.slow
def test_a_timeline_shows_each_emotion_in_its_time(speech):
    followed = follow_timeline(speech, [EmotionKey(1.0, "angry", 0.9), EmotionKey(3.0, "voice")])
    torch.testing.assert_close(shown(followed)[:20], shown(speech)[:20])
    assert followed.emotion[50, EMOTION_INDEX["angry"]] == 1.0
    assert followed.intensity[50] == pytest.approx(0.9)
    torch.testing.assert_close(shown(followed)[85:], shown(speech)[85:])


def test_a_timeline_changes_without_a_jump(speech):
    followed = follow_timeline(speech, [EmotionKey(0.0, "happy"), EmotionKey(2.0, "angry")], fade_seconds=0.4)
    assert shown(followed).diff(dim=0).abs().max() < 0.2
    assert shown(followed)[0].argmax() == shown(mix_emotion(speech, "happy"))[0].argmax()


def test_an_emotion_is_half_there_at_the_moment_of_its_key(speech):
    followed = shown(follow_timeline(speech, [EmotionKey(2.0, "angry", 0.8)], fade_seconds=0.4))
    at_key = (followed[49] + followed[50]) / 2  # the key lies between both frames
    torch.testing.assert_close(at_key, (followed[0] + followed[-1]) / 2, atol=1e-3, rtol=0)


def test_keys_may_come_in_any_order(speech):
    keys = [EmotionKey(2.0, "sad"), EmotionKey(0.5, "fear")]
    torch.testing.assert_close(follow_timeline(speech, keys).emotion, follow_timeline(speech, keys[::-1]).emotion)


def test_the_voices_manner_fades_as_a_named_emotion_takes_its_place(speech):
    speech = replace(speech, emotion_embedding=torch.ones(100, 8))
    torch.testing.assert_close(mix_emotion(speech, "happy", 0.25).emotion_embedding, torch.full((100, 8), 0.75))
    keys = [EmotionKey(1.0, "angry"), EmotionKey(2.0, "voice", 0.5)]
    heard = follow_timeline(speech, keys, fade_seconds=0.2).emotion_embedding[:, 0]
    assert heard[[10, 35, 80]].tolist() == [1.0, 0.0, 1.0]
