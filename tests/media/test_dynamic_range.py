"""Films in high dynamic range have the colours that a conversion by the definitions gives."""

from pathlib import Path

import av
import numpy as np
import pytest

from cemnet.media import dynamic_range
from cemnet.media.video_reader import video_frames

PQ, HLG, BT2020 = 16, 18, 9
SKIN = [[0.40, 0.24, 0.17], [0.62, 0.42, 0.32], [0.10, 0.05, 0.035]]  # linear light of BT.709, 1 is white paper
NEUTRAL = [[0.18, 0.18, 0.18], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
STRONG = [[0.2, 0.5, 0.25], [0.3, 0.3, 0.7]]  # near the edge of BT.709, where a converter draws in what lies outside
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])  # ITU-R BT.2087
LUMA = np.array([0.2627, 0.6780, 0.0593])

needs_pyav_17 = pytest.mark.skipif(
    not hasattr(av.VideoFrame, "color_trc"), reason="high dynamic range is converted from PyAV 17 on"
)


def pq_signal(nits: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084."""
    power = (nits / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg_signal(nits: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100 for a screen of 1000 cd/m²: the inverse of its OOTF (gamma 1.2), then the OETF."""
    shown = nits / 1000
    luminance = np.maximum(shown @ LUMA, 1e-9)[:, None]
    scene = shown * luminance ** (1 / 1.2 - 1)
    bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


def write_film(path: Path, signal: np.ndarray, transfer: int) -> None:
    """One lossless picture of patches, 16 pixels wide, in YCbCr of BT.2020 with 10 bits in narrow range."""
    luma = signal @ LUMA
    blue, red = (signal[:, 2] - luma) / 1.8814, (signal[:, 0] - luma) / 1.4746
    values = np.stack([64 + 876 * luma, 512 + 896 * blue, 512 + 896 * red]).round().astype(np.uint16)
    planes = np.repeat(np.repeat(values[:, None, :], 16, axis=1), 16, axis=2)
    frame = av.VideoFrame(planes.shape[2], 16, "yuv444p10le")
    for plane, content in zip(frame.planes, planes, strict=True):
        rows = np.zeros((16, plane.line_size // 2), np.uint16)
        rows[:, : content.shape[1]] = content
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range = BT2020, 1
    if hasattr(frame, "color_trc"):
        frame.color_trc, frame.color_primaries = transfer, BT2020
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = frame.width, 16, "yuv444p10le"
        context = stream.codec_context
        context.colorspace, context.color_range, context.color_trc, context.color_primaries = (
            BT2020,
            1,
            transfer,
            BT2020,
        )
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.slow
@needs_pyav_17
@pytest.mark.parametrize(("transfer", "signal"), [(PQ, pq_signal), (HLG, hlg_signal)])
def test_skin_and_white_paper_look_as_in_a_film_of_bt709(tmp_path, transfer, signal):
    lights = np.array([*SKIN, *NEUTRAL, *STRONG])
    write_film(tmp_path / "film.mkv", signal(203 * lights @ TO_BT2020.T), transfer)
    (picture,) = video_frames(tmp_path / "film.mkv", 25.0)
    expected = 255 * lights ** (1 / 2.4)  # ITU-R BT.1886
    difference = np.abs(picture[8, 8::16] - expected)
    assert difference[: -len(STRONG)].max() < 3
    assert difference.max() < 9


@pytest.mark.slow
@needs_pyav_17
def test_what_is_brighter_than_paper_is_white(tmp_path):
    write_film(tmp_path / "film.mkv", pq_signal(np.array([[300.0] * 3, [1000.0] * 3, [10_000.0] * 3])), PQ)
    (picture,) = video_frames(tmp_path / "film.mkv", 25.0)
    assert picture.min() >= 253


def test_a_film_of_the_usual_range_keeps_its_values(tmp_path):
    write_film(tmp_path / "film.mkv", np.array(SKIN) ** (1 / 2.4), 1)
    (picture,) = video_frames(tmp_path / "film.mkv", 25.0)
    with av.open(str(tmp_path / "film.mkv")) as container:
        decoded = next(container.decode(video=0))
    np.testing.assert_array_equal(picture, decoded.to_ndarray(format="rgb24"))


def test_a_pyav_that_cannot_convert_is_told_once_and_the_film_is_read(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(dynamic_range, "TO_BT709", "out_transfer_of_old=bt709")
    dynamic_range._warn_of_pale_colours.cache_clear()
    write_film(tmp_path / "film.mkv", pq_signal(np.array([[100.0] * 3])), PQ)
    assert len([*video_frames(tmp_path / "film.mkv", 25.0), *video_frames(tmp_path / "film.mkv", 25.0)]) == 2
    assert caplog.text.count("Install av 17 or newer") == 1
