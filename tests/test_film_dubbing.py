"""Tests of dubbed films: the voice's expression, the film's own head, and nothing else changed."""

from dataclasses import replace

import av
import numpy as np
import pytest
import torch
from av.codec import codecs_available

from cemnet import film_dubbing, pipeline
from cemnet.arkit import ARKIT_INDEX, GAZE
from cemnet.cli.commands import main
from cemnet.media import images, sound, video_reader
from cemnet.media.dynamic_range import HLG
from cemnet.media.pixels import to_uint8
from cemnet.media.video_writer import VideoWriter
from cemnet.media.wide_range import WidePicture, film_transfer, filmed_pictures, signal
from cemnet.performance_settings import PerformanceSettings
from cemnet.render.film import dubbed_frames, lasting, performed_in_film
from cemnet.types import Audio, Motion

pytestmark = pytest.mark.slow

FPS = 12.5
NUM_FRAMES = 8
SMILE = [ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]
FROWN = [ARKIT_INDEX["mouthFrownLeft"], ARKIT_INDEX["mouthFrownRight"]]


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


@pytest.fixture(scope="module")
def film(model, samples):
    """The portrait talks and turns, and blinks once."""
    face = pipeline.face_reference(model, images.read_image(samples / "portrait.png"))
    expression, head = torch.zeros(NUM_FRAMES, 52), torch.zeros(NUM_FRAMES, 3)
    time = torch.linspace(0, 2 * torch.pi, NUM_FRAMES)
    expression[:, ARKIT_INDEX["jawOpen"]] = 0.2 - 0.2 * time.cos()
    expression[:, SMILE] = 0.5
    expression[5, ARKIT_INDEX["eyeBlinkLeft"]] = expression[5, ARKIT_INDEX["eyeBlinkRight"]] = 1
    head[:, 0] = 0.08 * time.sin()
    frames = pipeline.render_frames(model, face, Motion(expression, head, FPS))
    return [to_uint8(frame)[:320] for frame in frames]


@pytest.fixture(scope="module")
def track(model, film):
    return film_dubbing.track_frames(model, film, FPS)


@pytest.fixture(scope="module")
def voice(samples):
    audio = sound.read_audio(samples / "speech.wav")
    return replace(audio, waveform=audio.waveform[:, : int(NUM_FRAMES / FPS * audio.sample_rate)])


def rendered(model, film, track, expression):
    motion = Motion(torch.from_numpy(expression).float(), torch.zeros(len(expression), 3), track.fps)
    return list(dubbed_frames(model.renderer, film, track, motion))


def test_a_film_dubbed_with_its_own_expression_stays_as_it_is(model, film, track):
    dubbed = rendered(model, film, track, track.expression)
    difference = np.abs(np.stack(dubbed).astype(float) - np.stack(film))
    assert difference.mean() < 0.1
    assert difference[:, :122].max() < 16  # above the mouth, whose teeth are painted


def test_only_the_face_changes(model, film, track):
    expression = np.zeros_like(track.expression)
    expression[:, ARKIT_INDEX["jawOpen"]] = 0.7
    dubbed = rendered(model, film, track, expression)
    for before, after in zip(film, dubbed, strict=True):
        assert np.abs(after[140:165, 200:240].astype(float) - before[140:165, 200:240]).mean() > 2
        np.testing.assert_array_equal(after[:, 400:], before[:, 400:])


def test_dubbing_keeps_the_films_own_teeth(model, track):
    """Upper teeth are as bright, and as strongly lit one by one, as in the frame that bares them most."""
    assert track.teeth is not None
    expression = np.tile(track.expression[track.teeth], (NUM_FRAMES, 1))
    expression[:, ARKIT_INDEX["jawOpen"]] += 0.1
    film = [track.teeth_picture] * NUM_FRAMES
    moving = ("points", "rotations", "scales", "translations")
    still = replace(
        track, **{name: np.repeat(getattr(track, name)[[track.teeth]], NUM_FRAMES, axis=0) for name in moving}
    )
    dubbed = rendered(model, film[:1], still, expression[:1])[0]
    points = track.points[track.teeth][[82, 13, 312, 87, 14, 317], :2]
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
    own, seen = (
        np.sort(picture[low[1] : high[1], low[0] : high[0]].mean(-1).ravel())[-12:] for picture in (film[0], dubbed)
    )
    np.testing.assert_allclose(seen.mean(), own.mean(), atol=12)


def test_a_sad_dubbing_of_a_smiling_film_smiles_less_and_frowns_more(model, film, track, voice):
    _, motion = film_dubbing.dub_motion(model, track, voice, PerformanceSettings("sad"))
    again = film_dubbing.track_frames(model, dubbed_frames(model.renderer, film, track, motion), FPS)
    assert again.expression[2:, SMILE].mean() < 0.6 * track.expression[2:, SMILE].mean()
    assert again.expression[2:, FROWN].mean() > track.expression[2:, FROWN].mean() + 0.05


@pytest.mark.parametrize(
    ("longer", "num_frames"), [(-0.2, NUM_FRAMES), (0.0, NUM_FRAMES), (0.09, NUM_FRAMES), (0.4, 13)]
)
def test_a_dubbed_film_gains_pictures_only_where_the_voice_goes_on(model, track, samples, longer, num_frames):
    audio = sound.read_audio(samples / "speech.wav")
    cut = replace(audio, waveform=audio.waveform[:, : round((NUM_FRAMES / FPS + longer) * audio.sample_rate)])
    assert film_dubbing.dub_motion(model, track, cut)[1].num_frames == num_frames


def test_head_and_blink_stay_the_films_own(model, film, track, voice):
    _, motion = film_dubbing.dub_motion(model, track, voice, PerformanceSettings("angry"))
    assert motion.num_frames == NUM_FRAMES
    blink = motion.expression[:, ARKIT_INDEX["eyeBlinkLeft"]]
    assert int(blink.argmax()) == 5
    again = film_dubbing.track_frames(model, dubbed_frames(model.renderer, film, track, motion), FPS)
    yaw, yaw_before = (np.array([each.pose(frame).angles[0] for frame in range(NUM_FRAMES)]) for each in (again, track))
    assert np.corrcoef(yaw, yaw_before)[0, 1] > 0.95


def test_the_last_picture_stays_while_a_longer_voice_goes_on(model, film, track):
    performed = Motion(torch.zeros(NUM_FRAMES + 3, 52), torch.zeros(NUM_FRAMES + 3, 3), FPS)
    frames = list(dubbed_frames(model.renderer, film, track, performed_in_film(track, performed)))
    assert len(frames) == NUM_FRAMES + 3
    np.testing.assert_array_equal(frames[-1], frames[-2])


@pytest.mark.parametrize(("film_end", "last"), [("loop", 2), ("ping-pong", NUM_FRAMES - 4)])
def test_the_film_goes_on_with_its_own_blinks_while_a_longer_voice_does(model, film, track, tmp_path, film_end, last):
    """With its own expression each picture of the longer film is the one that it repeats."""
    source, output = tmp_path / "film.mov", tmp_path / "dubbed.mp4"
    with VideoWriter(source, FPS, film[0].shape[1], film[0].shape[0]) as writer:
        for frame in film:
            writer.write(frame)
    num_frames = NUM_FRAMES + 3
    motion = performed_in_film(track, Motion(torch.zeros(num_frames, 52), torch.zeros(num_frames, 3), FPS), film_end)
    assert torch.equal(motion.expression[-1, GAZE], motion.expression[last, GAZE])
    absent = replace(track, presence=np.zeros(NUM_FRAMES))
    film_dubbing.save_dubbed_video(model, source, absent, motion, output, film_end=film_end)
    shown = list(video_reader.video_frames(output, FPS))
    assert len(shown) == num_frames
    distances = [np.abs(shown[-1].astype(float) - picture).mean() for picture in film]
    assert int(np.argmin(distances)) == last


def test_eyes_look_where_the_films_own_look(track):
    looking = np.random.default_rng(0).uniform(0, 1, track.expression.shape)
    performed = Motion(torch.zeros(NUM_FRAMES, 52), torch.zeros(NUM_FRAMES, 3), FPS)
    motion = performed_in_film(replace(track, expression=looking), performed)
    np.testing.assert_allclose(motion.expression[:, GAZE], looking[:, GAZE], atol=1e-6)


def test_a_face_that_is_half_gone_is_half_changed(model, film, track):
    wanted = track.expression + np.where(np.arange(52) == ARKIT_INDEX["jawOpen"], 0.4, 0)
    half_gone = replace(track, presence=np.full(NUM_FRAMES, 0.5))
    dubbed = rendered(model, film[:1], half_gone, wanted[:1])
    half_way = rendered(model, film[:1], track, (0.5 * track.expression + 0.5 * wanted)[:1])
    assert (dubbed[0] != film[0]).any()
    np.testing.assert_allclose(dubbed[0].astype(int), half_way[0].astype(int), atol=1)


def test_pictures_without_the_face_pass_untouched(model, film, track):
    absent = replace(track, presence=np.where(np.arange(NUM_FRAMES) < 4, 0.0, 1.0))
    dubbed = rendered(model, film, absent, np.zeros_like(track.expression))
    np.testing.assert_array_equal(dubbed[0], film[0])
    assert (dubbed[5] != film[5]).any()


def test_silence_is_added_to_a_short_voice_and_nothing_to_a_long_one():
    audio = Audio(torch.ones(1, 100), 100)
    assert lasting(audio, 1.5).waveform.shape == (1, 150)
    assert lasting(audio, 1.5).waveform[0, -1] == 0
    assert lasting(audio, 0.5) is audio


@pytest.mark.parametrize("marked", [True, False])
def test_a_dubbed_film_says_that_it_is_generated_unless_told_otherwise(model, film, track, tmp_path, marked):
    source, output = tmp_path / "film.mp4", tmp_path / "dubbed.mp4"
    with VideoWriter(source, FPS, film[0].shape[1], film[0].shape[0]) as writer:
        writer.write(film[0])
    motion = Motion(torch.from_numpy(track.expression[:1]).float(), torch.zeros(1, 3), FPS)
    film_dubbing.save_dubbed_video(model, source, track, motion, output, marked=marked)
    with av.open(str(output)) as container:
        assert ("AI-generated" in container.metadata.get("comment", "")) == marked


def test_the_command_dubs_a_file_at_its_own_frame_rate_with_its_own_sound(film, voice, tmp_path, capsys):
    source, output = tmp_path / "film.mp4", tmp_path / "dubbed.mp4"
    with VideoWriter(source, FPS, film[0].shape[1], film[0].shape[0], voice) as writer:
        for frame in film:
            writer.write(frame)
    main(["dub", "--video", str(source), "--output", str(output), "--emotion", "sad", "--device", "cpu"])
    assert "Saw:" in capsys.readouterr().out
    with av.open(str(output)) as container:
        video = container.streams.video[0]
        assert (video.frames, float(video.average_rate)) == (NUM_FRAMES, FPS)
        assert container.streams.audio
    difference = np.stack(list(video_reader.video_frames(output, FPS))).astype(float) - np.stack(film)
    assert np.abs(difference[:, :, 420:]).mean() < 4  # twice through a lossy encoder


@pytest.fixture(scope="module")
def cut_out(film):
    """The film with alpha: the background is away, half of it where it was on the left."""
    height, width = film[0].shape[:2]
    away = np.hypot(*np.mgrid[-height / 2 : height / 2, -width / 2 : width / 2]) > 150
    alpha = np.where(away, 0, 255).astype(np.uint8)
    alpha[:, :40] = 128
    return [np.dstack([frame, alpha]) for frame in film]


def written(path, pictures, transparent):
    with VideoWriter(path, FPS, pictures[0].shape[1], pictures[0].shape[0], transparent=transparent) as writer:
        for picture in pictures:
            writer.write(picture)
    return path


@pytest.mark.parametrize(("source", "output"), [("film.mov", "dubbed.webm"), ("film.webm", "dubbed.mov"),
                                                ("film.webp", "dubbed.webp"), ("film.mkv", "dubbed.gif")])  # fmt: skip
def test_a_transparent_film_stays_transparent(model, film, cut_out, voice, tmp_path, caplog, source, output):
    video = written(tmp_path / source, cut_out[:3], True)
    track, _, motion = film_dubbing.dub(model, video, tmp_path / output, voice)
    assert track.transparent and "laid on white" not in caplog.text
    shown = np.stack(list(video_reader.video_frames(tmp_path / output, FPS, alpha=True)))
    assert shown.shape == (motion.num_frames, *cut_out[0].shape)
    assert (shown[:, :, -30:, 3] < 6).all() and (shown[:, 120:200, 220:280, 3] > 250).all()
    left = shown[:, 10:-10, 5:35, 3]
    assert set(np.unique(left)) <= {0, 255} if output.endswith("gif") else np.abs(left.astype(int) - 128).max() < 6
    difference = shown[0, 140:165, 200:240, :3].astype(float) - cut_out[0][140:165, 200:240, :3]
    assert np.abs(difference).mean() < 60  # a face, and not what lies under transparent pixels


def test_a_transparent_film_is_laid_on_white_where_it_cannot_stay_so(model, cut_out, voice, tmp_path, caplog):
    video = written(tmp_path / "film.mov", cut_out[:2], True)
    film_dubbing.dub(model, video, tmp_path / "dubbed.mp4", voice)
    assert "film.mov is transparent, which" in caplog.text and ".webm" in caplog.text
    assert next(video_reader.video_frames(tmp_path / "dubbed.mp4", FPS))[:, -30:].min() > 245


def test_a_film_whose_alpha_hides_nothing_is_dubbed_as_others_are(model, film, voice, tmp_path, caplog):
    video = written(tmp_path / "film.mov", film[:2], True)
    track, _, _ = film_dubbing.dub(model, video, tmp_path / "dubbed.mov", voice)
    assert not track.transparent and "laid on white" not in caplog.text
    with av.open(str(tmp_path / "dubbed.mov")) as container:
        assert container.streams.video[0].codec_context.name == "h264"


@pytest.mark.skipif("libx265" not in codecs_available, reason="this PyAV has no encoder of HEVC")
def test_a_film_in_high_dynamic_range_stays_so_on_request(film, voice, tmp_path):
    source, output = tmp_path / "film.mov", tmp_path / "dubbed.mp4"
    height, width = film[0].shape[:2]
    with VideoWriter(source, FPS, width, height, voice, wide_transfer=HLG) as writer:
        for frame in film[:3]:
            codes = np.rint(signal(frame, HLG)).astype(np.uint16)
            codes[:, 400:, 0] = 850  # a window, brighter than paper
            writer.write(WidePicture(codes[..., 0].copy(), codes[::2, ::2, 1:].copy(), HLG))
    main(["dub", "--video", str(source), "--output", str(output), "--emotion", "angry", "--keep-hdr"])
    before, after = (list(filmed_pictures(path, FPS, (width, height))) for path in (source, output))
    assert film_transfer(output) == HLG and len(after) >= len(before) == 3
    for old, new in zip(before, after, strict=False):
        luma = np.abs(new.kept.luma.astype(int) - old.kept.luma)
        assert luma[:, 420:].mean() < 2 and luma[140:165, 200:240].mean() > 5
        assert np.abs(new.kept.chroma.astype(int) - old.kept.chroma)[:, 210:].mean() < 2


def test_tracking_tells_how_far_it_is(model, samples):
    told = []
    track = film_dubbing.track_video(
        model, samples / "film.mp4", progress=lambda done, total: told.append((done, total))
    )
    assert [done for done, _ in told] == list(range(1, track.num_frames + 1))
    assert told[0][1] == pytest.approx(track.num_frames, abs=2)
    assert told[-1][0] <= told[-1][1]
