"""The kinds of files that can be written, and which of them keep transparency."""

from pathlib import Path

import pytest
from av.codec import Codec, codecs_available
from av.format import formats_available

from cemnet.errors import MediaError
from cemnet.media.video_format import OPAQUE, TRANSPARENT, VIDEO_SUFFIXES, VideoFormat


@pytest.mark.parametrize("kind", [*OPAQUE.values(), *TRANSPARENT.values()])
def test_ffmpeg_has_what_each_kind_needs(kind):
    codec = Codec(kind.video_codec, "w")
    assert kind.pixels in [each.name for each in codec.video_formats or []]
    assert kind.container in formats_available
    assert not kind.sound_codec or kind.sound_codec in codecs_available


def test_the_kind_is_that_of_the_suffix():
    assert VideoFormat.for_file(Path("A.MKV"), False).container == "matroska"
    assert all(VideoFormat.for_file(Path(f"a{suffix}"), True).transparent for suffix in TRANSPARENT)
    assert not any(VideoFormat.for_file(Path(f"a{suffix}"), False).transparent for suffix in VIDEO_SUFFIXES)
    with pytest.raises(MediaError, match=r"end in \.mp4, .* or \.webp"):
        VideoFormat.for_file(Path("a.avi"), False)
    with pytest.raises(MediaError, match=r"end in \.mov, .* or \.webp"):
        VideoFormat.for_file(Path("a.mp4"), True)
