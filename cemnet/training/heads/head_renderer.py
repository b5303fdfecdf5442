"""Renders training heads without a screen (moderngl on EGL), with varied skin, brows, lips, eyes and light."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import cv2
import moderngl
import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy import sparse

from ...arkit import ARKIT_INDEX
from ...types import Pose
from .ict_head import EYEBALLS, HeadModel
from .shaders import shader_sources

HEAD_SHADERS, PLAIN_SKIN = Path(__file__).with_name("head"), Path(__file__).with_name("plain_skin")
# Outlines on ICT's head at rest, seen from the front; the person's left, centimetres.
BROW = np.array([[0.9, 5.1], [1.3, 5.9], [2.6, 6.35], [4.1, 6.3], [5.3, 5.4], [4.1, 5.75], [2.6, 5.65], [1.4, 5.2]])
LIPS = np.array([[0, -2.75], [0.5, -2.55], [1.3, -2.9], [2.3, -3.5], [1.5, -4.2], [0.7, -4.6], [0, -4.65]])
MOUTH_SOCKET, EYE_SOCKETS = slice(11248, 13294), slice(13294, 14062)


@dataclass(frozen=True)
class Look:
    """The look of a picture: everything but shape and pose. Colours are linear light, 0 to 1."""

    skin: Float[np.ndarray, "3"]
    lips: Float[np.ndarray, "3"]
    hair: Float[np.ndarray, "3"]
    iris: Float[np.ndarray, "3"]
    pupil_radius: float
    brow_strength: float
    hair_line: float  # height on the resting head, centimetres
    lid_line: float
    key_direction: Float[np.ndarray, "3"]
    key: Float[np.ndarray, "3"]
    fill: Float[np.ndarray, "3"]
    ambient: Float[np.ndarray, "3"]
    gloss: float
    grain: float
    background: UInt8[np.ndarray, "4 4 3"]

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Look":
        """Any skin, hair, eyes, light and background."""
        tone = rng.uniform(0, 1)  # from pale to dark
        skin = np.array([0.78, 0.53, 0.42]) * (1 - tone) + np.array([0.09, 0.045, 0.03]) * tone
        skin = skin * rng.normal(1, 0.06, 3)
        lips = skin * np.array([0.85, 0.5, 0.5]) ** rng.uniform(0.3, 1.5) + [0.02, 0, 0]
        hair = np.array([[0.01, 0.008, 0.007], [0.06, 0.03, 0.015], [0.35, 0.22, 0.1], [0.4, 0.38, 0.36]])[
            rng.choice(4, p=[0.45, 0.35, 0.1, 0.1])
        ]
        iris = np.array([[0.06, 0.025, 0.01], [0.1, 0.2, 0.35], [0.1, 0.16, 0.06], [0.18, 0.1, 0.03]])[rng.integers(4)]
        direction = np.array([rng.normal(0, 0.6), rng.uniform(-0.1, 0.9), 1])
        warm = np.array([1, rng.uniform(0.85, 1), rng.uniform(0.7, 1.05)])
        level = rng.uniform(0.5, 1.1)
        return cls(
            skin, lips, hair, iris * rng.uniform(0.6, 1.4), rng.uniform(0.15, 0.28), rng.uniform(0.25, 1),
            rng.uniform(7.5, 10.5), rng.uniform(0, 0.9), direction / np.linalg.norm(direction), warm * level,
            warm * rng.uniform(0, 0.35), np.full(3, rng.uniform(0.15, 0.5)), rng.uniform(0, 0.12), rng.uniform(0, 0.2),
            (rng.uniform(0, 255) + rng.normal(0, 35, (4, 4, 3))).clip(0, 255).astype(np.uint8),
        )  # fmt: skip

    @classmethod
    def sample_portrait(cls, rng: np.random.Generator) -> "Look":
        """The look of a studio portrait: clear brows and lids, soft light from the front, a plain background."""
        look = cls.sample(rng)
        direction = np.array([rng.normal(0, 0.3), rng.uniform(0.3, 0.7), 1])
        backdrop = np.broadcast_to(rng.uniform(60, 200) * rng.normal(1, 0.08, 3), (4, 4, 3))
        return replace(
            look, hair=np.minimum(look.hair, 0.4 * look.skin), brow_strength=rng.uniform(0.75, 1),
            lid_line=rng.uniform(0.4, 0.9), gloss=rng.uniform(0.02, 0.07),
            hair_line=rng.uniform(7.5, 9.0), key_direction=direction / np.linalg.norm(direction),
            key=np.full(3, rng.uniform(0.7, 0.9)), fill=np.full(3, rng.uniform(0.1, 0.25)),
            ambient=np.full(3, rng.uniform(0.25, 0.4)), background=backdrop.clip(0, 255).astype(np.uint8),
        )  # fmt: skip


class HeadRenderer:
    """Renders heads into square RGB pictures."""

    skin_shaders: ClassVar[Path] = PLAIN_SKIN  # the piece that completes HEAD_SHADERS
    shader_constants: ClassVar[dict[str, float]] = {}
    attributes: ClassVar = {"position": 3, "normal": 3, "colour": 3, "rest": 3}  # of a vertex, and their lengths

    def __init__(self, model: HeadModel, size: int = 512):
        self.model, self.size = model, size
        self.faces = model.visible_faces()
        corners = self.faces.ravel()
        which = np.repeat(np.arange(len(self.faces)), 3)
        self._face_sum = sparse.csr_matrix(
            (np.ones(len(corners), np.float32), (corners, which)), (len(model.base), len(self.faces))
        )
        self._rest = self._resting_places()
        self._brows, self._lips = self._painted(BROW, 0.12), self._painted(LIPS, 0.08)
        self._lids = self._lid_margins()
        self._mouth_inside = np.union1d(np.r_[MOUTH_SOCKET], model.vertices_of("GumsTongue", "Teeth"))
        self._skin = np.setdiff1d(model.vertices_of("Face"), self._mouth_inside)
        self._inner_lips = self._middle_of_inner_lips()
        self._gl = moderngl.create_context(standalone=True, backend="egl")  # pyright: ignore[reportArgumentType]
        vertex_shader, fragment_shader = shader_sources(HEAD_SHADERS, self.skin_shaders, self.shader_constants)
        self._program = self._gl.program(vertex_shader=vertex_shader, fragment_shader=fragment_shader)
        self._indices = self._gl.buffer(self.faces.astype(np.int32).tobytes())
        self._vertices = self._gl.buffer(reserve=len(model.base) * sum(self.attributes.values()) * 4)
        lengths = " ".join(f"{length}f" for length in self.attributes.values())
        layout = [(self._vertices, lengths, *self.attributes)]
        self._array = self._gl.vertex_array(self._program, layout, self._indices)
        colour, depth = (
            self._gl.renderbuffer((size, size), 4, samples=4),
            self._gl.depth_renderbuffer((size, size), samples=4),
        )
        self._samples, self._picture = (
            self._gl.framebuffer([colour], depth),
            self._gl.simple_framebuffer((size, size), 4),
        )

    def normals(self, vertices: Float[np.ndarray, "vertex 3"]) -> Float[np.ndarray, "vertex 3"]:
        """Unit vertex normals, outward."""
        first, second, third = (vertices[self.faces[:, corner]] for corner in range(3))
        summed = self._face_sum @ np.cross(second - first, third - first)
        return summed / (np.linalg.norm(summed, axis=1, keepdims=True) + 1e-9)

    def render(
        self,
        vertices: Float[np.ndarray, "vertex 3"],
        pose: Pose,
        look: Look,
        skin_lit_as: Float[np.ndarray, "vertex 3"] | None = None,
    ) -> UInt8[np.ndarray, "size size 3"]:
        """One picture of one head; pixels follow `types.Pose`.

        `skin_lit_as` are other vertices whose normals light the skin: it looks as if it had their shape.
        """
        placed = pose.translation + pose.scale * (vertices @ pose.rotation.T) * [1, -1, -1]
        normals = self.normals(vertices)
        if skin_lit_as is not None:
            normals[self._skin] = self.normals(skin_lit_as)[self._skin]
        normals = normals @ pose.rotation.T
        rows = np.concatenate([placed, normals, self._colours(look, vertices), *self._fixed_attributes()], axis=1)
        self._vertices.write(rows.astype(np.float32).tobytes())
        for name in ("key_direction", "key", "fill", "ambient", "gloss", "iris", "grain"):
            self._program[name] = _uniform(getattr(look, name))
        self._program["pupil"], self._program["size"] = look.pupil_radius, (self.size, self.size)
        self._samples.use()
        self._gl.enable(moderngl.DEPTH_TEST)
        self._samples.clear(0, 0, 0, 0)
        self._array.render()
        self._gl.copy_framebuffer(self._picture, self._samples)
        drawn = np.frombuffer(self._picture.read(components=4), np.uint8).reshape(self.size, self.size, 4)[::-1]
        background = cv2.resize(look.background, (self.size, self.size), interpolation=cv2.INTER_CUBIC)
        alpha = drawn[..., 3:] / 255
        return (drawn[..., :3] * alpha + background * (1 - alpha)).astype(np.uint8)

    def _fixed_attributes(self) -> list[Float[np.ndarray, "vertex length"]]:
        """What no picture changes: the last ones of `attributes`."""
        return [self._rest]

    def _colours(self, look: Look, vertices: Float[np.ndarray, "vertex 3"]) -> Float[np.ndarray, "vertex 3"]:
        """Linear albedo; the mouth is the darker the deeper it lies and the less it is open."""
        colours = np.tile(look.skin, (len(self.model.base), 1))
        crown = (
            self.model.base[:, 1:2]
            + 0.02 * self.model.base[:, :1] ** 2
            + 0.9 * (1.5 - self.model.base[:, 2:]).clip(0, 8)
        )
        hair = 1 / (1 + np.exp((-4 * (crown - look.hair_line)).clip(-30, 30)))
        colours = colours * (1 - hair) + look.hair * hair
        for mask, colour, strength in ((self._lips, look.lips, 1.0), (self._brows, look.hair, look.brow_strength)):
            colours = colours * (1 - strength * mask) + colour * strength * mask
        colours *= 1 - 0.85 * look.lid_line * self._lids
        colours[MOUTH_SOCKET] = [0.08, 0.015, 0.015]
        colours[EYE_SOCKETS] = look.skin * [0.8, 0.5, 0.5]
        colours[self.model.vertices_of("GumsTongue")] = [0.28, 0.07, 0.07]
        colours[self.model.vertices_of("Teeth")] = [0.65, 0.6, 0.5]
        inside = self._mouth_inside
        upper, lower = vertices[self._inner_lips]
        opening = float(np.clip((upper[1] - lower[1] - 0.05) / 0.8, 0, 1))
        deep = ((lower[2] + 0.5 - vertices[inside, 2:]) / 4).clip(0, 1)
        colours[inside] *= (0.25 + 0.65 * opening) * (1 - 0.85 * deep)
        for eyeball in EYEBALLS.values():
            colours[eyeball] = [0.7, 0.68, 0.66]
        return colours

    def _painted(self, outline: Float[np.ndarray, "corner 2"], blur: float) -> Float[np.ndarray, "vertex 1"]:
        """How much each skin vertex lies in the outline or its mirror image, 0 to 1."""
        polygon = outline.astype(np.float32)
        flat = np.abs(self.model.base[:, :2]) * [1, 0] + self.model.base[:, :2] * [0, 1]
        inside = [cv2.pointPolygonTest(polygon, (float(x), float(y)), True) for x, y in flat]
        mask = (np.array(inside) / (2 * blur) + 0.5).clip(0, 1)
        skin = np.zeros(len(flat), bool)
        skin[self.model.vertices_of("Face")] = self.model.base[self.model.vertices_of("Face"), 2] > 6
        return (mask * skin)[:, None]

    def _middle_of_inner_lips(self) -> Int[np.ndarray, "2"]:
        """The midline vertices where the upper lip and the lower lip meet."""
        base, drop = self.model.base, self.model.expression[ARKIT_INDEX["jawOpen"], :, 1]
        face = self.model.vertices_of("Face")
        middle = face[(np.abs(base[face, 0]) < 0.05) & (np.abs(base[face, 1] + 3.5) < 1.2) & (base[face, 2] > 10)]
        upper, lower = middle[drop[middle] > -0.8], middle[drop[middle] < -1.5]
        return np.array([upper[base[upper, 1].argmin()], lower[base[lower, 1].argmax()]])

    def _lid_margins(self) -> Float[np.ndarray, "vertex 1"]:
        """The skin along the upper lid's edge, where lashes would darken it."""
        face = self.model.vertices_of("Face")
        lashes = self.model.base[self.model.vertices_of("EyeLashes")]
        nearest = np.array([np.linalg.norm(lashes - self.model.base[vertex], axis=1).min() for vertex in face])
        margins = np.zeros((len(self.model.base), 1), np.float32)
        margins[face, 0] = (1.5 - nearest / 0.12).clip(0, 1)
        return margins

    def _resting_places(self) -> Float[np.ndarray, "vertex 3"]:
        rest = self.model.base.copy()
        for eyeball in EYEBALLS.values():
            ball = self.model.base[eyeball]
            around = ball - (ball.min(0) + ball.max(0)) / 2
            radius = np.where(around[:, 2] > 0, np.hypot(around[:, 0], around[:, 1]), 9)
            rest[eyeball] = np.stack([np.arctan2(around[:, 1], around[:, 0]), radius, np.full(len(ball), 1000)], axis=1)
        return rest


def _uniform(value: Float[np.ndarray, "3"] | float) -> tuple[float, ...] | float:
    return tuple(value.tolist()) if isinstance(value, np.ndarray) else value
