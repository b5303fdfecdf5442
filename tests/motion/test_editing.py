"""A performance is changed by its parts, and everything else stays."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, BLINK, GAZE, NUM_EXPRESSIONS
from cemnet.errors import CEMNetError
from cemnet.motion.editing import EMOTION, SPEECH, at_rate, edit_motion
from cemnet.types import Motion


@pytest.fixture
def motion() -> Motion:
    generator = torch.Generator().manual_seed(1)
    return Motion(
        expression=0.3 * torch.rand(50, NUM_EXPRESSIONS, generator=generator),
        head=0.1 * torch.randn(50, 3, generator=generator),
        fps=25.0,
        memory_address=torch.rand(50, 4, generator=generator),
        breath=-torch.rand(50, generator=generator),
    )


def test_every_blendshape_belongs_to_one_part():
    assert sorted([*BLINK, *GAZE, *EMOTION, *SPEECH]) == list(range(NUM_EXPRESSIONS))


def test_amounts_of_one_change_nothing(motion):
    edited = edit_motion(motion)
    torch.testing.assert_close(edited.expression, motion.expression)
    torch.testing.assert_close(edited.head, motion.head)


@pytest.mark.parametrize(
    ("part", "indices"), [("blink", BLINK), ("gaze", GAZE), ("mouth", SPEECH), ("emotion", EMOTION)]
)
def test_an_amount_of_zero_stills_its_part_alone(motion, part, indices):
    edited = edit_motion(motion, **{part: 0.0})
    others = [index for index in range(NUM_EXPRESSIONS) if index not in indices]
    assert edited.expression[:, indices].std(dim=0).max() < 1e-6
    torch.testing.assert_close(edited.expression[:, others], motion.expression[:, others])
    torch.testing.assert_close(edited.head, motion.head)


def test_lids_rest_where_they_rested(motion):
    heavy = motion.expression.clone()
    heavy[:, BLINK] = 0.3
    heavy[20:24, BLINK] = 1.0
    edited = edit_motion(Motion(heavy, motion.head, 25.0), blink=0.0)
    torch.testing.assert_close(edited.expression[:, BLINK], torch.full((50, 2), 0.3))


def test_curves_stay_within_their_range(motion):
    edited = edit_motion(motion, mouth=3.0, emotion=3.0, gaze=3.0, blink=3.0)
    assert edited.expression.min() >= 0 and edited.expression.max() <= 1


def test_the_head_turns_by_its_amount(motion):
    edited = edit_motion(motion, head=0.5)
    torch.testing.assert_close(edited.head, 0.5 * motion.head)
    torch.testing.assert_close(edited.breath, 0.5 * motion.breath)


def test_smoothing_calms_the_movement_and_keeps_its_mean(motion):
    edited = edit_motion(motion, smoothing_seconds=0.2)
    assert edited.expression.diff(dim=0).abs().mean() < 0.3 * motion.expression.diff(dim=0).abs().mean()
    torch.testing.assert_close(edited.expression.mean(), motion.expression.mean(), atol=0.01, rtol=0)


@pytest.mark.parametrize("seconds", [0.4, -0.4])
def test_an_offset_moves_everything_in_time(motion, seconds):
    edited = edit_motion(motion, offset_seconds=seconds)
    frames = round(seconds * 25)
    inside = slice(max(frames, 0), 50 + min(frames, 0))
    source = slice(max(-frames, 0), 50 + min(-frames, 0))
    torch.testing.assert_close(edited.expression[inside], motion.expression[source])
    assert edited.memory_address is not None and motion.memory_address is not None
    torch.testing.assert_close(edited.memory_address[inside], motion.memory_address[source])
    assert edited.num_frames == 50


def test_half_a_frame_lies_between_two(motion):
    edited = edit_motion(motion, offset_seconds=0.02)
    jaw = ARKIT_INDEX["jawOpen"]
    torch.testing.assert_close(edited.expression[10, jaw], (motion.expression[9, jaw] + motion.expression[10, jaw]) / 2)


@pytest.mark.parametrize("wish", [{"head": -1.0}, {"mouth": 4.0}, {"smoothing_seconds": -1.0}, {"gaze": float("nan")}])
def test_impossible_wishes_are_answered_with_a_sentence(motion, wish):
    with pytest.raises(CEMNetError, match=r"has to be"):
        edit_motion(motion, **wish)


def test_eyes_turn_together_from_where_they_look(motion):
    looking = motion.expression.clone()
    looking[:, GAZE] = 0.0
    looking[:, [ARKIT_INDEX["eyeLookInLeft"], ARKIT_INDEX["eyeLookOutRight"]]] = 0.2
    edited = edit_motion(Motion(looking, motion.head, 25.0), look_sideways=0.5, look_up=-0.3).expression
    for name, amount in {
        "eyeLookOutLeft": 0.3,
        "eyeLookInRight": 0.3,
        "eyeLookInLeft": 0.0,
        "eyeLookOutRight": 0.0,
        "eyeLookDownLeft": 0.3,
        "eyeLookUpRight": 0.0,
    }.items():
        torch.testing.assert_close(edited[:, ARKIT_INDEX[name]], torch.full((50,), amount))


def test_another_frame_rate_keeps_the_length_in_seconds(motion):
    faster = at_rate(motion, 50.0)
    assert (faster.num_frames, faster.fps) == (100, 50.0)
    assert faster.memory_address is not None and len(faster.memory_address) == 100
    torch.testing.assert_close(faster.expression.mean(0), motion.expression.mean(0), atol=0.01, rtol=0)
    assert at_rate(motion, 25.0) is motion


@pytest.mark.parametrize("seconds", [1e-320, 1e-200, 1e-9, 3e-4])
def test_a_smoothing_that_reaches_no_neighbour_changes_nothing(motion, seconds):
    edited, plain = edit_motion(motion, smoothing_seconds=seconds), edit_motion(motion)
    assert torch.equal(edited.expression, plain.expression) and torch.equal(edited.head, plain.head)
