"""The plot shows what is in the performance."""

import numpy as np
import pytest
import torch
from PIL import Image

from cemnet.arkit import ARKIT_INDEX, EMOTION_INDEX
from cemnet.inspection.motion_plot import MOST_SLOTS, draw_heat, motion_preview
from cemnet.types import Audio, Motion, Speech


def still(num_frames: int = 40, slots: int | None = None) -> Motion:
    address = None if slots is None else torch.full((num_frames, slots), 1 / slots)
    return Motion(torch.zeros(num_frames, 52), torch.zeros(num_frames, 3), 25.0, address)


def feeling(emotion: str, num_frames: int = 40) -> Speech:
    probabilities = torch.zeros(num_frames, 8)
    probabilities[:, EMOTION_INDEX[emotion]] = 1.0
    return Speech(
        audio=Audio(torch.zeros(1, 640 * num_frames), 16_000), content=torch.zeros(num_frames, 4),
        prosody=torch.zeros(num_frames, 4), emotion_embedding=torch.zeros(num_frames, 8), heard=probabilities,
        emotion=probabilities,
        intensity=torch.full((num_frames,), 0.9), course=torch.ones(num_frames),
    )  # fmt: skip


@pytest.mark.parametrize("size", [(1280, 720), (320, 200), (513, 257)])
def test_the_plot_has_the_size_that_was_asked_for(size):
    picture = motion_preview(still(slots=5), feeling("happy"), *size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.min() >= 0 and picture.max() <= 1


def test_a_moving_jaw_is_drawn():
    moving = still()
    moving.expression[:, ARKIT_INDEX["jawOpen"]] = torch.linspace(0, 1, 40)
    assert not torch.equal(motion_preview(moving), motion_preview(still()))


def test_each_emotion_has_its_own_colour():
    assert not torch.equal(motion_preview(still(), feeling("sad")), motion_preview(still(), feeling("happy")))


def test_the_memories_are_shown_where_they_are_known():
    plain, known = motion_preview(still()), motion_preview(still(slots=6))
    assert not torch.equal(plain, known)


@pytest.mark.parametrize("num_frames", [1, 2, 5000])
def test_the_shortest_and_a_long_performance_are_drawn(num_frames):
    assert motion_preview(still(num_frames, slots=3), feeling("fear", num_frames), 400, 240).shape == (240, 400, 3)


def test_of_many_memories_those_that_change_are_drawn_in_the_order_of_their_time():
    """Of 200 slots that always take a part, three take a larger one, each in a third of the film."""
    address = torch.full((90, 203), 0.004)
    for slot, start in ((150, 60), (20, 0), (90, 30)):
        address[start : start + 30, slot] = 0.2
    picture = Image.new("RGB", (90, MOST_SLOTS))
    draw_heat(picture, (0, 0, 90, MOST_SLOTS), address)
    bright = np.asarray(picture).sum(-1)
    turns = [row for row in bright if np.ptp(row) > 300]
    assert [int(row.argmax()) // 30 for row in turns] == [0, 1, 2]
