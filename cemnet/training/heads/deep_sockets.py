"""Heads with deep-set eyes under a light that falls from above and in front, with the shadows that it leaves.

The plain renderer knows no shadow of one part of a head on another. Here each vertex is lit by the part of the sky that
it sees.
"""

from functools import cached_property

import numpy as np
from jaxtyping import Float

from .head_renderer import HeadRenderer, Look
from .ict_head import EYEBALLS, HeadModel

# Sockets, in centimetres: how far eyes lie back, a socket's size (sigma), and how far the ridge of the brow stands out.
DEPTH, SOCKET, RIDGE = 0.9, (1.7, 1.0), 0.35
RIDGE_HEIGHT = 1.9  # above the middle of the eye

# The sky: rays from in front, and most of them from above.
SKY_RAYS = 64
CELL = 0.22  # centimetres between the rays of one direction
BIAS = 0.35  # a place sees the sky through so much of its own surface
LEAST_LIGHT = 0.12  # the share of the light that reaches every place


class DeepSocketRenderer(HeadRenderer):
    """Draws a head as `HeadRenderer` does, with shadows in its sockets and elsewhere."""

    def _colours(self, look: Look, vertices: Float[np.ndarray, "vertex 3"]) -> Float[np.ndarray, "vertex 3"]:
        light = LEAST_LIGHT + (1 - LEAST_LIGHT) * self.sky_seen(vertices)
        return super()._colours(look, vertices) * light[:, None]

    @cached_property
    def _rays(self) -> Float[np.ndarray, "ray 3"]:
        rng = np.random.default_rng(0)
        rays = np.stack(
            [rng.normal(0, 0.45, SKY_RAYS), rng.uniform(0.1, 1.6, SKY_RAYS), np.full(SKY_RAYS, 1.0)], axis=1
        )
        return rays / np.linalg.norm(rays, axis=1, keepdims=True)

    def sky_seen(self, vertices: Float[np.ndarray, "vertex 3"]) -> Float[np.ndarray, "vertex"]:
        """The share of the sky that each vertex sees past all others, 0 to 1."""
        casting = np.unique(self.faces)
        middles = vertices[self.faces].mean(1)
        blockers = np.concatenate([vertices[casting], middles])
        seen = np.zeros(len(vertices))
        for ray in self._rays:
            right = np.cross([0.0, 1.0, 0.0], ray)
            right /= np.linalg.norm(right)
            axes = np.stack([right, np.cross(ray, right)], 1)
            low = (blockers @ axes).min(0)
            block = ((blockers @ axes - low) / CELL).astype(int)
            front = np.full(block.max(0) + 2, -np.inf)
            np.maximum.at(front, (block[:, 0], block[:, 1]), blockers @ ray)
            place = ((vertices @ axes - low) / CELL).astype(int).clip(0, np.array(front.shape) - 1)
            seen += np.clip((vertices @ ray - front[place[:, 0], place[:, 1]]) / BIAS + 2, 0, 1)
        return seen / len(self._rays)


def with_deep_sockets(model: HeadModel, vertices: Float[np.ndarray, "vertex 3"]) -> Float[np.ndarray, "vertex 3"]:
    """The same head with eyes that lie deeper. Sockets are bone: skin that moves slides over them."""
    deep = vertices.copy()
    for eyeball in EYEBALLS.values():
        middle = (vertices[eyeball].min(0) + vertices[eyeball].max(0)) / 2
        across, up = vertices[:, 0] - middle[0], vertices[:, 1] - middle[1]
        width, height = SOCKET
        back = np.exp(-(((across / width) ** 2 + (up / height) ** 2) ** 2) / 2)
        ridge = np.exp(-((across / width) ** 2 + ((up - RIDGE_HEIGHT) / 0.7) ** 2) / 2)
        in_front = vertices[:, 2] > middle[2] - 2
        deep[:, 2] += np.where(in_front, RIDGE * ridge - DEPTH * back, 0)
        deep[eyeball, 2] = vertices[eyeball, 2] - DEPTH
    return deep
