"""Voice activity: in which frames somebody speaks, also in noise and over music.

It is read off the share of silence among the sounds that the content branch hears in each frame. That branch stands on
Whisper's encoder, which was trained on noisy recordings, so that the share knows pauses where loudness does not.
"""

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from ..types import MOTION_FPS

SMOOTHING_FRAMES = 0.8
BEGINS_ABOVE, ENDS_BELOW = 0.45, 0.25  # of the share that is sound: doubt does not flicker
SHORTEST_WORD_FRAMES = 3  # 120 ms
SHORTEST_PAUSE_FRAMES = round(0.2 * MOTION_FPS)


def speaking(silence: Float[Tensor, "frame"]) -> Float[Tensor, "frame"]:
    """1 in words and 0 in pauses, at MOTION_FPS; `silence` is the share of silence among the sounds of each frame.

    Sounds shorter than SHORTEST_WORD_FRAMES are no word, pauses shorter than SHORTEST_PAUSE_FRAMES no pause.
    """
    share = gaussian_filter1d(1 - silence.double().cpu().numpy(), SMOOTHING_FRAMES, mode="nearest")
    spoken = np.zeros(len(share), bool)
    speaks = False
    for frame, sound in enumerate(share):
        speaks = sound > (ENDS_BELOW if speaks else BEGINS_ABOVE)
        spoken[frame] = speaks
    _flip_short(spoken, False, SHORTEST_PAUSE_FRAMES)
    _flip_short(spoken, True, SHORTEST_WORD_FRAMES)
    return torch.from_numpy(spoken).float()


def _flip_short(spoken: np.ndarray, value: bool, shortest: int) -> None:
    """Turns runs of a value that are too short into the other one, in place; runs at the ends stay."""
    edges = np.flatnonzero(np.diff(np.concatenate([[not value], spoken, [not value]]).astype(bool) == value))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start < shortest and start > 0 and end < len(spoken):
            spoken[start:end] = not value
