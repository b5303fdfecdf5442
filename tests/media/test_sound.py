"""Sound of any file comes in, and what fails says why."""

import numpy as np
import pytest
import torch
from made_media import tone, write_sound

from cemnet.errors import MediaError
from cemnet.media.sound import mixed_sound, read_audio
from cemnet.media.video_writer import VideoWriter
from cemnet.types import Audio

FORMATS = [
    ("wav", "pcm_s16le", 44_100, 2),
    ("wav", "pcm_f32le", 48_000, 1),
    ("wav", "pcm_u8", 8_000, 1),
    ("wav", "pcm_s24le", 96_000, 6),
    ("flac", "flac", 16_000, 1),
    ("mp3", "libmp3lame", 44_100, 2),
    ("m4a", "aac", 48_000, 2),
    ("ogg", "libopus", 48_000, 1),
    ("opus", "libopus", 48_000, 2),
]


@pytest.mark.parametrize("suffix, codec, rate, num_channels", FORMATS)
def test_sound_is_read_whatever_its_format_rate_and_channels(tmp_path, suffix, codec, rate, num_channels):
    expected = tone(num_channels, rate)
    audio = read_audio(write_sound(tmp_path / f"tone.{suffix}", codec, rate, expected.numpy()))
    assert audio.sample_rate == rate
    assert audio.waveform.shape[0] == num_channels
    assert audio.duration_seconds == pytest.approx(1.0, abs=0.03)
    assert audio.waveform[0].std() == pytest.approx(float(expected[0].std()), abs=0.03)


def test_the_sound_of_a_video_is_read(tmp_path):
    path = tmp_path / "with_sound.mp4"
    with VideoWriter(path, 25, 32, 32, Audio(tone(1, 16_000), 16_000)) as writer:
        for _ in range(25):
            writer.write(np.zeros((32, 32, 3), np.float32))
    assert read_audio(path).duration_seconds == pytest.approx(1.0, abs=0.07)


def test_silence_is_not_an_error(tmp_path):
    assert (
        read_audio(write_sound(tmp_path / "a.wav", "pcm_s16le", 8_000, np.zeros((1, 8_000), "f4"))).waveform.max() == 0
    )


def test_samples_that_are_not_numbers_become_silence_and_loud_ones_are_scaled(tmp_path):
    waveform = np.full((1, 8_000), 2.0, np.float32)
    waveform[0, 100:200] = np.nan
    read = read_audio(write_sound(tmp_path / "a.wav", "pcm_f32le", 8_000, waveform)).waveform
    assert read.isfinite().all()
    assert read.abs().max() == 1.0


def test_too_short_sound_is_refused_and_a_tenth_of_a_second_is_not(tmp_path):
    with pytest.raises(MediaError, match="longer recording"):
        read_audio(write_sound(tmp_path / "a.wav", "pcm_s16le", 8_000, np.zeros((1, 300), "f4")))
    assert read_audio(write_sound(tmp_path / "b.wav", "pcm_s16le", 8_000, np.zeros((1, 800), "f4")))


@pytest.mark.parametrize("content", [b"", b"not a sound", bytes(range(256)) * 100, b"RIFF\x24\0\0\0WAVEfmt "])
def test_what_is_no_sound_is_explained(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"Export it again|longer recording"):
        read_audio(path)


def test_missing_files_and_silent_videos_are_explained(tmp_path):
    with pytest.raises(MediaError, match="Check the path"):
        read_audio(tmp_path / "nothing.wav")
    with pytest.raises(MediaError, match="Check the path"):
        read_audio(tmp_path)
    with VideoWriter(tmp_path / "mute.mp4", 25, 32, 32) as writer:
        writer.write(np.zeros((32, 32, 3), np.float32))
    with pytest.raises(MediaError, match="no sound track"):
        read_audio(tmp_path / "mute.mp4")


def test_a_damaged_packet_does_not_lose_the_rest(tmp_path):
    path = write_sound(tmp_path / "a.mp3", "libmp3lame", 44_100, tone(1, 44_100, 3.0).numpy())
    content = bytearray(path.read_bytes())
    content[5_000:5_300] = bytes(300)
    path.write_bytes(content)
    assert read_audio(path).duration_seconds == pytest.approx(3.0, abs=0.3)


def test_voices_are_mixed_at_the_highest_rate_without_clipping():
    low, high = Audio(tone(1, 8_000, 0.5), 8_000), Audio(torch.full((2, 16_000), 0.9), 16_000)
    mixed = mixed_sound([low, high])
    assert mixed.sample_rate == 16_000 and mixed.waveform.shape == (1, 16_000)
    assert mixed.waveform.abs().max() <= 1
    assert mixed.waveform[0, 12_000:].std() < 0.01 < mixed.waveform[0, :6_000].std()
    assert mixed_sound([low]) is low
