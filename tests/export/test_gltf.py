"""Motions as glTF: any head with ARKit's shape keys moves as the motion says, and the file reads back as the motion."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from cemnet.arkit import ARKIT_INDEX, ARKIT_NAMES, NUM_EXPRESSIONS
from cemnet.errors import MotionFileError
from cemnet.export import gltf
from cemnet.export.gltf import arkit_column, landmark_mask, mask_model, read_motion_glb, write_motion_glb
from cemnet.export.motions import read_any_motion, write_any_motion
from cemnet.types import Motion

pygltflib = pytest.importorskip("pygltflib", reason="glTF needs pygltflib, the extra gltf")
FRAMES = 24


def moving(fps: float = 30.0) -> Motion:
    """Curves of all blendshapes, and a head that turns every way."""
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(FRAMES) / fps
    head = torch.stack([0.3 * torch.sin(3 * time), 0.2 * torch.cos(2 * time), 0.1 * torch.sin(time)], dim=1)
    return Motion(torch.rand(FRAMES, NUM_EXPRESSIONS, generator=generator), head, fps)


def own_head(path: Path, names: list[str], bone_turn: list[float] | None = None) -> None:
    """A head as an artist exports it: other names, targets of another kind, a neck that leans, an old animation."""
    model = mask_model(landmark_mask())
    model.meshes[0].extras = {"targetNames": names}
    primitive = model.meshes[0].primitives[0]
    primitive.targets = primitive.targets[: len(names)]
    model.nodes = [
        pygltflib.Node(name="Neck", rotation=[0.5, 0.5, 0.5, 0.5], children=[1]),
        pygltflib.Node(name="mixamorig:Head", rotation=bone_turn, children=[2]),
        pygltflib.Node(name="face", mesh=0),
    ]
    model.animations = [pygltflib.Animation(name="idle", channels=[], samplers=[])]
    path.write_bytes(b"".join(model.save_to_bytes()))


def weights_of(path: Path) -> np.ndarray:
    """The animation's weights, frame by target, read from the file's bytes."""
    model = pygltflib.GLTF2().load_binary(str(path))
    (animation,) = (each for each in model.animations if each.name == "cemnet")
    (channel,) = (each for each in animation.channels if each.target.path == "weights")
    accessor = model.accessors[animation.samplers[channel.sampler].output]
    view = model.bufferViews[accessor.bufferView]
    return np.frombuffer(model.binary_blob(), "<f4", accessor.count, view.byteOffset).reshape(FRAMES, -1)


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_a_motion_comes_back(tmp_path, fps):
    motion = moving(fps)
    write_any_motion(tmp_path / "talk.glb", motion)
    back = read_any_motion(tmp_path / "talk.glb")
    assert back.fps == fps and back.num_frames == FRAMES
    torch.testing.assert_close(back.expression, motion.expression, atol=1e-5, rtol=0)
    torch.testing.assert_close(back.head, motion.head, atol=1e-4, rtol=0)


def test_the_mask_moves_as_the_skin_of_the_face_basis():
    mask = landmark_mask()
    jaw = mask.targets[ARKIT_INDEX["jawOpen"]]
    chin, forehead = 152, 10
    assert jaw[chin, 1] < -0.01 and abs(jaw[forehead, 1]) < 0.001  # metres, upward
    first, second, third = (mask.vertices[mask.triangles[:, corner]] for corner in range(3))
    assert (np.cross(second - first, third - first)[:, 2] >= 0).all()  # seen from the front
    mouth = set(gltf.UPPER_INNER_LIP) | set(gltf.LOWER_INNER_LIP)
    assert not any(mouth.issuperset(triangle) for triangle in mask.triangles.tolist())


def test_every_part_of_a_written_file_fits_its_buffer(tmp_path):
    write_motion_glb(tmp_path / "talk.glb", moving())
    model = pygltflib.GLTF2().load_binary(str(tmp_path / "talk.glb"))
    assert model.buffers[0].byteLength == len(model.binary_blob())
    sizes = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
    for accessor in model.accessors:
        view = model.bufferViews[accessor.bufferView]
        width = 4 if accessor.componentType == gltf.FLOAT else 2
        assert view.byteOffset % 4 == 0
        assert accessor.count * sizes[accessor.type] * width == view.byteLength
        assert view.byteOffset + view.byteLength <= model.buffers[0].byteLength
    assert model.meshes[0].extras["targetNames"] == list(ARKIT_NAMES)


def test_an_artists_head_moves_by_the_names_of_its_shape_keys_and_keeps_the_rest(tmp_path):
    names = ["Mouth_Smile_L", "MySneer", "jaw.open", "eyeBlink_R"]
    own_head(tmp_path / "head.glb", names)
    motion = moving()
    write_motion_glb(tmp_path / "talk.glb", motion, tmp_path / "head.glb")
    weights = weights_of(tmp_path / "talk.glb")
    for column, name in ((0, "mouthSmileLeft"), (2, "jawOpen"), (3, "eyeBlinkRight")):
        np.testing.assert_array_equal(weights[:, column], motion.expression[:, ARKIT_INDEX[name]].numpy())
    assert (weights[:, 1] == 0).all()
    kept = pygltflib.GLTF2().load_binary(str(tmp_path / "talk.glb"))
    assert [each.name for each in kept.animations] == ["idle", "cemnet"]
    assert [node.name for node in kept.nodes] == ["Neck", "mixamorig:Head", "face"]


def test_a_head_turns_in_the_world_however_its_bones_lie(tmp_path):
    bone = Rotation.from_euler("xyz", [0.4, -1.0, 0.2])
    own_head(tmp_path / "head.glb", ["jawOpen"], bone.as_quat().tolist())
    motion = moving()
    write_motion_glb(tmp_path / "talk.glb", motion, tmp_path / "head.glb")
    model = pygltflib.GLTF2().load_binary(str(tmp_path / "talk.glb"))
    (channel,) = (each for each in model.animations[1].channels if each.target.path == "rotation")
    accessor = model.accessors[model.animations[1].samplers[channel.sampler].output]
    view = model.bufferViews[accessor.bufferView]
    local = np.frombuffer(model.binary_blob(), "<f4", 4 * FRAMES, view.byteOffset).reshape(FRAMES, 4)
    neck = Rotation.from_quat([0.5, 0.5, 0.5, 0.5])
    world = neck * Rotation.from_quat(local) * (neck * bone).inv()
    np.testing.assert_allclose(world.as_euler("YXZ"), motion.head.numpy(), atol=1e-5)
    torch.testing.assert_close(read_motion_glb(tmp_path / "talk.glb").head, motion.head, atol=1e-4, rtol=0)


def test_positive_angles_turn_as_everywhere_in_the_library(tmp_path):
    """Yaw to the person's left (+x of a face that looks along +z), pitch down."""
    motion = Motion(torch.zeros(2, NUM_EXPRESSIONS), torch.tensor([[0.3, 0.0, 0.0], [0.0, 0.3, 0.0]]), 25.0)
    write_motion_glb(tmp_path / "talk.glb", motion)
    model = pygltflib.GLTF2().load_binary(str(tmp_path / "talk.glb"))
    view = model.bufferViews[model.accessors[-1].bufferView]
    turns = Rotation.from_quat(np.frombuffer(model.binary_blob(), "<f4", 8, view.byteOffset).reshape(2, 4))
    looks = turns.apply([0.0, 0.0, 1.0])
    assert looks[0, 0] > 0.2 and looks[1, 1] < -0.2


@pytest.mark.parametrize(
    ("name", "meant"),
    [("jawOpen", "jawOpen"), ("JAWOPEN", "jawOpen"), ("mouthSmile_L", "mouthSmileLeft"),
     ("brow down r", "browDownRight"), ("eyeLookInLeft", "eyeLookInLeft"), ("viseme_aa", None), ("", None)],
)  # fmt: skip
def test_names_of_shape_keys(name, meant):
    column = arkit_column(name)
    assert (None if column is None else ARKIT_NAMES[column]) == meant


def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path):
    motion = moving()
    own_head(tmp_path / "head.glb", ["smirk"])
    with pytest.raises(MotionFileError, match="no morph target"):
        write_motion_glb(tmp_path / "a.glb", motion, tmp_path / "head.glb")
    (tmp_path / "broken.glb").write_bytes(b"glTF" + b"\1" * 50)
    for wrong in (tmp_path / "broken.glb", tmp_path / "none.glb", tmp_path / "head.obj"):
        with pytest.raises(MotionFileError):
            write_motion_glb(tmp_path / "a.glb", motion, wrong)
    with pytest.raises(MotionFileError, match="no animation of morph targets"):
        read_motion_glb(tmp_path / "head.glb")
    motion.expression[3, 0] = torch.nan
    with pytest.raises(MotionFileError, match="not a number"):
        write_motion_glb(tmp_path / "a.glb", motion)
    assert not (tmp_path / "a.glb").exists()
    write_motion_glb(tmp_path / "a.glb", moving())
    with pytest.raises(MotionFileError, match="exists already"):
        write_motion_glb(tmp_path / "a.glb", moving())


@pytest.mark.parametrize("cut", range(40, 2000, 170))
def test_a_damaged_file_is_refused_and_never_crashes(tmp_path, cut):
    write_motion_glb(tmp_path / "a.glb", moving())
    data = bytearray((tmp_path / "a.glb").read_bytes())
    (tmp_path / "cut.glb").write_bytes(data[:cut] if cut % 20 else data[:-cut])
    with pytest.raises(MotionFileError):
        read_motion_glb(tmp_path / "cut.glb")


def test_uneven_keys_are_read_at_the_rate_that_is_asked_for(tmp_path):
    write_motion_glb(tmp_path / "a.glb", moving(10.0))
    model = pygltflib.GLTF2().load_binary(str(tmp_path / "a.glb"))
    clock = model.accessors[model.animations[0].samplers[0].input]
    view, blob = model.bufferViews[clock.bufferView], bytearray(model.binary_blob())
    times = np.frombuffer(blob, "<f4", FRAMES, view.byteOffset) ** 2
    blob[view.byteOffset : view.byteOffset + 4 * FRAMES] = times.astype("<f4").tobytes()
    model.set_binary_blob(bytes(blob))
    (tmp_path / "uneven.glb").write_bytes(b"".join(model.save_to_bytes()))
    motion = read_motion_glb(tmp_path / "uneven.glb", 50.0)
    assert motion.fps == 50.0 and motion.num_frames == pytest.approx(50 * times[-1], abs=2)
    torch.testing.assert_close(motion.expression[-1], moving().expression[-1], atol=0.05, rtol=0)
