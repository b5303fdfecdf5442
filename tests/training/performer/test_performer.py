"""The performer speaks with its lips, feels with its whole face, and never lets one undo the other."""

import numpy as np
import pytest
from made_phonemes import say

from cemnet.arkit import ARKIT_INDEX, BROWS_AND_EYES, EMOTIONS, Emotion, arkit_indices
from cemnet.config import MANNER_AXES
from cemnet.motion.lip_aperture import visible_aperture
from cemnet.training.corpora.phonemes import BILABIALS, PhonemeSpan
from cemnet.training.performer.emotion_prototypes import Person
from cemnet.training.performer.manner_displays import MEAN_MANNER
from cemnet.training.performer.performer import perform

SENTENCE = [
    "SIL", "B", "EY", "B", "IY", "B", "EH", "R", "Z", "P", "L", "EY", "W", "IH", "DH", "M", "EH", "N", "IY", "AE", "P",
    "AX", "L", "Z", "SIL", "F", "AY", "V", "AO", "SH", "UW", "TH", "IH", "NG", "Z", "SIL",
]  # fmt: skip


def voice_of(spans: list[PhonemeSpan], num_frames: int | None = None) -> np.ndarray:
    """Prosody of a steady voice that falls silent in pauses."""
    num_frames = num_frames or int(np.ceil(spans[-1].end_seconds * 25))
    times = (np.arange(num_frames) + 0.5) / 25
    prosody = np.tile(np.array([-1.0, -1.0, 0.0, 0.0]), (num_frames, 1))
    for span in spans:
        if span.phoneme != "SIL":
            inside = (times >= span.start_seconds) & (times < span.end_seconds)
            prosody[inside] = [-0.1, 0.5, 0.1 * np.sin(10 * span.start_seconds), 1.0]
    return prosody


def act(
    emotion: Emotion = "neutral", intensity: float = 1.0, symbols: list[str] = SENTENCE, seed: int = 0, **timing: float
):
    spans = say(symbols, **timing)
    return spans, perform(spans, voice_of(spans), Person.average(), emotion, intensity, np.random.default_rng(seed))


@pytest.mark.slow
@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("phoneme_seconds", [0.04, 0.09, 0.2])
def test_lips_close_on_bilabials_in_every_emotion_and_tempo(emotion, phoneme_seconds):
    for seed in range(3):
        spans = say(SENTENCE, phoneme_seconds)
        person = Person.sample(np.random.default_rng(seed))
        performance = perform(spans, voice_of(spans), person, emotion, 1.0, np.random.default_rng(seed))
        aperture = visible_aperture(performance.expression)
        for span in spans:
            if span.phoneme in BILABIALS:
                first, last = int(span.start_seconds * 25), int(span.end_seconds * 25)
                assert aperture[max(0, first - 1) : last + 2].min() < 0.01
        assert aperture[performance.closed].max() < 0.02
        assert aperture[~performance.closed].max() > 0.12


@pytest.mark.parametrize("phoneme", ["B", "M", "P"])
@pytest.mark.parametrize("start", [0.8, 0.92])
def test_the_middle_of_a_closure_is_the_middle_of_its_sound(phoneme, start):
    end = start + 0.16
    spans = [PhonemeSpan("AA", 0.0, start), PhonemeSpan(phoneme, start, end), PhonemeSpan("AA", end, 2.0)]
    prosody = np.tile(np.array([-0.1, 0.5, 0.0, 1.0]), (50, 1))
    acted = perform(spans, prosody, Person.average(), "neutral", 0.0, np.random.default_rng(0))
    times = (np.arange(50) + 0.5) / 25
    for shut in (visible_aperture(acted.expression) < 0.05, acted.closed):
        assert shut.any()
        assert times[shut].mean() == pytest.approx((start + end) / 2, abs=0.04)  # a frame


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_lips_rest_in_silence(emotion):
    spans, performance = act(emotion, pause_seconds=1.0)
    times = (np.arange(len(performance.expression)) + 0.5) / 25
    aperture = visible_aperture(performance.expression)
    for span in spans:
        if span.phoneme == "SIL":
            resting = (times > span.start_seconds + 0.2) & (times < span.end_seconds - 0.2)
            assert aperture[resting].max() < 0.03


def test_emotion_stays_in_the_upper_face_through_pauses():
    spans, performance = act("sad", pause_seconds=0.8)
    pause = [span for span in spans if span.phoneme == "SIL"][1]
    frames = slice(int(pause.start_seconds * 25) + 5, int(pause.end_seconds * 25) - 5)
    assert performance.expression[frames, ARKIT_INDEX["browInnerUp"]].min() > 0.4


def test_emotion_moves_and_is_never_a_constant():
    _, performance = act("angry")
    change = np.abs(np.diff(performance.emotion_gain))
    assert performance.emotion_gain.max() < 1.0
    assert performance.emotion_gain.std() > 0.03
    assert change.max() < 0.15 and np.median(change) > 1e-4


def test_emotion_scales_with_its_intensity():
    levels = [
        act("happy", intensity)[1].expression[:, ARKIT_INDEX["mouthSmileLeft"]].mean() for intensity in (0, 0.5, 1)
    ]
    assert levels[0] < 0.1 < levels[1] < levels[2]


def test_emotion_bends_the_corners_while_the_lips_are_closed():
    _, happy = act("happy")
    _, sad = act("sad")
    assert happy.expression[happy.closed][:, ARKIT_INDEX["mouthSmileLeft"]].mean() > 0.35
    assert sad.expression[sad.closed][:, ARKIT_INDEX["mouthFrownLeft"]].mean() > 0.35


def test_articulation_is_the_same_speech_in_every_emotion():
    mouths = [act(emotion)[1].articulation for emotion in ("neutral", "happy", "sad")]
    for other in mouths[1:]:
        correlation = np.corrcoef(visible_aperture(mouths[0]), visible_aperture(other))[0, 1]
        assert correlation > 0.95
    assert not mouths[0][:, BROWS_AND_EYES].any()


def test_loud_and_angry_speech_opens_the_jaw_wider_than_soft_and_sad():
    jaw = ARKIT_INDEX["jawOpen"]
    assert act("angry")[1].articulation[:, jaw].max() > 1.3 * act("sad")[1].articulation[:, jaw].max()
    spans = say(SENTENCE)
    soft = voice_of(spans)
    soft[:, 0] = -0.6
    quiet = perform(spans, soft, Person.average(), "neutral", 0.0, np.random.default_rng(0))
    assert quiet.articulation[:, jaw].max() < 0.8 * act("neutral", 0.0)[1].articulation[:, jaw].max()


def in_manner(emotion: Emotion, seed: int = 0, **apart: float):
    manner = np.array(MEAN_MANNER[emotion]) + np.array([apart.get(axis, 0.0) for axis in MANNER_AXES])
    spans = say(SENTENCE)
    rng = np.random.default_rng(seed)
    return perform(spans, voice_of(spans), Person.average(), emotion, 1.0, rng, manner)


def test_the_mean_manner_is_acted_like_the_name_alone():
    np.testing.assert_array_equal(in_manner("angry").expression, act("angry")[1].expression)
    np.testing.assert_array_equal(in_manner("angry").head, act("angry")[1].head)


def test_hot_anger_bares_its_teeth_and_cold_anger_does_not():
    hot, cold = in_manner("angry", effort=1.5), in_manner("angry", effort=-1.5)
    talking = hot.closure < 0.1
    for stem, least in (("mouthUpperUp", 0.1), ("eyeWide", 0.15), ("jawOpen", 0.05)):
        both = (shown.expression[talking][:, arkit_indices(stem)].mean() for shown in (hot, cold))
        assert next(both) > next(both) + least, stem
    pressed = [shown.expression[:, arkit_indices("mouthPress")].mean() for shown in (hot, cold)]
    assert pressed[1] > pressed[0] + 0.05


def test_lips_close_in_every_manner():
    for effort in (-2.0, 2.0):
        for emotion in EMOTIONS:
            shown = in_manner(emotion, effort=effort, pitch=effort)
            assert visible_aperture(shown.expression)[shown.closed].max() < 0.02
            assert shown.expression.min() >= 0 and shown.expression.max() <= 1


def test_effort_opens_the_jaw_and_arousal_moves_the_head():
    jaw = ARKIT_INDEX["jawOpen"]
    loud, soft = in_manner("neutral", effort=1.5), in_manner("neutral", effort=-1.5)
    assert loud.articulation[:, jaw].max() > 1.25 * soft.articulation[:, jaw].max()
    wild, still = (
        np.mean([in_manner("happy", seed, effort=far, pitch=far).head.std() for seed in range(4)]) for far in (2, -2)
    )
    assert wild > 1.3 * still


def test_an_aroused_emotion_comes_faster_and_a_lively_melody_lifts_the_brows():
    fast, slow = (in_manner("sad", effort=far, pitch=far).emotion_gain for far in (2, -2))
    assert fast[:25].mean() > slow[:25].mean()
    lively, flat = (in_manner("neutral", pitch_range=far).expression for far in (2, -2))
    brows = ARKIT_INDEX["browOuterUpLeft"]
    assert lively[:, brows].max() > 1.2 * flat[:, brows].max()


def test_curves_are_smooth_and_in_range():
    _, performance = act("surprise")
    assert performance.expression.min() >= 0 and performance.expression.max() <= 1
    upper = performance.expression[:, BROWS_AND_EYES]
    assert np.abs(np.diff(upper, axis=0)).max() < 0.2
    assert np.abs(np.diff(performance.head, axis=0)).max() < 0.03
    assert np.abs(performance.head).max() < 0.2 and performance.head.std() > 0.002


def test_one_seed_always_acts_alike_and_another_acts_differently():
    first, again, other = (act("fear", seed=seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.expression, again.expression)
    np.testing.assert_array_equal(first.head, again.head)
    assert np.abs(first.head - other.head).max() > 0.01


def test_blinks_shut_even_widened_eyes_and_touch_nothing_else():
    _, performance = act("surprise", seed=3, pause_seconds=3.0)
    assert performance.blink.max() > 0.7
    deepest = performance.blink.argmax()
    blinking = performance.blinking()
    assert blinking[deepest, ARKIT_INDEX["eyeBlinkLeft"]] > 0.7
    assert blinking[deepest, ARKIT_INDEX["eyeWideLeft"]] < 0.3
    others = [index for index in range(52) if index not in arkit_indices("eyeBlink", "eyeWide", "eyeSquint")]
    np.testing.assert_array_equal(blinking[:, others], performance.expression[:, others])


@pytest.mark.parametrize("spans", [[], [PhonemeSpan("SIL", 0.0, 1.0)], [PhonemeSpan("AA", 0.0, 5.0)]])
def test_silence_one_sound_and_phonemes_beyond_the_end_are_acted(spans):
    voice = np.zeros((10, 4))
    performance = perform(spans, voice, Person.average(), "happy", 0.7, np.random.default_rng(0))
    assert performance.expression.shape == (10, 52)
    assert np.isfinite(performance.expression).all()
