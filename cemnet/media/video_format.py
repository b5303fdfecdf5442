"""The kinds of video files that can be written: containers, codecs, and what each can carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import MediaError

AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)


@dataclass(frozen=True)
class VideoFormat:
    """Container, codecs and options of one kind of video file."""

    container: str
    video_codec: str
    pixels: str
    video_options: Mapping[str, str]
    sound_codec: str = ""  # nothing where the file has no sound
    sound_rates: Sequence[int] = ()
    container_options: Mapping[str, str] = field(default_factory=dict)
    transparent: bool = False  # whether pictures keep their alpha
    most_fps: float = 1000.0  # pictures a second that players show
    codec_tag: str = ""  # by which players know the codec, where it is not the usual one

    @property
    def halves_colours(self) -> bool:
        """Whether width and height have to be even, as four pixels share their colour."""
        return "420" in self.pixels

    @classmethod
    def for_file(cls, path: Path, transparent: bool) -> "VideoFormat":
        """The format for a file's suffix; MediaError for a suffix that is unknown, or cannot be transparent."""
        suffix = path.suffix.lower()
        if suffix not in VIDEO_SUFFIXES:
            raise MediaError(f"The video {path} must end in {', '.join(VIDEO_SUFFIXES[:-1])} or {VIDEO_SUFFIXES[-1]}.")
        if transparent and suffix not in TRANSPARENT:
            ends = tuple(TRANSPARENT)
            raise MediaError(
                f"{path} cannot be transparent. Let it end in {', '.join(ends[:-1])} or {ends[-1]}."
            )  # fmt: skip
        return (TRANSPARENT if transparent else OPAQUE)[suffix]


AAC = VideoFormat("", "", "", {}, "aac", AAC_RATES)
H264 = replace(AAC, video_codec="libx264", pixels="yuv420p", video_options={"preset": "veryfast", "crf": "17"})
PRORES = replace(
    AAC, video_codec="prores_ks", pixels="yuva444p10le", video_options={"profile": "4444", "vendor": "apl0"},
    transparent=True,
)  # fmt: skip
VP9_OPTIONS = {"crf": "18", "b": "0", "deadline": "realtime", "cpu-used": "5", "row-mt": "1"}
VP9 = VideoFormat("", "libvpx-vp9", "yuv420p", VP9_OPTIONS, "libopus", OPUS_RATES)
VP9_ALPHA = replace(VP9, pixels="yuva420p", transparent=True)
WHOLE_AT_ONCE = {"movflags": "+faststart"}  # plays before the file is read to its end
BROWSERS_FPS = 50.0  # animated pictures that are faster are played slowly
FOREVER = {"loop": "0"}
GIF = VideoFormat("gif", "gif", "pal8", {}, container_options=FOREVER, most_fps=BROWSERS_FPS)
WEBP_OPTIONS = {"quality": "85", "compression_level": "3"}
WEBP = VideoFormat("webp", "libwebp_anim", "bgra", WEBP_OPTIONS, container_options=FOREVER, most_fps=BROWSERS_FPS)
MP4 = replace(H264, container="mp4", container_options=WHOLE_AT_ONCE)
OPAQUE = {
    ".mp4": MP4,
    ".m4v": MP4,
    ".mov": MP4,
    ".webm": replace(VP9, container="webm"),
    ".mkv": replace(H264, container="matroska"),
    ".gif": GIF,
    ".webp": WEBP,
}
TRANSPARENT = {
    ".mov": replace(PRORES, container="mov", container_options=WHOLE_AT_ONCE),
    ".webm": replace(VP9_ALPHA, container="webm"),
    ".mkv": replace(VP9_ALPHA, container="matroska"),
    # Of a picture all pixels are written: with those alone that have changed, none became transparent again.
    ".gif": replace(GIF, video_options={"gifflags": "-offsetting-transdiff"}, transparent=True),
    ".webp": replace(WEBP, transparent=True),
}
# Without B-frames, with which FFmpeg gives films of one or two pictures times that an .mp4 cannot have.
HEVC = replace(
    AAC, video_codec="libx265", pixels="yuv420p10le", codec_tag="hvc1",
    video_options={"preset": "fast", "crf": "14", "x265-params": "log-level=error:bframes=0"},
)  # fmt: skip
WIDE = {  # which keep high dynamic range
    **{suffix: replace(HEVC, container="mp4", container_options=WHOLE_AT_ONCE) for suffix in (".mp4", ".m4v", ".mov")},
    ".mkv": replace(HEVC, container="matroska", codec_tag=""),
}
VIDEO_SUFFIXES = tuple(OPAQUE)
