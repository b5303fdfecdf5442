"""Sound of any file comes in, and what fails says why."""

import wave

import av
import numpy as np
import pytest
import torch
from made_media import clap, onset, timed_film, tone, with_edits, write_sound

from cemnet import long_rows
from cemnet.errors import MediaError
from cemnet.media.sound import mixed_sound, read_audio
from cemnet.media.video_reader import video_frames
from cemnet.media.video_writer import VideoWriter
from cemnet.types import Audio

FORMATS = [
    ("wav", "pcm_s16le", 44_100, 2),
    ("wav", "pcm_f32le", 48_000, 1),
    ("wav", "pcm_u8", 8_000, 1),
    ("wav", "pcm_s24le", 96_000, 6),
    ("m4a", "aac", 48_000, 8),
    ("flac", "flac", 48_000, 8),
    ("flac", "flac", 16_000, 1),
    ("mp3", "libmp3lame", 44_100, 2),
    ("m4a", "aac", 48_000, 2),
    ("ogg", "libopus", 48_000, 1),
    ("opus", "libopus", 48_000, 2),
]


@pytest.mark.slow
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


@pytest.mark.parametrize("num_channels", [7, 9, 24, 63, 64])
def test_sound_with_many_channels_is_read(tmp_path, num_channels):
    path = many_channels(tmp_path / "many.wav", num_channels)
    waveform = read_audio(path).waveform
    assert waveform.shape == (num_channels, 1600)
    np.testing.assert_allclose(waveform.amax(1), np.arange(num_channels) / 100, atol=1e-3)


def test_more_channels_than_can_be_read_are_one_sentence(tmp_path):
    with pytest.raises(MediaError, match="100 channels"):
        read_audio(many_channels(tmp_path / "many.wav", 100))


def many_channels(path, num_channels):
    """A tenth of a second in which channel n has the value n / 100."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(num_channels)
        file.setsampwidth(2)
        file.setframerate(16_000)
        levels = (np.arange(num_channels) / 100 * 32768).astype("<i2")
        file.writeframes(np.tile(levels, 1600).tobytes())
    return path


@pytest.mark.parametrize(
    ("first", "second"), [((44_100, 1), (22_050, 1)), ((44_100, 1), (44_100, 2)), ((48_000, 2), (32_000, 1))]
)
def test_sound_that_changes_on_the_way_keeps_its_length_and_pitch(tmp_path, first, second):
    """MP3 files that were joined by joining their bytes."""
    joined = tmp_path / "joined.mp3"
    parts = [
        write_sound(tmp_path / f"{rate}-{channels}.mp3", "libmp3lame", rate, tone(channels, rate).numpy())
        for rate, channels in (first, second)
    ]
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    audio = read_audio(joined)
    assert audio.sample_rate in (first[0], second[0])
    assert audio.duration_seconds == pytest.approx(2.0, abs=0.15)  # an encoder adds up to 0.05 s of silence to a part
    late = audio.waveform[0, round(1.4 * audio.sample_rate) : round(1.8 * audio.sample_rate)]
    rises = int(((late[1:] >= 0) & (late[:-1] < 0)).sum())
    assert rises == pytest.approx(0.4 * 440, abs=2)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mov"])
@pytest.mark.parametrize("pictures_start, sound_start", [(0, 0), (0, 0.52), (0.52, 0), (0.24, 0.24), (0, 0.04)])
def test_sound_and_pictures_of_a_film_stay_together(tmp_path, suffix, pictures_start, sound_start):
    """A flash and a clap at 1.0 s of the film's clock, wherever the tracks begin, are at one time when read."""
    film = timed_film(
        tmp_path / f"film.{suffix}", num_frames=2 * round((1.0 - pictures_start) * 25) + 1,
        pictures_start=pictures_start, sounds=[(sound_start, clap(1.0 - sound_start, lasting=1.3))],
    )  # fmt: skip
    audio = read_audio(film)
    flash = next(index for index, frame in enumerate(video_frames(film, 25)) if frame.mean() > 128) / 25
    assert onset(audio.waveform, audio.sample_rate) == pytest.approx(flash, abs=0.04)
    assert flash == pytest.approx(
        1.0 - min(pictures_start, sound_start), abs=0.041 if suffix in ("mp4", "mov") else 0.09
    )


WHOLE = [(3.0, 0.0)]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize(
    ("pictures", "sound", "flash", "begin"),
    [
        (WHOLE, WHOLE, 1.48, 1.5),
        (WHOLE, [(2.6, 0.4)], 1.48, 1.1),  # the start of the sound is cut
        ([(2.6, 0.4)], WHOLE, 1.08, 1.5),  # the start of the pictures is cut, in the middle of a group
        ([(2.48, 0.52)], [(2.48, 0.52)], 0.96, 0.98),
        (WHOLE, [(0.32, None), (2.6, 0.0)], 1.48, 1.82),  # the sound comes later
        ([(2.6, 0.4)], [(0.32, None), (2.6, 0.2)], 1.08, 1.62),
    ],
)
def test_edit_lists_of_both_tracks_are_kept(tmp_path, suffix, pictures, sound, flash, begin):
    """A flash at 1.48 s and a clap at 1.5 s of what is filmed, seen and heard within a frame of where the list says."""
    film = timed_film(tmp_path / f"film.{suffix}", num_frames=75, sounds=[(0.0, clap(1.5, lasting=3.0))])
    with_edits(with_edits(film, b"vide", pictures), b"soun", sound)
    audio = read_audio(film)
    seen = next(index for index, frame in enumerate(video_frames(film, 25)) if frame.mean() > 128) / 25
    assert seen == pytest.approx(flash, abs=0.041)
    assert onset(audio.waveform, audio.sample_rate) == pytest.approx(begin, abs=0.04)


def test_a_gap_in_the_sound_of_a_film_stays(tmp_path):
    sounds = [(0.0, np.concatenate([clap(0.2), clap(0.2)], axis=1))]
    film = timed_film(tmp_path / "film.mkv", num_frames=75, sounds=sounds)
    with av.open(str(film)) as source, av.open(str(tmp_path / "gap.mkv"), "w") as target:
        copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is None:
                continue
            late = packet.stream.type == "audio" and packet.pts * packet.time_base >= 1.0
            packet.pts += round(0.5 / packet.time_base) if late else 0
            packet.dts += round(0.5 / packet.time_base) if late else 0
            packet.stream = copies[packet.stream.index]
            target.mux(packet)
    audio = read_audio(tmp_path / "gap.mkv")
    loud = (audio.waveform[0].abs() > 0.1).nonzero()[:, 0].numpy() / audio.sample_rate
    assert loud[loud > 0.6][0] - loud[0] == pytest.approx(1.5, abs=0.02)


def test_the_default_track_is_heard_and_another_one_on_request(tmp_path):
    sounds = [(0.0, clap(0.2)), (0.0, clap(0.6))]
    film = timed_film(tmp_path / "film.mp4", sounds=sounds, default=1)
    assert onset(read_audio(film).waveform, 16_000) == pytest.approx(0.6, abs=0.02)
    assert onset(read_audio(film, 0).waveform, 16_000) == pytest.approx(0.2, abs=0.02)
    assert onset(read_audio(film, 1).waveform, 16_000) == pytest.approx(0.6, abs=0.02)
    for number in (2, -1):
        with pytest.raises(MediaError, match="2 sound tracks, counted from 0"):
            read_audio(film, number)


def test_a_name_with_a_colon_is_no_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_sound(tmp_path / "tone.wav", "pcm_s16le", 8_000, tone(1, 8_000).numpy()).rename("http:tone.wav")
    assert read_audio("http:tone.wav").duration_seconds == pytest.approx(1.0)


@pytest.mark.parametrize("loudness", [0.5, 4.0])
def test_a_long_sound_lies_on_the_disk_and_is_the_same(tmp_path, monkeypatch, loudness):
    path = tmp_path / "long.wav"
    write_sound(path, "pcm_f32le", 16_000, loudness * tone(2, 20_000).numpy())
    in_memory = read_audio(path)
    assert in_memory.pages is None
    monkeypatch.setattr(long_rows, "MOST_IN_MEMORY", 10_000)
    on_disk = read_audio(path)
    assert on_disk.pages is not None
    assert torch.equal(on_disk.waveform, in_memory.waveform)
    on_disk.let_go()
    assert torch.equal(on_disk.waveform, in_memory.waveform)
    assert on_disk.waveform.abs().max() <= 1
