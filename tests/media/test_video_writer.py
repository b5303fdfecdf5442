"""Tests of the videos that are written: colours, rates, sound, transparency, and nothing half-done left behind."""

import shutil

import av
import numpy as np
import pytest
import torch
from made_media import tone, video

from cemnet.errors import MediaError
from cemnet.media.picture_files import animation
from cemnet.media.sound import read_audio
from cemnet.media.video_reader import video_fps, video_frames
from cemnet.media.video_writer import VideoWriter
from cemnet.types import Audio


@pytest.mark.parametrize("width, height", [(64, 48), (63, 47), (33, 32)])
def test_frames_come_back_with_their_colours_and_even_sizes(tmp_path, width, height):
    colour = np.array([0.9, 0.3, 0.1], np.float32)
    with VideoWriter(tmp_path / "a.mp4", 25, width, height) as writer:
        for _ in range(10):
            writer.write(np.broadcast_to(colour, (height, width, 3)).copy())
    frames, stream = video(tmp_path / "a.mp4")
    assert frames.shape == (10, height + height % 2, width + width % 2, 3)
    assert stream.codec_context.name == "h264" and stream.codec_context.pix_fmt == "yuv420p"
    with av.open(str(tmp_path / "a.mp4")) as container:
        decoded = next(container.decode(video=0))
        shown = decoded.reformat(
            format="rgb24", src_colorspace="ITU709", src_color_range="MPEG", dst_color_range="JPEG"
        ).to_ndarray()
    np.testing.assert_allclose(shown.mean((0, 1)) / 255, colour, atol=0.02)


def test_a_gradient_keeps_its_direction_and_the_padding_repeats_the_edge(tmp_path):
    ramp = np.linspace(0, 1, 63, dtype=np.float32)[None, :, None].repeat(47, 0).repeat(3, 2)
    with VideoWriter(tmp_path / "a.mp4", 25, 63, 47) as writer:
        writer.write(ramp)
    frame = video(tmp_path / "a.mp4")[0][0].astype(float)
    assert abs(frame[20, 0].mean() - 0) < 12 and abs(frame[20, 62].mean() - 255) < 12
    assert abs(frame[:, 63] - frame[:, 62]).max() < 12


def test_transparent_frames_are_laid_on_white(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 4), np.float32))
    assert video(tmp_path / "a.mp4")[0].min() > 250


@pytest.mark.parametrize("fps", [24.0, 25.0, 30_000 / 1001, 60.0])
def test_the_frame_rate_is_kept(tmp_path, fps):
    with VideoWriter(tmp_path / "a.mp4", fps, 32, 32) as writer:
        for _ in range(5):
            writer.write(np.zeros((32, 32, 3), np.float32))
    assert float(video(tmp_path / "a.mp4")[1].average_rate or 0) == pytest.approx(fps, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rate, channels", [(16_000, 1), (44_100, 2), (48_000, 6), (11_111, 1), (192_000, 2), (48_000, 3)]
)
def test_the_whole_sound_is_written_in_step(tmp_path, rate, channels):
    """A click at 0.9 s stays there, and sound longer or shorter than the pictures stays whole."""
    waveform = torch.zeros(channels, round(rate * 1.3))
    waveform[:, round(rate * 0.9) :] = tone(channels, rate, 0.4)
    with VideoWriter(tmp_path / "a.mp4", 25, 32, 32, Audio(waveform, rate)) as writer:
        for _ in range(25):
            writer.write(np.zeros((32, 32, 3), np.float32))
    read = read_audio(tmp_path / "a.mp4")
    assert read.duration_seconds == pytest.approx(1.3, abs=0.07)
    onset = int((read.waveform[0].abs() > 0.1).nonzero()[0]) / read.sample_rate
    assert onset == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_click_sounds_while_its_flash_is_seen(tmp_path, suffix, rate):
    """Both by the times that players go by, 0.5 s after the beginning."""
    pictures, waveform = np.zeros((10, 32, 32, 3)), torch.zeros(1, rate)
    pictures[5:], waveform[:, rate // 2 :] = 1, 0.5 * torch.sin(torch.arange(rate - rate // 2) * 0.3)
    path = tmp_path / f"clap.{suffix}"
    with VideoWriter(path, 10, 32, 32, Audio(waveform, rate)) as writer:
        for picture in pictures.astype(np.float32):
            writer.write(picture)
    with av.open(str(path)) as container:
        flash = next(frame.time for frame in container.decode(video=0) if frame.to_ndarray(format="gray").mean() > 128)
    click = None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()).max(0) > 0.1)
            if len(loud):
                click = frame.time + loud[0] / frame.sample_rate
                break
    assert flash == pytest.approx(0.5, abs=1e-3)
    assert click == pytest.approx(0.5, abs=0.02)


def test_the_video_says_what_it_is_and_starts_playing_at_once(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 25, 32, 32, metadata={"comment": "generated face"}) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.metadata["comment"] == "generated face"
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_an_interrupted_video_leaves_nothing_behind(tmp_path):
    with pytest.raises(KeyboardInterrupt), VideoWriter(tmp_path / "a.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
        raise KeyboardInterrupt
    with pytest.raises(MediaError, match="No frame"), VideoWriter(tmp_path / "a.mp4", 25, 32, 32):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_existing_video_survives_unless_overwriting_is_allowed(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("precious")
    with pytest.raises(MediaError, match="exists already"):
        VideoWriter(path, 25, 32, 32)
    with pytest.raises(RuntimeError), VideoWriter(path, 25, 32, 32, overwrite=True):
        raise RuntimeError
    assert path.read_text() == "precious"
    with VideoWriter(path, 25, 32, 32, overwrite=True) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
    assert len(video(path)[0]) == 1


def test_bad_targets_and_frames_are_explained(tmp_path):
    with pytest.raises(MediaError, match="folder"):
        VideoWriter(tmp_path / "none" / "a.mp4", 25, 32, 32)
    with pytest.raises(MediaError, match="must end in"):
        VideoWriter(tmp_path / "a.txt", 25, 32, 32)
    with pytest.raises(MediaError, match="does not fit"), VideoWriter(tmp_path / "a.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((30, 32, 3), np.float32))
    with pytest.raises(MediaError, match="cannot be transparent"):
        VideoWriter(tmp_path / "a.mp4", 25, 32, 32, transparent=True)


@pytest.mark.parametrize("suffix", ["webm", "mkv", "mov"])
def test_transparency_and_sound_are_kept_where_asked(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    frame = np.zeros((48, 64, 4), np.float32)
    frame[..., :3] = (0.8, 0.3, 0.1)
    frame[8:40, 8:30, 3], frame[8:40, 30:56, 3] = 1, 0.5
    with VideoWriter(path, 25, 64, 48, Audio(tone(1, 16_000), 16_000), transparent=True) as writer:
        for _ in range(8):
            writer.write(frame)
    pictures = list(video_frames(path, 25, alpha=True))
    assert len(pictures) == 8
    shown = pictures[4] / 255
    np.testing.assert_allclose(shown[20, 18], (0.8, 0.3, 0.1, 1), atol=0.03)
    np.testing.assert_allclose(shown[20, 44, 3], 0.5, atol=0.03)
    assert shown[2, 2, 3] < 0.03
    assert read_audio(path).duration_seconds == pytest.approx(1.0, abs=0.07)


def test_a_matroska_file_has_pictures_and_sound_as_an_mp4(tmp_path):
    with VideoWriter(tmp_path / "a.mkv", 30_000 / 1001, 32, 32, Audio(tone(2, 44_100, 0.2), 44_100)) as writer:
        for _ in range(6):
            writer.write(np.full((32, 32, 3), 0.5, np.float32))
    frames, stream = video(tmp_path / "a.mkv")
    assert len(frames) == 6 and stream.codec_context.name == "h264"
    assert video_fps(tmp_path / "a.mkv") == 30_000 / 1001
    assert read_audio(tmp_path / "a.mkv").waveform.shape[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["gif", "webp"])
@pytest.mark.parametrize("fps, every", [(12.5, 1), (25, 1), (30, 1), (50, 1), (60, 2), (240, 5)])
def test_an_animated_picture_lasts_as_long_as_its_frames_at_a_rate_that_is_played(tmp_path, caplog, suffix, fps, every):
    path = tmp_path / f"a.{suffix}"
    with VideoWriter(path, fps, 33, 17) as writer:
        for index in range(30):
            writer.write(np.full((17, 33, 3), index / 30, np.float32))
    shown = list(animation(path))
    assert len(shown) == 30 // every and shown[0][1].shape == (17, 33, 4)
    assert sum(seconds for seconds, _ in shown) == pytest.approx(30 / fps, abs=0.011)
    brightness = [pixels[8, 16, 0] / 255 for _, pixels in shown]
    np.testing.assert_allclose(brightness, np.arange(0, 30, every) / 30, atol=0.04)
    assert ("50 a second" in caplog.text) == (every > 1)


@pytest.mark.parametrize("suffix", ["gif", "webp", "mp4"])
def test_a_file_that_cannot_sound_is_told(tmp_path, caplog, suffix):
    with VideoWriter(tmp_path / f"a.{suffix}", 25, 32, 32, Audio(tone(1, 16_000, 0.1), 16_000)) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
    assert ("has no sound" in caplog.text) == (suffix != "mp4")


@pytest.mark.parametrize("suffix, half", [("gif", None), ("webp", 0.5)])
def test_an_animated_picture_is_transparent_where_asked(tmp_path, suffix, half):
    """Also again, where it was not in the picture before."""
    frames = np.zeros((3, 32, 48, 4), np.float32)
    frames[..., :3] = (0.8, 0.3, 0.1)
    for index, frame in enumerate(frames):
        frame[:, 10 * index : 10 * index + 16, 3] = 1
        frame[:, 40:, 3] = half or 0.9
    path = tmp_path / f"a.{suffix}"
    with VideoWriter(path, 25, 48, 32, transparent=True) as writer:
        for frame in frames:
            writer.write(frame)
    shown = np.stack([pixels for _, pixels in animation(path)]) / 255
    np.testing.assert_allclose(shown[:, 16, 2::10, 3][:, :4], frames[:, 16, 2::10, 3][:, :4], atol=0.02)
    np.testing.assert_allclose(shown[..., 44, 3], half or 1, atol=0.02)
    with VideoWriter(tmp_path / f"b.{suffix}", 25, 48, 32) as writer:
        writer.write(frames[0])
    ((_, laid),) = animation(tmp_path / f"b.{suffix}")
    np.testing.assert_allclose(laid[16, 30], 255, atol=6)


def test_a_folder_that_goes_away_meanwhile_is_told(tmp_path):
    folder = tmp_path / "temp"
    folder.mkdir()
    told = pytest.raises(MediaError, match=r"temp was removed while a\.mp4 was written\. Run again\.")
    with told, VideoWriter(folder / "a.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
        shutil.rmtree(folder)
