"""Rendered heads for the refiner's training: skin with creases, skin of real portraits, and light in the mouth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.interpolate import RBFInterpolator

from ...arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from ...curves import smoothstep
from ...face.basis import FaceBasis
from ...face.landmark_indices import LIDS, LOWER_INNER_LIP, UPPER_INNER_LIP
from ...render.mouth.colours import LUMINANCE
from ...render.mouth.teeth import ARCH_CENTRE_DEPTH
from ...render.refiner.wrinkles import crease_reliefs, crease_strengths
from ...types import FaceReference, Pose
from ..heads.head_renderer import EYE_SOCKETS, HeadRenderer, Look
from ..heads.ict_head import HeadModel

FLAT_EXTENT = 10.0  # centimetres from the middle of the resting face to the edge of its flat textures
FLAT_SIDE = 512  # pixels of such a texture
RELIEF_UNIT = 0.3  # centimetres of height at full scale
NO_SKIN = 500.0  # stands for the resting depth of mouth and sockets, which have neither creases nor texture
# By eye, on rendered heads beside photographs of open mouths.
DARKEST_MOUTH = 0.05  # the share of the light that reaches every place in a mouth
FRONT_GAIN = 1.6  # factor on the light through the opening; pictures are exposed for skin
INNER_ENAMEL = 0.25  # the light on the side of teeth that looks into the mouth
DEEP_LOSS = np.array([0.75, 0.85, 0.87])  # of red, green and blue light, 4.3 centimetres behind the lips
ENAMEL, GUM = np.array([0.72, 0.67, 0.56]), np.array([0.3, 0.085, 0.08])

WRINKLED_SKIN = Path(__file__).with_name("wrinkled_skin")


@dataclass(frozen=True)
class Skin:
    """The colours of a real face, spread flat over the resting face; linear light."""

    flat: Float[np.ndarray, "side side 3"]
    exposure: float = 1.0

    @classmethod
    def of(cls, face: FaceReference, basis: FaceBasis) -> "Skin":
        """The skin in a picture; eyes and the inside of the mouth are filled with the skin around them."""
        places, points = basis.mean[:, :2], face.landmarks.points[:, :2]
        spread = RBFInterpolator(places, points, smoothing=0.5)
        coarse = spread(flat_places(64).reshape(-1, 2)).reshape(64, 64, 2).astype(np.float32)
        where = cv2.resize(coarse, (FLAT_SIDE, FLAT_SIDE), interpolation=cv2.INTER_CUBIC)
        picture = (255 * face.image[..., :3].numpy()).astype(np.uint8)
        flat = cv2.remap(picture, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        holes = np.zeros((FLAT_SIDE, FLAT_SIDE), np.uint8)
        outlines = [[lids.corners[0], *lids.upper, lids.corners[1], *lids.lower[::-1]] for lids in LIDS]
        for outline in (*outlines, [*UPPER_INNER_LIP, *LOWER_INNER_LIP[::-1]]):
            pixels = (places[outline] * [1, -1] / (2 * FLAT_EXTENT) + 0.5) * FLAT_SIDE
            cv2.fillPoly(holes, [np.round(pixels).astype(np.int32)], 255)
        holes = cv2.dilate(holes, np.ones((5, 5), np.uint8))
        flat = cv2.inpaint(flat, holes, 4, cv2.INPAINT_TELEA)
        return cls((flat.astype(np.float32) / 255) ** 2.2)

    def varied(self, rng: np.random.Generator) -> "Skin":
        """The skin of another person: perhaps mirrored, darker or lighter, and of another hue."""
        flat = self.flat[:, ::-1] if rng.random() < 0.5 else self.flat
        contrast, level = rng.uniform(0.75, 1.2), rng.uniform(0.5, 1.3)
        middle = np.median(flat.reshape(-1, 3), axis=0)
        varied = middle * (flat / (middle + 1e-3)) ** contrast * level * rng.normal(1, 0.07, 3)
        return Skin(np.ascontiguousarray(varied.clip(0, 1.5), np.float32), level)

    def look(self, look: Look) -> Look:
        """The look with the skin's median colour for neck and ears, and with less lid line and grain."""
        rows, columns = slice(FLAT_SIDE // 2, 3 * FLAT_SIDE // 5), slice(FLAT_SIDE // 3, 2 * FLAT_SIDE // 3)
        middle = np.median(self.flat[rows, columns].reshape(-1, 3), axis=0)
        return replace(look, skin=middle.astype(np.float64), lid_line=0.3 * look.lid_line, grain=0.3 * look.grain)


@dataclass(frozen=True)
class Creases:
    """How deep each crease is drawn; 1 is the depth of `wrinkles.CREASES`.

    `own` creases are those that the portrait shows, at their places on the resting head. `fresh` ones come with the
    expression; `places` says where on the resting face (cm) each vertex looks them up, None for the resting head.
    """

    own: Float[np.ndarray, "side_crease"]
    fresh: Float[np.ndarray, "side_crease"]
    places: Float[np.ndarray, "vertex 2"] | None = None

    @classmethod
    def between(
        cls,
        start: Float[np.ndarray, "expression"],
        goal: Float[np.ndarray, "expression"],
        depths: tuple[float, float],
        places: Float[np.ndarray, "vertex 2"] | None,
    ) -> "Creases":
        """The creases of the expression `goal` in a portrait that shows `start`; depths of own and of fresh creases."""
        before, after = crease_strengths(start), crease_strengths(goal)
        return cls(depths[0] * np.minimum(before, after), depths[1] * np.maximum(after - before, 0), places)


def flat_places(side: int) -> Float[np.ndarray, "side side 2"]:
    """Places on the resting face of a flat texture's pixels: centimetres, y up, the first row on top."""
    steps = (np.arange(side) + 0.5) / side * 2 * FLAT_EXTENT - FLAT_EXTENT
    return np.stack(np.meshgrid(steps, -steps), -1).astype(np.float32)


class CreasedHeadRenderer(HeadRenderer):
    """Draws a head's folds for its expression, and lights the mouth through the opening between the lips."""

    skin_shaders: ClassVar[Path] = WRINKLED_SKIN
    shader_constants: ClassVar[dict[str, float]] = {"FLAT_EXTENT": FLAT_EXTENT, "RELIEF_UNIT": RELIEF_UNIT}
    attributes: ClassVar = HeadRenderer.attributes | {"fresh": 2}

    def __init__(self, model: HeadModel, basis: FaceBasis, size: int = 512):
        super().__init__(model, size)
        self._rest[self._mouth_inside, 2] = self._rest[EYE_SOCKETS, 2] = NO_SKIN
        self._exposure = 1.0
        self._opening = skin_vertices(model, basis, [*UPPER_INNER_LIP, *LOWER_INNER_LIP[-2:0:-1]])
        self._reliefs = crease_reliefs(flat_places(FLAT_SIDE))
        self._fresh_places = self._rest[:, :2]
        names = {"relief": 1, "fresh_relief": 1, "painted": 3}
        self._textures = {
            name: self._gl.texture((FLAT_SIDE, FLAT_SIDE), channels, dtype="f2") for name, channels in names.items()
        }
        for unit, (name, texture) in enumerate(self._textures.items()):
            self._program[name] = unit
            texture.use(unit)

    def render_creased(
        self,
        vertices: Float[np.ndarray, "vertex 3"],
        pose: Pose,
        look: Look,
        creases: Creases,
        skin: Skin | None = None,
        skin_lit_as: Float[np.ndarray, "vertex 3"] | None = None,
    ) -> UInt8[np.ndarray, "size size 3"]:
        """One picture of a head with creases; see `HeadRenderer.render`. A `skin` replaces the look's on the face."""
        self._fresh_places = self._rest[:, :2] if creases.places is None else creases.places
        for name, depths in (("relief", creases.own), ("fresh_relief", creases.fresh)):
            drawn = np.flatnonzero(depths)
            relief = np.tensordot(depths[drawn], self._reliefs[drawn], 1)
            self._textures[name].write(self._as_texture(0.5 + 0.5 * relief / RELIEF_UNIT))
        if skin is not None:
            self._textures["painted"].write(self._as_texture(skin.flat))
        self._program["painted_share"] = float(skin is not None)
        self._exposure = 1.0 if skin is None else skin.exposure
        self._program["furrow_shadow"], self._program["scale"] = 5.0, pose.scale
        return self.render(vertices, pose, look if skin is None else skin.look(look), skin_lit_as)

    def _fixed_attributes(self) -> list[Float[np.ndarray, "vertex length"]]:
        return [self._rest, self._fresh_places]

    @staticmethod
    def _as_texture(picture: Float[np.ndarray, "side side *channel"]) -> bytes:
        return np.ascontiguousarray(picture[::-1]).astype(np.float16).tobytes()

    def _colours(self, look: Look, vertices: Float[np.ndarray, "vertex 3"]) -> Float[np.ndarray, "vertex 3"]:
        colours = super()._colours(look, vertices)
        inside = self._mouth_inside
        colours[inside] = [0.1, 0.016, 0.014]
        tint = (look.skin / (look.skin @ LUMINANCE)) ** 0.35  # of the light that a painted skin brings along
        colours[self.model.vertices_of("GumsTongue")] = GUM * self._exposure * tint
        teeth = self.model.vertices_of("Teeth")
        colours[teeth] = ENAMEL * min(self._exposure, 1.1) * tint
        outline, normals = vertices[self._opening], self.normals(vertices)
        outward = vertices[teeth] * [1, 0, 1] - [0, 0, ARCH_CENTRE_DEPTH]
        outward /= np.linalg.norm(outward, axis=1, keepdims=True) + 1e-6
        front = smoothstep(((outward * normals[teeth]).sum(1) + 0.1) / 0.6)
        colours[teeth] *= (INNER_ENAMEL + (1 - INNER_ENAMEL) * front)[:, None]
        light = light_through(outline, vertices[inside], normals[inside])
        # What lies deep is lit by light that has been red before.
        depth = ((outline[:, 2].mean() - vertices[inside, 2] - 1.3) / 3.0).clip(0, 1)[:, None]
        colours[inside] *= (DARKEST_MOUTH + (1 - DARKEST_MOUTH) * light)[:, None] * (1 - depth * DEEP_LOSS)
        return colours


def light_through(
    outline: Float[np.ndarray, "corner 3"], places: Float[np.ndarray, "place 3"], normals: Float[np.ndarray, "place 3"]
) -> Float[np.ndarray, "place"]:
    """The share of its light that each place receives through an opening, 0 to 1.

    This is Lambert's form factor of a polygon. Normals are unit vectors; lengths have any one unit.
    """
    ray = (outline[None] - places[:, None]).astype(np.float32)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True) + 1e-6
    following = np.roll(ray, -1, axis=1)
    angle = np.arccos(np.clip((ray * following).sum(-1), -1, 1))
    axis = np.cross(ray, following)
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True) + 1e-6
    form = (angle[..., None] * axis).sum(1) / (2 * np.pi)
    form *= np.sign((form * normals).sum(-1).mean()) or 1.0
    # Moist surfaces and enamel spread light: a third of it counts whichever way they face.
    along = (form * normals).sum(-1).clip(0)
    return np.clip(FRONT_GAIN * (0.67 * along + 0.33 * np.linalg.norm(form, axis=-1)), 0, 1)


def skin_vertices(model: HeadModel, basis: FaceBasis, landmarks: Sequence[int]) -> Int[np.ndarray, "chosen"]:
    """The skin vertex nearest to each landmark of the basis, on a face with mouth and lids ajar to tell these apart."""
    ajar = np.zeros(NUM_EXPRESSIONS, np.float32)
    ajar[[ARKIT_INDEX["jawOpen"], ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = 0.7, 0.3, 0.3
    face = model.vertices_of("Face")
    head = model.vertices(np.zeros(1, np.float32), ajar)[face]
    places = (basis.mean + np.tensordot(ajar, basis.skin, 1))[list(landmarks)]
    return face[np.array([np.linalg.norm(head - place, axis=1).argmin() for place in places])]
