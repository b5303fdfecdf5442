"""Motions as glTF 2.0: a head with morph targets of ARKit's names, and an animation of their weights and of its turn.

A .glb is what Blender, game engines and browsers import. The head is the user's own, or a mask of the 478 landmarks
that the face basis knows. pygltflib (the extra `gltf`) reads and writes the files.
"""

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.spatial import Delaunay
from scipy.spatial.transform import Rotation

from ..arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS
from ..checkpoint import find_weights, load_checkpoint
from ..curves import interpolate_curves
from ..errors import MotionFileError
from ..face.landmark_indices import LEFT_LIDS, LOWER_INNER_LIP, RIGHT_LIDS, UPPER_INNER_LIP
from ..motion.live_link import MOST_FRAMES, check_size
from ..output_file import OutputFile, check_output
from ..performance_settings import FASTEST_FPS, SLOWEST_FPS
from ..types import MOTION_FPS, Motion

if TYPE_CHECKING:
    from pygltflib import GLTF2

FLOAT, UNSIGNED_SHORT = 5126, 5123  # component types of glTF
NUM_COMPONENTS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
NUM_OUTER_LANDMARKS = 468  # the others are the irises'
METRES = 0.01  # the face basis is in centimetres
TURN_AXES = "YXZ"  # yaw about the head's own upright axis, then pitch, then roll
HEAD_NAMES = re.compile(r"(?:.*[:_. ])?head", re.IGNORECASE)  # of a node or bone: Head, mixamorig:Head
SIDES = {"l": "left", "r": "right"}


@dataclass(frozen=True)
class Mask:
    """A face to look at where the user has no head: its front alone, with holes for eyes and mouth; metres."""

    vertices: Float[np.ndarray, "vertex 3"]
    triangles: Int[np.ndarray, "triangle 3"]
    targets: Float[np.ndarray, "expression vertex 3"]  # displacements at a weight of 1


def require_gltf() -> None:
    """MotionFileError where the package that reads and writes glTF is missing."""
    if importlib.util.find_spec("pygltflib") is None:
        raise MotionFileError("glTF files need pygltflib. Install it: pip install pygltflib.")


def write_motion_glb(path: Path, motion: Motion, head: Path | None = None, overwrite: bool = False) -> None:
    """Writes a .glb: `head`, a .glb with ARKit's morph targets, or a mask without one, animated by the motion.

    Every mesh of the head that has such targets moves (jawOpen, mouthSmile_L and Mouth.Smile.L are known), and a node
    named Head turns. What else is in the file stays. MotionFileError where the head has no such target, a file cannot
    be read, the output exists (unless `overwrite`) or cannot be written, or pygltflib is missing.
    """
    check_output(path, overwrite, (".glb",), "motion file", MotionFileError)
    require_gltf()
    if not (motion.expression.isfinite().all() and motion.head.isfinite().all()):
        raise MotionFileError("The motion holds a value that is not a number, so it was not written.")
    model = mask_model(landmark_mask()) if head is None else read_glb(head)
    animate_model(model, motion, "the mask" if head is None else str(head))
    with OutputFile(path, overwrite, MotionFileError) as output:
        output.partial.write_bytes(b"".join(model.save_to_bytes()))


def read_motion_glb(path: Path, fps: float | None = None) -> Motion:
    """The first animation of ARKit's morph targets in a .glb, at its own rate, or where it has none at `fps` (25).

    The turn of a node named Head comes along. MotionFileError where there is none, or the file is damaged.
    """
    require_gltf()
    model = read_glb(path)
    for animation in model.animations or []:
        weights, turns = None, None
        for channel in animation.channels:
            sampler, node = animation.samplers[channel.sampler], channel.target.node
            if channel.target.path == "weights" and weights is None and node is not None:
                columns = target_columns(model, model.nodes[node].mesh)
                if any(column is not None for column in columns):
                    weights = columns, _values(model, sampler.input), _values(model, sampler.output)
            elif channel.target.path == "rotation" and node is not None and _is_head(model.nodes[node].name):
                turns = node, _values(model, sampler.input), _values(model, sampler.output)
        if weights is not None:
            return _motion(path, model, weights, turns, fps)
    raise MotionFileError(f"{path} has no animation of morph targets with ARKit's names, such as jawOpen.")


def read_glb(path: Path) -> "GLTF2":
    """A .glb; MotionFileError where it is missing, too large, or not one."""
    from pygltflib import GLTF2

    if path.suffix.lower() != ".glb":
        raise MotionFileError(f"{path} has to be a .glb file. Export the head as glTF binary.")
    if not path.is_file():
        raise MotionFileError(f"There is no file at {path}. Check the path.")
    check_size(path)
    try:
        model = GLTF2().load_binary(str(path))
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        raise MotionFileError(f"{path} cannot be read as glTF binary ({error}). Export it again.") from error
    if model is None or model.binary_blob() is None:
        raise MotionFileError(f"{path} cannot be read as glTF binary. Export it again.")
    return model


def animate_model(model: "GLTF2", motion: Motion, what: str) -> None:
    """Adds the motion to a model as an animation named "cemnet"; MotionFileError where nothing in it can move."""
    from pygltflib import Animation, AnimationChannel, AnimationChannelTarget, AnimationSampler

    times = np.arange(motion.num_frames, dtype=np.float32) / np.float32(motion.fps)
    expression = motion.expression.detach().cpu().float().numpy()
    animation = Animation(name="cemnet", channels=[], samplers=[])
    clock = _add_accessor(model, times[:, None], "SCALAR", limits=True)

    def add(node: int, path: str, values: Float[np.ndarray, "row column"], kind: str) -> None:
        output = _add_accessor(model, values, kind)
        animation.samplers.append(AnimationSampler(input=clock, output=output, interpolation="LINEAR"))
        target = AnimationChannelTarget(node=node, path=path)
        animation.channels.append(AnimationChannel(sampler=len(animation.samplers) - 1, target=target))

    for number, node in enumerate(model.nodes):
        columns = target_columns(model, node.mesh)
        if any(column is not None for column in columns):
            still = np.zeros(motion.num_frames, np.float32)
            weights = np.stack([still if column is None else expression[:, column] for column in columns], axis=1)
            add(number, "weights", weights.reshape(-1, 1), "SCALAR")
    if not animation.channels:
        raise MotionFileError(
            f"{what} has no morph target (shape key) with one of ARKit's names, such as jawOpen or mouthSmileLeft."
        )
    head = next((number for number, node in enumerate(model.nodes) if _is_head(node.name)), None)
    if head is not None:
        turned = _turned(model, head, motion.head.detach().cpu().double().numpy())
        add(head, "rotation", turned.astype(np.float32), "VEC4")
    model.animations = [*(model.animations or []), animation]


def landmark_mask() -> Mask:
    """The average face of the face basis, as the skin moves with each blendshape."""
    tensors, _ = load_checkpoint(find_weights("face_basis.safetensors"))
    vertices = tensors["mean"].numpy()[:NUM_OUTER_LANDMARKS].astype(np.float64)
    skin = tensors["skin"].numpy()[:, :NUM_OUTER_LANDMARKS].astype(np.float64)
    # With an open mouth no triangle reaches from one lip to the other.
    triangles = Delaunay((vertices + skin[ARKIT_INDEX["jawOpen"]])[:, :2]).simplices
    mouth = {*UPPER_INNER_LIP, *LOWER_INNER_LIP}
    holes = (mouth, *({*lids.upper, *lids.lower, *lids.corners} for lids in (LEFT_LIDS, RIGHT_LIDS)))
    kept = np.array([triangle for triangle in triangles if not any(hole.issuperset(triangle) for hole in holes)])
    first, second, third = (vertices[kept[:, corner]] for corner in range(3))
    clockwise = np.cross(second - first, third - first)[:, 2] < 0  # seen from the front
    kept[clockwise] = kept[clockwise][:, ::-1]
    return Mask(METRES * vertices, kept, METRES * skin)


def mask_model(mask: Mask) -> "GLTF2":
    """The mask as a model of one node, named Head."""
    from pygltflib import GLTF2, Asset, Attributes, Buffer, Material, Mesh, Node, PbrMetallicRoughness, Primitive, Scene

    skin = PbrMetallicRoughness(baseColorFactor=[0.75, 0.55, 0.45, 1.0], metallicFactor=0.0, roughnessFactor=0.7)
    model = GLTF2(asset=Asset(generator="CEM-Net"), scene=0, scenes=[Scene(nodes=[0])], buffers=[Buffer(byteLength=0)])
    model.nodes = [Node(name="Head", mesh=0)]
    model.materials = [Material(name="skin", pbrMetallicRoughness=skin, doubleSided=True)]
    model.set_binary_blob(b"")
    indices = _add_accessor(model, mask.triangles.reshape(-1, 1), "SCALAR", UNSIGNED_SHORT)
    position = _add_accessor(model, mask.vertices, "VEC3", limits=True)
    targets = [Attributes(POSITION=_add_accessor(model, target, "VEC3", limits=True)) for target in mask.targets]
    face = Primitive(attributes=Attributes(POSITION=position), indices=indices, material=0, targets=targets)
    names = {"targetNames": list(ARKIT_NAMES)}
    model.meshes = [Mesh(name="face", primitives=[face], weights=[0.0] * NUM_EXPRESSIONS, extras=names)]
    return model


def target_columns(model: "GLTF2", mesh: int | None) -> list[int | None]:
    """For each morph target of a mesh the ARKit blendshape that it is named after, None for another name."""
    if mesh is None:
        return []
    count = max((len(primitive.targets or []) for primitive in model.meshes[mesh].primitives), default=0)
    extras: Any = model.meshes[mesh].extras
    names = extras.get("targetNames") if isinstance(extras, dict) else None
    named = [arkit_column(str(name)) for name in names] if isinstance(names, list) else []
    return (named + [None] * count)[:count]


def arkit_column(name: str) -> int | None:
    """The blendshape that a morph target's name means, whatever its case and separators; _L and _R are sides."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    if len(words) > 1 and words[-1].lower() in SIDES:
        words[-1] = SIDES[words[-1].lower()]
    return COLUMN_OF_NAME.get("".join(words).lower())


COLUMN_OF_NAME = {name.lower(): column for name, column in ARKIT_INDEX.items()}


def _is_head(name: str | None) -> bool:
    return name is not None and HEAD_NAMES.fullmatch(name) is not None


def _add_accessor(
    model: "GLTF2",
    values: Float[np.ndarray, "row column"] | Int[np.ndarray, "row column"],
    kind: str,
    component: int = FLOAT,
    limits: bool = False,
) -> int:
    """Appends values to the model's binary part; returns the number of the accessor that reads them."""
    from pygltflib import Accessor, BufferView

    stored = np.ascontiguousarray(values, np.float32 if component == FLOAT else np.uint16)
    blob = model.binary_blob() or b""
    blob += b"\0" * (-len(blob) % 4)
    model.set_binary_blob(blob + stored.tobytes())
    model.buffers[0].byteLength = len(blob) + stored.nbytes
    model.bufferViews.append(BufferView(buffer=0, byteOffset=len(blob), byteLength=stored.nbytes))
    ends = {"min": stored.min(0).tolist(), "max": stored.max(0).tolist()} if limits else {}
    view = len(model.bufferViews) - 1
    model.accessors.append(Accessor(bufferView=view, componentType=component, count=len(stored), type=kind, **ends))
    return len(model.accessors) - 1


def _rest(node: Any) -> Rotation:
    """How a node is turned in its parent when it rests."""
    if node.rotation is not None:
        return Rotation.from_quat(node.rotation)
    if node.matrix is not None:
        columns = np.array(node.matrix, np.float64).reshape(4, 4).T[:3, :3]
        return Rotation.from_matrix(columns / np.linalg.norm(columns, axis=0))
    return Rotation.identity()


def _above(model: "GLTF2", node: int) -> Rotation:
    """How everything above a node is turned in the world."""
    parent = next((number for number, each in enumerate(model.nodes) if node in (each.children or [])), None)
    return Rotation.identity() if parent is None else _above(model, parent) * _rest(model.nodes[parent])


def _turned(model: "GLTF2", node: int, angles: Float[np.ndarray, "frame 3"]) -> Float[np.ndarray, "frame 4"]:
    """The node's rotations (x, y, z, w) that turn it by yaw, pitch and roll in the world, from where it rests."""
    above = _above(model, node)
    turned = above.inv() * Rotation.from_euler(TURN_AXES, angles) * above * _rest(model.nodes[node])
    quaternions = turned.as_quat()
    flips = np.cumprod(np.where((quaternions[1:] * quaternions[:-1]).sum(1) < 0, -1.0, 1.0))
    quaternions[1:] *= flips[:, None]  # neighbours on one side, so that players interpolate the short way
    return quaternions


def _motion(
    path: Path,
    model: "GLTF2",
    weights: tuple[Sequence[int | None], Float[np.ndarray, "key"], Float[np.ndarray, "value"]],
    turns: tuple[int, Float[np.ndarray, "turn"], Float[np.ndarray, "part"]] | None,
    fps: float | None,
) -> Motion:
    columns, times, values = weights
    keys = _keys(path, times, values, len(columns))
    rate = _rate(times, fps)
    count = max(1, round(float(times[-1] - times[0]) * rate) + 1)
    if count > MOST_FRAMES:
        raise MotionFileError(f"{path} has over {MOST_FRAMES} frames. Cut the take into parts.")
    at = times[0] + np.arange(count) / rate
    resampled = interpolate_curves(at, times, keys)
    expression = np.zeros((count, NUM_EXPRESSIONS), np.float32)
    for place, column in enumerate(columns):
        if column is not None:
            expression[:, column] = np.maximum(expression[:, column], resampled[:, place])
    head = np.zeros((count, 3), np.float32)
    if turns is not None:
        node, turn_times, parts = turns
        above, quaternions = _above(model, node), _keys(path, turn_times, parts, 4)
        if (np.linalg.norm(quaternions, axis=1) < 1e-6).any():
            raise MotionFileError(f"{path} turns the head by a rotation of length 0. Export it again.")
        turned = above * Rotation.from_quat(quaternions) * _rest(model.nodes[node]).inv() * above.inv()
        angles = np.unwrap(turned.as_euler(TURN_AXES), axis=0)
        head = interpolate_curves(at, turn_times, angles).astype(np.float32)
    return Motion(torch.from_numpy(expression).clamp(0, 1), torch.from_numpy(head), rate)


def _keys(
    path: Path, times: Float[np.ndarray, "key"], values: Float[np.ndarray, "value"], width: int
) -> Float[np.ndarray, "key width"]:
    """A row of values for each key; of a cubic spline's triples the value in the middle."""
    rows = len(values) // width
    if len(times) == 0 or len(values) % width or rows not in (len(times), 3 * len(times)):
        raise MotionFileError(f"{path} has an animation whose values do not fit its times. Export it again.")
    if not (np.isfinite(times).all() and np.isfinite(values).all()) or (np.diff(times) <= 0).any():
        raise MotionFileError(f"{path} has an animation whose times do not rise, or a value that is not a number.")
    table = values.reshape(rows, width)
    return table[1::3] if rows == 3 * len(times) and rows != len(times) else table


def _rate(times: Float[np.ndarray, "key"], fps: float | None) -> float:
    """Frames per second of evenly spaced keys; else what is asked for."""
    steps = np.diff(times)
    if len(steps) and np.abs(steps - steps.mean()).max() < 0.1 * steps.mean():
        rate = round(float(1 / steps.mean()), 3)
        if SLOWEST_FPS <= rate <= FASTEST_FPS:
            return rate
    return float(fps or MOTION_FPS)


def _values(model: "GLTF2", number: int) -> Float[np.ndarray, "value"]:
    """What an accessor reads, in one row; MotionFileError for other than tightly packed floats of the file itself."""
    try:
        accessor = model.accessors[number]
        if accessor.bufferView is None:
            raise MotionFileError("The file keeps its animation in another way than as floats. Export it again.")
        view = model.bufferViews[accessor.bufferView]
        if accessor.componentType != FLOAT or view.byteStride or view.buffer != 0:
            raise MotionFileError("The file keeps its animation in another way than as floats. Export it again.")
        count = accessor.count * NUM_COMPONENTS[accessor.type]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        blob = model.binary_blob() or b""
        if start < 0 or count < 0 or start + 4 * count > len(blob):
            raise MotionFileError("The file's animation is cut off. Export it again.")
        return np.frombuffer(blob, "<f4", count, start).astype(np.float64)
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise MotionFileError(f"The file's animation cannot be read ({error}). Export it again.") from error
