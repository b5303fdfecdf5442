"""Noise from which idle curves are made."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d


def steady_noise(
    num_frames: int, fps: float, memory_seconds: float, channels: int, rng: np.random.Generator
) -> Float[np.ndarray, "frame channel"]:
    """Noise of unit variance that forgets where it was in `memory_seconds`, and whose end leads to its beginning."""
    noise = rng.normal(size=(num_frames, channels))
    smooth = gaussian_filter1d(noise, max(memory_seconds * fps / 2, 0.3), axis=0, mode="wrap")
    impulse = np.zeros(num_frames)
    impulse[0] = 1.0
    kept = np.linalg.norm(gaussian_filter1d(impulse, max(memory_seconds * fps / 2, 0.3), mode="wrap"))
    return smooth / kept
