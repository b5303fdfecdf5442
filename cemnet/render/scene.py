"""One picture with one or several faces that move in it, composed into one frame at the picture's resolution."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from ..errors import CEMNetError
from ..media.pixels import to_uint8
from ..types import FaceReference, Motion
from .canvas import edge_fade
from .renderer import FaceRenderer, PreparedFace

Performance = tuple[FaceReference, Motion]
Region = tuple[tuple[slice, slice], Float[np.ndarray, "height width channel"]]  # rows and columns, and their pixels
# How neighbouring faces part the pixels between them. By eye, on the bundled portraits: the claim of a face falls as
# exp(−NEARNESS · squared distance), with distances in heights of the face.
NEARNESS = 2.0
LEAST_CLAIM = 1e-9  # keeps divisions finite at the edge of a crop


@dataclass(frozen=True)
class Scene:
    """A picture and its prepared faces."""

    image: Float[np.ndarray, "height width channel"]
    faces: tuple[PreparedFace, ...]
    shares: tuple[Float[np.ndarray, "cropheight cropwidth 1"] | None, ...]  # see share_of

    @classmethod
    def build(cls, renderer: FaceRenderer, faces: Sequence[FaceReference]) -> "Scene":
        """Prepares all faces of one picture; CEMNetError where they come from different ones."""
        image = faces[0].image
        if any(face.image is not image and not face.image.equal(image) for face in faces[1:]):
            raise CEMNetError("The faces come from different pictures. Take all of them from the same one.")
        prepared = tuple(renderer.prepare(face) for face in faces)
        return cls(prepared[0].image, prepared, tuple(share_of(face, prepared) for face in prepared))

    def regions(
        self,
        renderer: FaceRenderer,
        poses: Sequence[tuple[Float[np.ndarray, "expression"], Float[np.ndarray, "3"], float]],
    ) -> Iterator[Region]:
        """The parts of the picture that the faces change, for an expression, a turn of the head and a breath each.

        Where parts overlap they agree.
        """
        pixels = [renderer.region(face, *pose) for face, pose in zip(self.faces, poses, strict=True)]
        changes = [
            None if share is None else share * (moved - face.crop)
            for face, moved, share in zip(self.faces, pixels, self.shares, strict=True)
        ]
        for index, face in enumerate(self.faces):
            change = changes[index]
            if change is not None:
                pixels[index] = face.crop + change
                for other, other_change in zip(self.faces, changes, strict=True):
                    overlap = overlap_of(face, other)
                    if other is not face and other_change is not None and overlap is not None:
                        pixels[index][overlap[0]] += other_change[overlap[1]]
                np.clip(pixels[index], 0, 1, out=pixels[index])
            yield face.area, pixels[index]


def overlap_of(first: PreparedFace, second: PreparedFace) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    """The pixels that two crops share: rows and columns in the first and in the second, or None."""
    low = [max(one.start, other.start) for one, other in zip(first.area, second.area, strict=True)]
    high = [min(one.stop, other.stop) for one, other in zip(first.area, second.area, strict=True)]
    if low[0] >= high[0] or low[1] >= high[1]:
        return None
    rows, columns = (
        tuple(slice(low[axis] - face.area[axis].start, high[axis] - face.area[axis].start) for face in (first, second))
        for axis in (0, 1)
    )
    return (rows[0], columns[0]), (rows[1], columns[1])


def claim(face: PreparedFace) -> Float[np.ndarray, "cropheight cropwidth"]:
    """How strongly a face claims the pixels of its crop: fully at its middle, not at all at the crop's edge."""
    origin = np.array([face.area[1].start, face.area[0].start], np.float32)
    points = face.canvas.canvas_points(face.position + origin)
    middle = face.landmarks.mean(0)
    distance = np.linalg.norm(points - middle, axis=-1) / np.ptp(face.landmarks[:, 1])
    return edge_fade(points) * np.exp(-NEARNESS * distance**2) + LEAST_CLAIM


def share_of(face: PreparedFace, faces: Sequence[PreparedFace]) -> Float[np.ndarray, "cropheight cropwidth 1"] | None:
    """A face's part of every pixel of its crop, or None where no other face reaches into it."""
    own = claim(face)
    total, shared = own.copy(), False
    for other in faces:
        overlap = overlap_of(face, other)
        if other is not face and overlap is not None:
            total[overlap[0]] += claim(other)[overlap[1]]
            shared = True
    return (own / total)[..., None].astype(np.float32) if shared else None


def poses_of(performances: Sequence[Performance]) -> Iterator[list[tuple[np.ndarray, np.ndarray, float]]]:
    """Expression, head and breath of every face, frame by frame.

    A face whose motion ends first stays as its last frame is. CEMNetError where the motions have different frame rates.
    """
    motions = [motion for _, motion in performances]
    if len({motion.fps for motion in motions}) > 1:
        rates = ", ".join(f"{motion.fps:g}" for motion in motions)
        raise CEMNetError(f"The motions have different frame rates ({rates}). Make all of them at the same one.")
    for index in range(max(motion.num_frames for motion in motions)):
        yield [motion.pose(min(index, motion.num_frames - 1)) for motion in motions]


def render_performances(
    renderer: FaceRenderer, performances: Sequence[Performance]
) -> Iterator[Float[np.ndarray, "height width channel"]]:
    """Every frame (0 to 1) with all faces in it, as long as the longest performance."""
    scene = Scene.build(renderer, [face for face, _ in performances])
    for poses in poses_of(performances):
        frame = scene.image.copy()
        for area, pixels in scene.regions(renderer, poses):
            frame[area] = pixels
        yield frame


def stream_performances(
    renderer: FaceRenderer, performances: Sequence[Performance]
) -> Iterator[UInt8[np.ndarray, "height width channel"]]:
    """As `render_performances`, in 8 bits and in place: each frame overwrites the one before it, and only what moves
    costs time, however large the picture is."""
    scene = Scene.build(renderer, [face for face, _ in performances])
    frame = to_uint8(scene.image)
    for poses in poses_of(performances):
        for area, pixels in scene.regions(renderer, poses):
            frame[area] = to_uint8(pixels)
        yield frame
