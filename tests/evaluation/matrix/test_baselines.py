"""What each system does with a smiling portrait and a voice, and what it leaves out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cemnet import pipeline
from cemnet.arkit import ARKIT_INDEX, EMOTION_INDEX, arkit_indices
from cemnet.emotion.states import one_hot_emotion
from cemnet.evaluation.matrix.baselines import SYSTEMS, Scene
from cemnet.media.images import read_image
from cemnet.media.sound import read_audio
from cemnet.types import EmotionEstimate

SMILE, FROWN, LOW_BROW = (ARKIT_INDEX[name] for name in ("mouthSmileLeft", "mouthFrownLeft", "browDownLeft"))


def heard_as(speech, emotion):
    """The same words in a voice whose emotion is beyond doubt, at full strength all the time."""
    frames = torch.ones(speech.num_frames)
    belief = one_hot_emotion(emotion).expand(speech.num_frames, -1)
    return replace(speech, heard=belief, emotion=belief, intensity=frames, course=frames)


@pytest.fixture(scope="module")
def scene(model, samples):
    """The smiling sample portrait speaks sadly; the linear baseline hears anger."""
    face = pipeline.face_reference(model, read_image(samples / "portrait.png"))
    speech = pipeline.encode_speech(model, read_audio(samples / "speech.wav"))
    return Scene(model, face, heard_as(speech, "sad"), heard_as(speech, "angry"), "sad", 1.0)


@pytest.fixture(scope="module")
def blank_scene(scene):
    """The same voice in the mouth of a portrait that shows nothing."""
    calm = EmotionEstimate(one_hot_emotion("neutral").numpy(), 0.0)
    return replace(scene, face=replace(scene.face, expression=np.zeros_like(scene.face.expression), emotion=calm))


def shown(system, scene):
    """The mean of each blendshape over a performance."""
    return SYSTEMS[system](scene).expression.mean(0)


def hearing(scene, emotion):
    return replace(scene, speech=heard_as(scene.speech, emotion))


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_speaks_as_long_as_the_voice_and_adds_no_life_of_its_own(system, scene):
    motion = SYSTEMS[system](scene)
    assert motion.num_frames == scene.speech.num_frames
    assert motion.head.abs().max() == 0
    blinks = motion.expression[:, arkit_indices("eyeBlink")]
    assert (blinks.amax(0) - blinks.amin(0)).max() < 0.45  # sad lids sink; a blink shuts them
    assert motion.expression.min() >= 0 and motion.expression.max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("system", ["full", "label oracle", "neutralise first", "blank face"])
def test_these_leave_no_smile_on_a_face_that_speaks_sadly(system, scene):
    assert scene.face.expression[SMILE] > 0.8
    assert shown(system, scene)[SMILE] < 0.2
    assert shown(system, scene)[FROWN] > 0.5


@pytest.mark.slow
def test_the_oracle_is_told_what_the_model_hears_wrong(scene):
    torch.testing.assert_close(shown("label oracle", hearing(scene, "happy")), shown("label oracle", scene))
    assert shown("full", hearing(scene, "happy"))[SMILE] > 0.8
    weak = shown("label oracle", replace(scene, intensity=0.3))
    assert weak[FROWN] < 0.5 * shown("label oracle", scene)[FROWN]


def test_without_aee_the_face_follows_the_linear_baseline(scene):
    apart = shown("no AEE", scene)
    torch.testing.assert_close(apart, shown("full", hearing(scene, "angry")))
    assert apart[LOW_BROW] > 0.7 > 0.3 > apart[FROWN]


def test_a_copy_shows_the_portraits_smile_whatever_the_voice_says(scene):
    sad, angry = (SYSTEMS["copy reference"](hearing(scene, emotion)).expression for emotion in ("sad", "angry"))
    torch.testing.assert_close(sad, angry)
    assert sad[:, SMILE].mean() > 0.5


def test_a_blank_face_is_that_of_nobody(scene, blank_scene):
    torch.testing.assert_close(shown("blank face", scene), shown("blank face", blank_scene))


def test_two_independent_steps_clear_a_smile_and_know_nothing_of_whose_it_was(scene):
    assert shown("neutralise first", hearing(scene, "neutral"))[SMILE] < 0.2
    both = [shown("neutralise first", hearing(scene, emotion)) for emotion in ("sad", "angry")]
    blank = [shown("blank face", hearing(scene, emotion)) for emotion in ("sad", "angry")]
    torch.testing.assert_close(both[0] - both[1], blank[0] - blank[1], atol=0.05, rtol=0)


@pytest.mark.parametrize("system", ["no EBM", "table", "mean face"])
def test_everybody_alike_still_leaves_the_smile_and_takes_on_the_frown(system, scene):
    """Fair baselines: one person for all in the memory's place, who goes from the portrait's emotion to the voice's."""
    sad = shown(system, scene)
    assert sad[SMILE] < 0.2 < 0.5 < sad[FROWN]
    assert shown(system, hearing(scene, "neutral"))[[SMILE, FROWN]].max() < 0.2


def test_the_mean_face_ignores_the_portrait_and_no_ebm_does_not(scene):
    lopsided = scene.face.expression.copy()
    lopsided[LOW_BROW] += 0.5
    other = replace(scene, face=replace(scene.face, expression=lopsided))
    calm = hearing(scene, "happy"), hearing(other, "happy")
    torch.testing.assert_close(shown("mean face", calm[0]), shown("mean face", calm[1]))
    assert (shown("no EBM", calm[0]) - shown("no EBM", calm[1])).abs().max() > 0.02


def test_label_only_does_not_hear_the_manner(scene):
    other = replace(scene, speech=replace(scene.speech, emotion_embedding=scene.speech.emotion_embedding.flip(0)))
    torch.testing.assert_close(shown("label only", scene), shown("label only", other))
    assert (shown("full", scene) - shown("label only", scene)).abs().max() > 0.01


def test_a_scene_knows_both_emotions_as_states(scene):
    assert int(scene.reference.argmax()) == EMOTION_INDEX["happy"] - 1
    assert scene.target.shape[1] == scene.speech.num_frames
    assert (scene.target.argmax(-1) == EMOTION_INDEX["sad"] - 1).all()
