"""Whatever comes in, a result with its stated properties comes out, or a sentence; never another error.

The examples are made by hypothesis, the same ones in every run. `make fuzz` tries damaged files, for longer.
"""

import json
import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from fuzz import is_sentence
from fuzz_targets import made_speech
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from safetensors.torch import save_file

from cemnet.arkit import ARKIT_NAMES, EMOTIONS, NUM_EXPRESSIONS
from cemnet.checkpoint import load_network
from cemnet.emotion.control import follow_timeline, mix_emotion, read_timeline
from cemnet.emotion.portrait_emotion import ReferenceEmotionReader
from cemnet.errors import CEMNetError
from cemnet.media.images import read_image
from cemnet.media.sound import mixed_sound
from cemnet.motion.editing import edit_motion
from cemnet.motion.files import read_motion, write_motion
from cemnet.motion.live_link import BLENDSHAPE_COLUMNS, LEADING_COLUMNS
from cemnet.performance_settings import PerformanceSettings
from cemnet.speech.mel import mono_16k, num_motion_frames
from cemnet.speech.voice_features import voice_features
from cemnet.types import SAMPLE_RATE, Audio, Motion

pytestmark = pytest.mark.slow

Result = TypeVar("Result")
ANY_FLOAT = st.floats(width=32)
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(10**400)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def tried(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Settings of a test: so many examples, always the same."""
    return settings(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip


def result_or_sentence(call: Callable[..., Result], *arguments: Any, **named: Any) -> Result | None:
    """What a call returns, or None where it says in a sentence why not."""
    try:
        return call(*arguments, **named)
    except CEMNetError as error:
        assert is_sentence(error), str(error)
        return None


@st.composite
def sounds(draw: st.DrawFn) -> Audio:
    """Up to nine channels of any numbers at any rate."""
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 800)))
    waveform = draw(arrays.arrays(np.float32, shape, elements=ANY_FLOAT, fill=st.floats(-1, 1, width=32)))
    return Audio(torch.from_numpy(waveform), draw(st.integers(1_000, 384_000)))


@pytest.mark.slow
@tried(40)
@given(sounds())
def test_any_sound_becomes_a_voice_of_its_length_with_finite_features(sound):
    mono = mono_16k(sound)
    assert len(mono) == -(-sound.waveform.shape[1] * SAMPLE_RATE // sound.sample_rate)
    assert not mono.isnan().any()
    quiet = mono.clamp(-1, 1)
    num_frames = num_motion_frames(len(quiet))
    features = voice_features(quiet, num_frames)
    assert features.shape[0] == num_frames and features.isfinite().all()


@pytest.mark.slow
@tried(25)
@given(st.lists(sounds(), min_size=1, max_size=3))
def test_any_sounds_mix_into_one_that_is_as_long_as_the_longest(parts):
    parts = [Audio(part.waveform.nan_to_num(0, 0, 0).clamp(-9, 9), part.sample_rate) for part in parts]
    mixed = mixed_sound(parts)
    assert mixed.sample_rate == max(part.sample_rate for part in parts)
    longest = max(part.duration_seconds for part in parts)
    assert mixed.duration_seconds == pytest.approx(longest, abs=1 / mixed.sample_rate)
    assert len(parts) == 1 or mixed.waveform.abs().max() <= 1 + 1e-6


@tried(60)
@given(
    st.sampled_from(["1", "L", "P", "RGB", "RGBA", "CMYK", "LA", "I;16", "I", "F", "YCbCr", "LAB", "HSV"]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from([".png", ".tif", ".webp", ".jpg", ".bmp", ".gif"]),
    st.integers(0, 9),
    st.randoms(use_true_random=False),
)
def test_any_picture_becomes_upright_colours(tmp_path, mode, size, suffix, orientation, chance):
    path = tmp_path / f"picture{suffix}"
    picture = Image.new(mode, size)
    picture.frombytes(chance.randbytes(len(picture.tobytes())))
    exif = Image.Exif()
    exif[0x0112] = orientation
    try:
        picture.save(path, exif=exif)
    except (OSError, ValueError, KeyError):
        return  # Pillow has no such files
    pixels = result_or_sentence(read_image, path)
    if pixels is not None:
        upright = size[::-1] if orientation < 5 or orientation > 8 else size
        assert pixels.shape[:2] in (upright, size[::-1]) and pixels.shape[2] in (3, 4)
        assert pixels.isfinite().all() and pixels.min() >= 0 and pixels.max() <= 1


@st.composite
def motions(draw: st.DrawFn) -> Motion:
    """A few frames of any numbers, at any rate that motions have."""
    num_frames = draw(st.integers(1, 12))
    curves = draw(arrays.arrays(np.float32, (num_frames, 55), elements=ANY_FLOAT, fill=st.floats(0, 1, width=32)))
    values = torch.from_numpy(curves)
    return Motion(values[:, :52], values[:, 52:], draw(st.floats(1, 240)))


@pytest.mark.slow
@tried(40)
@given(motions(), st.sampled_from([".csv", ".json"]))
def test_any_motion_is_written_and_read_again_or_refused(tmp_path, motion, suffix):
    for before in tmp_path.iterdir():
        before.unlink()
    path = tmp_path / f"motion{suffix}"
    finite = motion.expression.isfinite().all() and motion.head.isfinite().all()
    result_or_sentence(write_motion, path, motion)
    assert path.exists() == finite and len(list(tmp_path.iterdir())) == int(finite)
    read = result_or_sentence(read_motion, path)
    if read is not None:
        assert_a_motion(read)
        if suffix == ".json":
            torch.testing.assert_close(read.expression, motion.expression.clamp(0, 1), atol=1e-5, rtol=0)


def assert_a_motion(motion: Motion) -> None:
    assert motion.expression.shape == (motion.num_frames, NUM_EXPRESSIONS) and motion.num_frames > 0
    assert motion.expression.min() >= 0 and motion.expression.max() <= 1 and motion.head.isfinite().all()
    assert 1 <= motion.fps <= 240


CELLS = st.one_of(
    st.floats().map(str), st.text(max_size=6), st.sampled_from(["", "0", "1", "0:0:1:0.0", "nan", "1e999", "9" * 400])
)
CHANGES = st.tuples(st.integers(0, 4), st.integers(0, 53), CELLS)  # row, column and cell of a table


@tried(60)
@given(st.lists(CHANGES, max_size=8), st.sampled_from([",", ";", "\t"]))
def test_any_table_of_curves_is_read_or_refused(tmp_path, changes, separator):
    table = [[*LEADING_COLUMNS, *BLENDSHAPE_COLUMNS]]
    table += [[f"00:00:00:{row:02}.000", "52", *["0.5"] * 52] for row in range(4)]
    for row, column, cell in changes:
        table[row][column] = cell
    path = tmp_path / "take.csv"
    path.write_text("\n".join(map(separator.join, table)), encoding="utf-8", errors="surrogatepass")
    motion = result_or_sentence(read_motion, path)
    if motion is not None:
        assert_a_motion(motion)


@tried(120)
@given(
    st.dictionaries(
        st.sampled_from(["fps", "version", "blendshapes", "expression", "head", "memory_address"]), ANY_JSON
    ),
    st.sampled_from([1, 2, 50]),
)
def test_any_json_is_read_or_refused(tmp_path, document, depth):
    whole = {
        "format": "cemnet-motion", "version": 1, "fps": 25, "blendshapes": list(ARKIT_NAMES),
        "expression": [[0.5] * NUM_EXPRESSIONS] * 2,
    }  # fmt: skip
    for name, value in document.items():
        for _ in range(depth):
            value = [value]
        document[name] = value if depth > 1 else value[0]
    path = tmp_path / "take.json"
    path.write_text(json.dumps(whole | document))
    motion = result_or_sentence(read_motion, path)
    if motion is not None:
        assert_a_motion(motion)


WORDS = st.one_of(ANY_FLOAT.map(str), st.sampled_from([*EMOTIONS, "voice", "#", "1e999", "٣"]), st.text(max_size=4))


@tried(80)
@given(st.lists(st.lists(WORDS, max_size=4).map(" ".join), max_size=5).map("\n".join), st.floats())
def test_any_timeline_is_followed_or_refused(text, fade):
    keys = result_or_sentence(read_timeline, text)
    felt = result_or_sentence(follow_timeline, made_speech(), keys or [], fade)
    if felt is not None:
        torch.testing.assert_close(felt.emotion.sum(dim=1), torch.ones(20), atol=1e-3, rtol=0)
        assert felt.intensity.min() >= 0 and felt.intensity.max() <= 2 + 1e-5


@tried(60)
@given(st.sampled_from([*EMOTIONS, "none"]), st.floats(), st.floats())
def test_any_mixture_is_made_or_refused(emotion, share, intensity):
    mixed = result_or_sentence(mix_emotion, made_speech(), emotion, share, intensity)
    assert mixed is None or (mixed.emotion.isfinite().all() and mixed.intensity.max() <= 2)


@tried(80)
@given(st.tuples(*[st.floats()] * 9))
def test_any_edit_is_made_or_refused(amounts):
    chance = torch.Generator().manual_seed(0)
    motion = Motion(torch.rand(6, 52, generator=chance), torch.rand(6, 3, generator=chance), 25.0)
    edited = result_or_sentence(edit_motion, motion, *amounts)
    if edited is not None:
        assert_a_motion(edited)


SETTINGS = {float: st.floats(), int: st.integers(), str: st.sampled_from([*EMOTIONS, "auto", "", "Happy", "x" * 999])}
SETTING_KINDS = {field.name: field.type for field in fields(PerformanceSettings)}


@tried(100)
@given(st.fixed_dictionaries({}, optional={name: SETTINGS[kind] for name, kind in SETTING_KINDS.items()}))
def test_any_settings_are_taken_or_refused(values):
    made = result_or_sentence(PerformanceSettings, **values)
    if made is not None:
        assert 1 <= made.fps <= 240 and 0 <= made.intensity <= 2 and made.seed >= 0
        assert all(math.isfinite(amount) for amount in (made.blinks, made.gaze, made.head_motion, made.compensation))


SHAPES = st.lists(st.integers(0, 4), max_size=3)
DTYPES = st.sampled_from([torch.float32, torch.float16, torch.int64, torch.bool, torch.complex64, torch.float8_e5m2])


@tried(80)
@given(
    st.dictionaries(
        st.one_of(st.sampled_from(["weight", "bias", "centre", "spread"]), st.text(max_size=5)),
        st.tuples(SHAPES, DTYPES),
    ),
    st.one_of(ANY_JSON.map(json.dumps), st.text(max_size=5), st.just('{"width": 2}')),
)
def test_any_weights_are_loaded_or_refused(tmp_path, contents, config):
    path = tmp_path / "any.safetensors"
    tensors = {name: torch.zeros(shape).to(dtype) for name, (shape, dtype) in contents.items()}
    save_file(tensors, path, {"config": config.encode("utf-8", "replace").decode()})
    network = result_or_sentence(load_network, path, lambda values: torch.nn.Linear(values["width"], 2))
    assert network is None or set(tensors) == {"weight", "bias"}
    assert result_or_sentence(ReferenceEmotionReader.load, path) is None
