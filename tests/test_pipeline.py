"""The whole path on the bundled samples, with the released weights."""

from dataclasses import replace
from itertools import islice

import av
import numpy as np
import pytest
import torch

from cemnet import pipeline
from cemnet.arkit import ARKIT_INDEX, EMOTION_INDEX, EMOTIONS, OPENING
from cemnet.errors import CEMNetError, MissingModelError
from cemnet.media import images, sound
from cemnet.media.pixels import to_uint8
from cemnet.motion.lip_aperture import visible_aperture
from cemnet.performance_settings import PerformanceSettings
from cemnet.training.corpora.phonemes import BILABIALS, PHONEMES, SILENCE
from cemnet.types import Audio, Speech


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


@pytest.fixture(scope="module")
def portrait(samples):
    return images.read_image(samples / "portrait.png")


@pytest.fixture(scope="module")
def face(model, portrait):
    return pipeline.face_reference(model, portrait)


@pytest.fixture(scope="module")
def speech(model, samples):
    return pipeline.encode_speech(model, sound.read_audio(samples / "speech.wav"))


@pytest.mark.slow
def test_the_smiling_portrait_is_seen_smiling_and_the_angry_voice_heard_angry(face, speech):
    assert face.emotion.probabilities.argmax() == EMOTION_INDEX["happy"]
    assert (speech.emotion * speech.intensity.unsqueeze(1)).sum(0).argmax() == EMOTION_INDEX["angry"]


@pytest.mark.slow
def test_each_network_runs_on_one_thread_and_the_program_around_it_keeps_its_own(model, face, samples):
    networks = (
        model.speech_encoder.conv1,
        model.network.audio_emotion.content_in,
        model.network.motion_decoder,
        model.renderer.refiner,
    )
    seen = []
    hooks = [network.register_forward_pre_hook(lambda *_: seen.append(torch.get_num_threads())) for network in networks]
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        speech = pipeline.encode_speech(model, sound.read_audio(samples / "speech.wav"))
        frames = pipeline.render_frames(model, face, pipeline.bridge_emotion(model, face, speech))
        for _ in zip(range(2), frames, strict=False):
            assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
        for hook in hooks:
            hook.remove()
    assert len(seen) >= 5 and set(seen) == {1}


def test_the_voice_decides(model, face, speech):
    motion = pipeline.bridge_emotion(model, face, speech)
    apex = motion.expression.quantile(0.8, dim=0)
    assert apex[ARKIT_INDEX["browDownLeft"]] > face.expression[ARKIT_INDEX["browDownLeft"]] + 0.2
    smile = ARKIT_INDEX["mouthSmileLeft"]
    assert motion.expression[:, smile].mean() < 0.5 * face.expression[smile]


def test_a_named_emotion_overrules_the_voice_and_zero_intensity_is_neutral(model, face, speech):
    happy = pipeline.bridge_emotion(model, face, speech, PerformanceSettings(emotion="happy", blinks=0))
    calm = pipeline.bridge_emotion(model, face, speech, PerformanceSettings(emotion="happy", intensity=0.0, blinks=0))
    smile = ARKIT_INDEX["mouthSmileLeft"]
    assert happy.expression[:, smile].mean() > calm.expression[:, smile].mean() + 0.2


def test_without_compensation_the_portraits_own_smile_stays(model, face, speech):
    smile = ARKIT_INDEX["mouthSmileLeft"]
    levels = [
        pipeline.bridge_emotion(model, face, speech, PerformanceSettings("sad", compensation=amount))
        .expression[:, smile]
        .mean()
        for amount in (1.0, 0.5, 0.0)
    ]
    assert levels[0] < levels[1] - 0.05 < levels[2] - 0.1
    with pytest.raises(CEMNetError, match="compensation"):
        pipeline.bridge_emotion(model, face, speech, PerformanceSettings(compensation=1.5))


def test_the_same_seed_gives_the_same_performance(model, face, speech):
    first = pipeline.bridge_emotion(model, face, speech, PerformanceSettings(seed=5))
    again = pipeline.bridge_emotion(model, face, speech, PerformanceSettings(seed=5))
    other = pipeline.bridge_emotion(model, face, speech, PerformanceSettings(seed=6))
    torch.testing.assert_close(first.expression, again.expression)
    assert not torch.allclose(first.expression, other.expression)


def test_silence_rests_the_mouth_and_shows_no_emotion(model, face):
    silence = Audio(torch.zeros(2, 88_200), 44_100)
    motion = pipeline.bridge_emotion(model, face, pipeline.encode_speech(model, silence), PerformanceSettings(blinks=0))
    assert motion.num_frames == 50
    resting = motion.expression[10:]
    assert resting[:, OPENING].max() < 0.12
    assert resting[:, ARKIT_INDEX["mouthSmileLeft"]].max() < 0.35


@pytest.mark.parametrize("fps", [12.0, 29.97, 60.0])
def test_any_frame_rate_covers_the_whole_speech(model, face, speech, fps):
    motion = pipeline.bridge_emotion(model, face, speech, PerformanceSettings(fps=fps))
    assert motion.fps == fps
    assert motion.duration_seconds == pytest.approx(speech.num_frames / 25, abs=1 / fps)


def test_unusable_requests_get_a_sentence(model, face, speech):
    with pytest.raises(CEMNetError, match="joyful"):
        pipeline.bridge_emotion(model, face, speech, PerformanceSettings(emotion="joyful"))
    with pytest.raises(CEMNetError, match="frames a second"):
        pipeline.bridge_emotion(model, face, speech, PerformanceSettings(fps=0.0))
    with pytest.raises(CEMNetError, match=r"0\.02 s"):
        pipeline.encode_speech(model, Audio(torch.zeros(1, 320), 16_000))


def test_missing_weights_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr("cemnet.checkpoint.RELEASED_WEIGHTS", tmp_path)
    with pytest.raises(MissingModelError, match=r"face_basis\.safetensors"):
        pipeline.load_model(device="cpu")


def test_a_tenth_of_a_second_is_enough(model, face, samples):
    audio = sound.read_audio(samples / "speech.wav")
    short = replace(audio, waveform=audio.waveform[:, : audio.sample_rate // 10])
    assert pipeline.bridge_emotion(model, face, pipeline.encode_speech(model, short)).num_frames == 3


def test_the_portrait_with_its_own_expression_comes_back_unchanged(model, face, portrait):
    prepared = model.renderer.prepare(face)
    frame = model.renderer.frame(prepared, face.expression, np.zeros(3, np.float32))
    error = float(np.mean((frame - portrait.numpy()) ** 2))
    assert 10 * np.log10(1 / max(error, 1e-12)) >= 45


@pytest.mark.slow
def test_a_video_comes_out_as_long_as_the_voice(model, portrait, samples, tmp_path):
    audio = sound.read_audio(samples / "speech.wav")
    short = replace(audio, waveform=audio.waveform[:, : audio.sample_rate])
    done = []
    pipeline.animate(model, portrait, short, tmp_path / "talk.mp4", progress=lambda *state: done.append(state))
    assert done[-1] == (25, 25)
    with av.open(str(tmp_path / "talk.mp4")) as container:
        picture, voice = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, voice.codec_context.name) == ("h264", "aac")
        assert (picture.width, picture.height) == (512, 512)
        assert sum(1 for _ in container.decode(picture)) == 25


def test_an_interrupted_video_leaves_nothing_behind(model, face, speech, tmp_path):
    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    motion = pipeline.bridge_emotion(model, face, speech)
    with pytest.raises(KeyboardInterrupt):
        pipeline.save_video(model, face, motion, tmp_path / "talk.mp4", speech.audio, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def angry_speech() -> Speech:
    """Two seconds of a rather angry voice that swells from silence to its apex."""
    emotion = torch.zeros(50, len(EMOTIONS))
    emotion[:, EMOTION_INDEX["angry"]], emotion[:, EMOTION_INDEX["sad"]] = 0.75, 0.25
    return Speech(
        audio=Audio(torch.zeros(1, 32_000), 16_000), content=torch.zeros(50, 4), prosody=torch.zeros(50, 4),
        emotion_embedding=torch.zeros(50, 8), heard=emotion, emotion=emotion, intensity=torch.full((50,), 0.6),
        course=torch.linspace(0, 1, 50),
    )  # fmt: skip


@pytest.mark.parametrize("emotion", ["auto", "happy"])
@pytest.mark.parametrize("intensity", [0.0, 0.5, 2.0])
def test_the_asked_intensity_multiplies_what_is_shown(angry_speech, emotion, intensity):
    usual, asked = (
        pipeline.target_emotion(angry_speech, PerformanceSettings(emotion, amount)) for amount in (1.0, intensity)
    )
    assert usual.max() > 0.4
    torch.testing.assert_close(asked, intensity * usual)


@pytest.mark.parametrize(("emotion", "apex"), [("auto", 0.6), ("happy", 1.0)])
def test_what_is_shown_swells_with_the_voice(angry_speech, emotion, apex):
    torch.testing.assert_close(
        pipeline.target_emotion(angry_speech, PerformanceSettings(emotion)).sum(1), apex * angry_speech.course
    )


def test_the_voices_emotions_are_shown_in_their_shares(angry_speech):
    shown = pipeline.target_emotion(angry_speech, PerformanceSettings())[-1]
    assert shown[EMOTION_INDEX["angry"] - 1] == pytest.approx(3 * shown[EMOTION_INDEX["sad"] - 1])


def test_more_pictures_of_a_person_change_how_the_person_performs_but_not_the_portrait(model, face, portrait, speech):
    """A picture without a face is passed over; one with the same face is further evidence."""
    known = pipeline.known_better(model, face, [torch.zeros(100, 100, 3), portrait.flip(1)])
    assert len(known.others) == 1
    assert np.array_equal(known.expression, face.expression)
    assert known.image is face.image
    alone, better = (pipeline.bridge_emotion(model, each, speech).expression for each in (face, known))
    assert (alone - better).abs().max() > 1e-4


def test_a_person_is_the_first_picture(model, face, portrait):
    person = pipeline.person_reference(model, [portrait, portrait])
    assert np.array_equal(person.expression, face.expression)
    assert len(person.others) == 1


def test_long_speech_in_blocks_is_performed_as_in_one(model, face, speech, monkeypatch):
    whole = pipeline.bridge_emotion(model, face, speech)
    monkeypatch.setattr(pipeline, "BRIDGED_AT_ONCE", 31)
    blocks = pipeline.bridge_emotion(model, face, speech)
    for name in ("expression", "head", "memory_address"):
        torch.testing.assert_close(getattr(blocks, name), getattr(whole, name), atol=2e-6, rtol=0)


@pytest.mark.slow
def test_hearing_tells_how_far_it_is_and_can_be_stopped(model, samples):
    voice = sound.read_audio(samples / "speech.wav")
    long = Audio(voice.waveform.repeat(1, 12), voice.sample_rate)
    told = []
    speech = pipeline.encode_speech(model, long, lambda done, total: told.append((done, total)))
    assert told == sorted(told) and len({done for done, _ in told}) > 2
    assert told[-1] == (speech.num_frames, speech.num_frames)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.encode_speech(model, long, stop)


def test_silence_and_closures_are_read_where_the_alphabet_has_them():
    assert PHONEMES[pipeline.SILENCE_COLUMN] == SILENCE
    assert {PHONEMES[column] for column in pipeline.CLOSED_COLUMNS} == BILABIALS


def test_long_speech_keeps_nothing_but_its_own_numbers(speech):
    for name in ("content", "prosody", "emotion_embedding", "heard", "emotion", "intensity", "course"):
        values = getattr(speech, name)
        assert values.untyped_storage().nbytes() <= values.nbytes * 1.01, name


@pytest.mark.slow
def test_the_number_of_threads_changes_neither_motion_nor_frames(model, face, samples):
    voice = sound.read_audio(samples / "speech.wav")
    voice = Audio(voice.waveform[:, : voice.sample_rate // 2], voice.sample_rate)
    made, before = [], torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            motion = pipeline.bridge_emotion(model, face, pipeline.encode_speech(model, voice))
            frames = [to_uint8(frame) for frame in islice(pipeline.render_frames(model, face, motion), 2)]
            made.append((motion, frames))
    finally:
        torch.set_num_threads(before)
    (one, one_frames), (three, three_frames) = made
    assert torch.equal(one.expression, three.expression) and torch.equal(one.head, three.head)
    np.testing.assert_array_equal(one_frames, three_frames)


@pytest.mark.slow
def test_a_voice_is_heard_against_the_normal_voice_of_its_speaker(model, samples, speech):
    """Against itself a voice is less of an emotion, and several clips are their mean."""
    voice = sound.read_audio(samples / "speech.wav")
    told = pipeline.encode_speech(model, voice, normal_voice=[voice])
    twice = pipeline.encode_speech(model, voice, normal_voice=[voice, voice])
    angry = EMOTION_INDEX["angry"]
    assert told.heard[:, angry].mean() < speech.heard[:, angry].mean() - 0.01
    torch.testing.assert_close(twice.heard, told.heard)
    torch.testing.assert_close(told.content, speech.content)


def test_a_normal_voice_without_a_voice_is_refused(model, samples):
    voice, silence = sound.read_audio(samples / "speech.wav"), Audio(torch.zeros(1, 32_000), 16_000)
    with pytest.raises(CEMNetError, match="In the normal voice hardly any voice is heard"):
        pipeline.encode_speech(model, voice, normal_voice=[silence])


def test_an_idle_face_keeps_its_expression_lives_and_loops(model, face):
    motion = pipeline.idle_motion(model, face, 8.0)
    assert motion.num_frames == 200
    mouth = motion.expression[:, ARKIT_INDEX["mouthSmileLeft"]]
    assert abs(float(mouth.mean()) - float(face.expression[ARKIT_INDEX["mouthSmileLeft"]])) < 0.1
    assert motion.expression[:, ARKIT_INDEX["eyeBlinkLeft"]].max() > 0.8
    assert motion.head[0].abs().max() == 0
    assert (motion.head[0] - motion.head[-1]).abs().max() <= 1.01 * motion.head.diff(dim=0).abs().max()
    assert motion.breath is not None and motion.breath.min() < -0.4
    assert (motion.breath[0] - motion.breath[-1]).abs() <= 1.01 * motion.breath.diff().abs().max()


def test_an_idle_face_shows_a_named_emotion_with_closed_lips(model, face):
    still = PerformanceSettings("disgust", blinks=0, gaze=0, head_motion=0)
    motion = pipeline.idle_motion(model, face, 2.0, still)
    assert (motion.expression == motion.expression[:1]).all()  # everything that lives is switched off
    assert motion.breath is not None and not motion.breath.any()
    assert visible_aperture(motion.expression.numpy()).max() < 0.01
    assert motion.expression[0, ARKIT_INDEX["noseSneerLeft"]] > 0.2
    for seconds in (1.0, 601.0, float("nan")):
        with pytest.raises(CEMNetError, match="2 to 600 seconds"):
            pipeline.idle_motion(model, face, seconds)


@pytest.mark.slow
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_before_and_after_the_words_lips_rest_part_for_a_breath_and_meet_again(model, face, samples, emotion):
    voice = sound.read_audio(samples / "speech.wav")
    quiet = torch.zeros(1, voice.sample_rate)
    longer = Audio(torch.cat([quiet, voice.waveform[:1], quiet], dim=1), voice.sample_rate)
    speech = pipeline.encode_speech(model, longer)
    motion = pipeline.bridge_emotion(model, face, speech, PerformanceSettings(emotion))
    aperture = visible_aperture(motion.expression.numpy())
    largest = np.percentile(aperture, 95)
    assert aperture[5:18].mean() <= 0.03 * largest and aperture[-15:].mean() <= 0.03 * largest
    assert largest > 0.1
    first = int(np.flatnonzero(pipeline.spoken_frames(speech).numpy() > 0.5)[0])
    assert aperture[first - 3 : first].max() > 0.015 * largest > aperture[first - 12 : first - 7].max()
    assert motion.breath is not None and motion.breath[first] > motion.breath[first - 12]
    assert motion.expression[-1, ARKIT_INDEX["eyeBlinkLeft"]] < 0.4  # eyes end open
    assert aperture[-1] < 0.01  # and the mouth ends closed
