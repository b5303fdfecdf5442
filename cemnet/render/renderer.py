"""Turns a portrait into frames: skin is warped, lids close, the mouth opens.

At the portrait's own expression and pose a frame is the portrait.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from ..face.basis import FaceBasis
from ..face.landmark_indices import (
    BOTH_SIDES,
    BROWS,
    CONTROLS,
    LIDS,
    LOWER_SIDE_ONLY,
    OUTER_EYE_CORNERS,
    OVAL,
    UPPER_SIDE_ONLY,
)
from ..types import FaceReference, Motion
from .breathing import chest_field
from .canvas import FaceCanvas, face_canvas
from .contours import OpeningContour, SimilarityTransform
from .eyes.eye import Eye, SkinMotion
from .eyes.eyelids import draw_eye
from .landmark_motion import LandmarkMotion
from .mouth.interior import MouthInterior, PosedMouth
from .mouth.lips import Lips
from .pixel_box import PixelBox, sample_pixels, with_colours_behind
from .portrait_folds import PortraitFolds
from .refiner.inputs import Painter, RefinerPortrait, resting_places
from .skin_light import FrameLight, SkinLight
from .warp import BORDER_FADE, FaceWarp

CONTROL_INDICES = np.array(CONTROLS)
CHIN_TIP = 152

# A ring of points of the background around the face, and a second one around the hair. Reaches are factors of the
# distance of the face's outline from its middle. By eye, on the bundled portraits.
RING_STEP = 2  # every second point of the face's outline has a point of the ring outside it
RING_REACH = (1.3, 1.5)  # above the mouth, and below the chin
HAIR_REACH = 1.65
LOWEST_HAIR = 0.4  # of the way from the middle of the face to the chin: below is no hair
RING_DEPTH = 0.25  # of the face's depth: how far behind the face's outline the ring lies
CHIN_STAYS = 0.8  # the share of the head's motion that the ring does not take at the chin, where the neck holds it

CUT_STRETCH = 8.0  # canvas units by which skin at the picture's border is stretched at most; by eye, on a cut face

# How closely the fields follow landmarks, in canvas units² (see thin_plate.thin_plate_operator). By eye, on the
# bundled portraits.
CLOSE_SMOOTHING = 0.5  # lips, the corners of mouth and eyes, and the ring
LOOSE_SMOOTHING = 20.0  # all other skin, from the brows on


@dataclass(frozen=True)
class PreparedFace:
    """Everything about one portrait that no frame changes."""

    image: Float[np.ndarray, "height width channel"]
    crop: Float[np.ndarray, "cropheight cropwidth channel"]  # the part that may move
    position: Float[np.ndarray, "cropheight cropwidth 2"]  # pixel coordinates in the crop
    landmarks: Float[np.ndarray, "landmark 2"]  # canvas units
    canvas: FaceCanvas
    warp: FaceWarp
    motion: LandmarkMotion
    ring: Float[np.ndarray, "ring 3"]  # background points in the basis
    ring_follows: Float[np.ndarray, "ring"]  # the share of the head's motion that each takes
    chest: Float[np.ndarray, "row column 2"]  # the field of a full breath, see breathing.py
    eyes: tuple[Eye, ...]
    lips: Lips
    mouth: PosedMouth
    light: SkinLight
    folds: PortraitFolds
    refiner_portrait: RefinerPortrait | None  # None without a refiner

    @cached_property
    def cut(self) -> bool:
        """Whether the picture's border cuts the face, or comes so near to it that it holds the face's motion."""
        return bool(self.warp.border_distance(self.landmarks[list(OVAL)]).min() < BORDER_FADE)

    def limited_turn(self, head: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
        """A turn of a cut head (radians) that stretches the skin at the picture's border by no more than CUT_STRETCH.

        Beyond the border are no pixels that could follow.
        """
        motion = self.motion
        by_head = motion.canvas_places(motion.turned_pose(head), motion.shape) - motion.places
        lost = np.abs(by_head - self.warp.held_points(self.landmarks, by_head)).max()
        return head * np.float32(np.tanh(lost / CUT_STRETCH) / max(lost / CUT_STRETCH, 1e-6))

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that may move."""
        left, top, right, bottom = self.canvas.roi
        return slice(top, bottom), slice(left, right)


@runtime_checkable
class MouthFilling(Protocol):
    """Whatever makes the pixels of the box around the moved lips: `PosedMouth.fill`, or a stand-in."""

    def __call__(
        self,
        mouth: PosedMouth,
        /,
        box: PixelBox,
        crop: Float[np.ndarray, "cropheight cropwidth channel"],
        skin: Float[np.ndarray, "height width channel"],
        contour: OpeningContour,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
        by_head: Float[np.ndarray, "landmark 2"],
    ) -> Float[np.ndarray, "height width channel"]:
        """The filled box; `skin`, its warped pixels, may be changed in place. Other shapes as in `PosedMouth.fill`."""
        ...


class FaceRenderer:
    """Warps portraits to expressions of the face basis and paints the mouth that opens."""

    def __init__(
        self,
        basis: FaceBasis,
        mouth: MouthInterior,
        refiner: Painter | None = None,
        fill_mouth: MouthFilling = PosedMouth.fill,
    ):
        """Without a refiner, frames are left as they are composed."""
        self.basis = basis
        self.mouth = mouth
        self.refiner = refiner
        self.fill_mouth = fill_mouth

    def prepare(self, face: FaceReference, film: PosedMouth | None = None) -> PreparedFace:
        """Precomputes one portrait's fields, cuts and mouth, which takes a fraction of a second.

        For a frame of a film, `film` is the mouth of the frame that shows the person best. All frames then paint this
        mouth over the teeth that they show themselves, so that teeth stay the same.
        """
        image = np.ascontiguousarray(face.image.numpy(), np.float32)
        canvas = face_canvas(face.landmarks.points[:, :2], image.shape[1], image.shape[0])
        left, top, right, bottom = canvas.roi
        crop = with_colours_behind(np.ascontiguousarray(image[top:bottom, left:right]))
        position = np.stack(np.meshgrid(np.arange(right - left), np.arange(bottom - top)), -1).astype(np.float32)
        landmarks = canvas.canvas_points(face.landmarks.points[:, :2])
        ring, ring_points, ring_follows = background_ring(self.basis, face, landmarks)
        warp = build_warp(canvas, landmarks, ring_points)
        motion = LandmarkMotion.build(self.basis, face, canvas)
        eyes = tuple(Eye.build(warp, landmarks, lids, crop) for lids in LIDS)
        lips = Lips.build(warp, landmarks, crop)
        mouth = (
            self.mouth.pose(motion, landmarks, lips, crop) if film is None else film.seen_in(motion, landmarks, lips)
        )
        places = resting_places(landmarks, self.basis.mean)
        light = SkinLight.build(canvas, landmarks, crop)
        folds = PortraitFolds.build(face.expression, places, landmarks, light, crop)
        portrait = RefinerPortrait.build(face, places, canvas, landmarks, crop) if self.refiner else None
        return PreparedFace(
            image, crop, position, landmarks, canvas, warp, motion, ring, ring_follows, chest_field(warp, landmarks),
            eyes, lips, mouth, light, folds, portrait,
        )  # fmt: skip

    def frame(
        self,
        prepared: PreparedFace,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
        breath: float = 0.0,
    ) -> Float[np.ndarray, "height width channel"]:
        """The whole source picture, 0 to 1, with the face at an expression and a turn of the head.

        `head` is yaw, pitch and roll in radians relative to the portrait (see landmark_motion.head_rotation); `breath`
        lifts the shoulders: −1 is a full breath lower than the portrait.
        """
        frame = prepared.image.copy()
        self.compose(prepared, expression, head, frame[prepared.area], breath)
        return frame

    def region(
        self,
        prepared: PreparedFace,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
        breath: float = 0.0,
    ) -> Float[np.ndarray, "cropheight cropwidth channel"]:
        """The part of `frame` that may differ from the picture: the pixels of `prepared.area`."""
        moving = np.empty_like(prepared.crop)
        self.compose(prepared, expression, head, moving, breath)
        return moving

    def compose(
        self,
        prepared: PreparedFace,
        expression: Float[np.ndarray, "expression"],
        head: Float[np.ndarray, "3"],
        moving: Float[np.ndarray, "cropheight cropwidth channel"],
        breath: float = 0.0,
    ) -> None:
        """Draws the moving part of the picture into `moving`."""
        warp, crop = prepared.warp, prepared.folds.smoothed(prepared.crop, expression)
        if prepared.cut:
            head = prepared.limited_turn(head)
        moved, by_head = prepared.motion.displacements(expression, head)
        chest = np.float32(breath) * prepared.chest if breath else None
        forward = warp.forward(np.concatenate([moved[CONTROL_INDICES], ring_displacements(prepared, head)]), chest)
        if prepared.cut:  # what is drawn onto the skin is held where the skin is
            moved, by_head = (warp.held_points(prepared.landmarks, each) for each in (moved, by_head))
        backward = warp.backward(forward)
        contour = prepared.lips.moved(warp, forward)
        flow = prepared.lips.blend(contour, backward)
        moving[...] = crop
        area = warp.moving_area(flow)
        if moving[area].size:
            where = warp.pixel_flow(flow)[area]
            where += prepared.position[area]
            sample_pixels(crop, where, moving[area])
        light = frame_light(prepared, flow, moved, by_head)
        light.light_up(moving[area], area)
        skin_motion = SkinMotion(crop, warp, forward[0], flow, light)
        eyes = [eye.posed(skin_motion, moved, by_head) for eye in prepared.eyes]
        for eye in eyes:
            area, pixels = draw_eye(eye)
            moving[area] = pixels
        box = prepared.lips.moved_box(contour)
        skin = prepared.lips.skin(box, crop, warp, contour, backward)
        light.light_up(skin, box.area)
        moving[box.area] = self.fill_mouth(prepared.mouth, box, crop, skin, contour, expression, head, by_head)
        if self.refiner and prepared.refiner_portrait:
            openings = (contour, *(eye.lids for eye in eyes))
            inputs = prepared.refiner_portrait.inputs(moving, warp, flow, openings, expression, moved, by_head)
            if inputs is not None:
                self.refiner.paint(inputs, moving)


def frame_light(
    prepared: PreparedFace,
    flow: Float[np.ndarray, "row column 2"],
    moved: Float[np.ndarray, "landmark 2"],
    by_head: Float[np.ndarray, "landmark 2"],
) -> FrameLight:
    """The light on the skin of one frame, which stays on the head; arguments as in `RefinerPortrait.inputs`."""
    corners = list(OUTER_EYE_CORNERS)
    transform = SimilarityTransform.of_corners(prepared.landmarks[corners], by_head[corners])
    by_expression = prepared.warp.upper_field((moved - by_head)[CONTROL_INDICES])
    return prepared.light.in_frame(prepared.warp, flow, by_expression, transform)


def background_ring(
    basis: FaceBasis, face: FaceReference, landmarks: Float[np.ndarray, "landmark 2"]
) -> tuple[Float[np.ndarray, "ring 3"], Float[np.ndarray, "ring 2"], Float[np.ndarray, "ring"]]:
    """Points of the background around the face, which no expression moves.

    Returned are their places in the basis and on the canvas, and the share of the head's motion that they take.
    """
    outline = np.array(OVAL[::RING_STEP])
    centre = landmarks[list(OVAL)].mean(0)
    low = np.clip((landmarks[outline, 1] - centre[1]) / (landmarks[CHIN_TIP, 1] - centre[1]), 0, 1)
    hair = low < LOWEST_HAIR
    reach = np.concatenate([RING_REACH[0] + low * (RING_REACH[1] - RING_REACH[0]), np.full(hair.sum(), HAIR_REACH)])
    outline, low = np.concatenate([outline, outline[hair]]), np.concatenate([low, low[hair]])
    points = centre + reach[:, None] * (landmarks[outline] - centre)
    shape = basis.shape(face.identity, face.expression)
    middle = shape[list(OVAL)].mean(0)
    ring = middle + reach[:, None] * (shape[outline] - middle)
    ring[:, 2] = shape[outline, 2] - RING_DEPTH * np.ptp(shape[:, 2])
    return ring.astype(np.float32), points.astype(np.float32), (1 - CHIN_STAYS * low).astype(np.float32)


def build_warp(
    canvas: FaceCanvas, landmarks: Float[np.ndarray, "landmark 2"], ring: Float[np.ndarray, "ring 2"]
) -> FaceWarp:
    """The two fields of a portrait; landmarks and ring in canvas units."""
    controls = np.concatenate([landmarks[list(CONTROLS)], ring])
    upper, lower = np.ones(len(controls), bool), np.ones(len(controls), bool)
    first, second = len(UPPER_SIDE_ONLY), len(UPPER_SIDE_ONLY) + len(LOWER_SIDE_ONLY)
    lower[:first] = False
    upper[first:second] = False
    smoothing = np.full(len(controls), CLOSE_SMOOTHING)
    loose = len(BOTH_SIDES) - next(index for index, name in enumerate(BOTH_SIDES) if name in BROWS)
    smoothing[len(CONTROLS) - loose : len(CONTROLS)] = LOOSE_SMOOTHING
    return FaceWarp.build(canvas, controls, smoothing, upper, lower)


def ring_displacements(prepared: PreparedFace, head: Float[np.ndarray, "3"]) -> Float[np.ndarray, "ring 2"]:
    """Displacements of the ring by a turn of the head (radians), in canvas units."""
    motion = prepared.motion
    before = motion.basis.project(motion.face.pose, prepared.ring)
    moved = (motion.basis.project(motion.turned_pose(head), prepared.ring) - before)[:, :2]
    return (moved @ prepared.canvas.to_canvas[:, :2].T * prepared.ring_follows[:, None]).astype(np.float32)


def render_motion(renderer: FaceRenderer, face: FaceReference, motion: Motion) -> Iterator[np.ndarray]:
    """Every frame of a performance, one after the other: the whole picture, 0 to 1."""
    prepared = renderer.prepare(face)
    for index in range(motion.num_frames):
        yield renderer.frame(prepared, *motion.pose(index))
