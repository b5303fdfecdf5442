"""Each node by itself, without a server: run in the environment of tests/comfyui/install.py (`make test-comfy`)."""

# ruff: noqa: E402 (the modules of ComfyUI are there only in its own environment)

import inspect
import re
import subprocess
import sys
from fractions import Fraction

import pytest
import torch

comfy_arguments = pytest.importorskip("comfy.cli_args", reason="runs in ComfyUI's own environment: make test-comfy")
comfy_arguments.args.cpu = True  # before the rest of ComfyUI is imported
pytest_plugins = ["comfyui.pack"]

import av
import comfy.model_management
import folder_paths
from execution import full_type_name
from paths import REPOSITORY

NODE_IDS = [
    "CEMNetTalkingPortrait",
    "CEMNetLoader",
    "CEMNetFaceReference",
    "CEMNetAudioEmotionEncoder",
    "CEMNetEmotionMix",
    "CEMNetEmotionTimeline",
    "CEMNetEmotionBridge",
    "CEMNetIdle",
    "CEMNetMotionEdit",
    "CEMNetSaveMotion",
    "CEMNetLoadMotion",
    "CEMNetMotionPreview",
    "CEMNetAnotherSpeaker",
    "CEMNetSplitBatch",
    "CEMNetFaceRenderer",
    "CEMNetVideoRenderer",
    "CEMNetVideoFace",
    "CEMNetVideoDubber",
    "CEMNetVideoCombine",
    "CEMNetVideoList",
]
SLOW_IMPORTS = {"librosa", "numba", "kornia", "cv2", "ai_edge_litert", "matplotlib"}


def test_the_node_ids_are_those_in_peoples_workflows(nodes):
    assert list(nodes) == NODE_IDS


def test_the_pack_hands_over_its_entry_point_and_nothing_else(imported):
    module, _ = imported
    assert not hasattr(module, "NODE_CLASS_MAPPINGS")
    assert (REPOSITORY / module.WEB_DIRECTORY / "docs").is_dir()
    assert inspect.iscoroutinefunction(module.comfy_entrypoint)


def test_importing_the_pack_does_not_make_comfyui_start_slowly(imported):
    _, brought = imported
    assert not SLOW_IMPORTS & {name.split(".")[0] for name in brought}


LOAD = """
import asyncio, logging, sys
from comfy.cli_args import args
args.cpu = True
import folder_paths, nodes
folder_paths.set_input_directory('input')
logging.basicConfig(level=logging.INFO)
for module in sys.argv[2:]:
    sys.modules[module] = None  # as if it were not installed
print("loaded:", asyncio.run(nodes.load_custom_node(sys.argv[1])))
"""


OLD = """
import sys
for name in [name for name in sys.modules if name.startswith("comfy_api")] + ["comfy_api.latest"]:
    sys.modules[name] = None  # as before ComfyUI had it
"""


def test_a_comfyui_that_is_too_old_is_told_so_in_a_sentence(tmp_path):
    code = LOAD.replace("for module in", OLD + "for module in")
    done = subprocess.run([sys.executable, "-c", code, str(REPOSITORY)], capture_output=True, text=True, cwd=tmp_path)
    assert "loaded: False" in done.stdout, done.stderr
    assert f"CEM-Net needs ComfyUI {oldest_comfyui()} or newer. Update ComfyUI" in done.stderr


def oldest_comfyui() -> str:
    """The oldest ComfyUI that pyproject.toml allows."""
    (version,) = re.findall(
        r'^requires-comfyui = ">=([\d.]+)"', (REPOSITORY / "pyproject.toml").read_text(), re.MULTILINE
    )
    return version


def test_the_oldest_comfyui_that_is_allowed_is_the_one_that_the_readme_names():
    assert f"ComfyUI {oldest_comfyui()} or newer is needed." in (REPOSITORY / "README.md").read_text()


def test_the_beginners_node_alone_answers_to_what_beginners_type(nodes):
    aliases = {name: module_of(node).BEGINNERS_WORDS for name, node in nodes.items() if "Portrait" in name}
    (words,) = aliases.values()
    assert {"talking head", "lip sync", "live portrait", "face animation", "audio to video"} <= set(words)
    for node_id, node in nodes.items():
        schema = node.GET_SCHEMA()
        known = [schema.display_name, *(getattr(schema, "search_aliases", None) or [])]
        answers = {word for word in words if any(word.lower() in name.lower() for name in known)}
        assert not answers or node_id == "CEMNetTalkingPortrait", f"{node_id}: {answers}"


def module_of(node):
    """The module that a node's class is written in."""
    return sys.modules[node.__module__]


def test_a_missing_dependency_switches_off_the_pack_with_a_sentence(tmp_path):
    """ComfyUI's own loader goes on, and says what to install."""
    command = [sys.executable, "-c", LOAD, str(REPOSITORY), "soxr", "cv2", "ai_edge_litert", "jaxtyping"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "loaded: False" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if "CEM-Net" in line)
    assert "soxr, opencv-python-headless, ai-edge-litert, jaxtyping cannot be found. Run `python install.py`" in line


def test_every_requirement_is_looked_for(nodes):
    module = sys.modules[nodes["CEMNetLoader"].__module__.rpartition(".")[0] + ".dependencies"]
    lines = re.findall(
        r'^    "([\w-]+)>=', (REPOSITORY / "pyproject.toml").read_text().split("optional")[0], re.MULTILINE
    )
    assert list(module.NEEDED.values()) == lines


@pytest.mark.parametrize("node_id", NODE_IDS)
def test_help_explains_every_input_and_output(nodes, node_id):
    """The page that ComfyUI shows under a node's question mark."""
    page = (REPOSITORY / "web" / "docs" / f"{node_id}.md").read_text()
    schema = nodes[node_id].GET_SCHEMA()
    assert page.startswith(f"# {schema.display_name}\n")
    for name in [
        *(socket.display_name or socket.id for socket in schema.inputs),
        *(socket.display_name for socket in schema.outputs),
    ]:
        assert f"| **{name}** |" in page
    assert "## Good to know" in page


@pytest.mark.parametrize("node_id", NODE_IDS)
def test_every_input_and_output_explains_itself(nodes, node_id):
    schema = nodes[node_id].GET_SCHEMA()
    assert schema.description and schema.category.split("/")[0] == "CEM-Net"
    for socket in (*schema.inputs, *schema.outputs):
        assert socket.tooltip, f"{node_id}: {socket.id} has no tooltip"


@pytest.mark.parametrize("node_id", NODE_IDS)
def test_execute_takes_exactly_the_inputs_with_the_defaults_that_are_shown(nodes, node_id):
    arguments = inspect.signature(nodes[node_id].execute).parameters
    inputs = {socket.id: socket for socket in nodes[node_id].GET_SCHEMA().inputs}
    assert list(arguments) == list(inputs)
    for name, argument in arguments.items():
        assert argument.default == getattr(inputs[name], "default", None)


def test_the_models_folder_of_comfyui_goes_before_the_packs_own(execute, tmp_path, monkeypatch):
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "cemnet", ([str(tmp_path)], set()))
    (tmp_path / "face_basis.safetensors").write_bytes(b"not weights")
    with pytest.raises(ValueError, match=r"face_basis\.safetensors cannot be read"):
        execute("CEMNetLoader", device="cpu")


def test_a_new_file_in_the_models_folder_is_loaded(nodes, tmp_path, monkeypatch):
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "cemnet", ([str(tmp_path), str(tmp_path / "none")], set()))
    before = nodes["CEMNetLoader"].fingerprint_inputs()
    assert nodes["CEMNetLoader"].fingerprint_inputs() == before
    (tmp_path / "emotion_motion.safetensors").write_bytes(b"weights")
    assert nodes["CEMNetLoader"].fingerprint_inputs() != before


def test_models_cemnet_is_a_model_folder_of_comfyui(nodes):
    assert any(path.endswith("cemnet") for path in folder_paths.get_folder_paths("cemnet"))


def test_auto_runs_where_comfyui_runs(model):
    assert str(model.device) == str(comfy.model_management.get_torch_device())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_not_there_is_answered_with_a_sentence(execute):
    with pytest.raises(ValueError, match="no CUDA device"):
        execute("CEMNetLoader", device="cuda")


@pytest.mark.parametrize(("device", "answer"), [("auto", True), ("cpu", True), (None, True)])
def test_a_device_of_this_machine_is_accepted(nodes, device, answer):
    assert nodes["CEMNetLoader"].validate_inputs(device=device) is answer


def test_a_device_that_is_unknown_is_refused_before_anything_runs(nodes):
    assert nodes["CEMNetLoader"].validate_inputs(device="tpu") == (
        "There is no device 'tpu'. Choose auto, cpu, cuda or mps."
    )


def test_every_type_of_wire_has_a_colour_of_its_own(nodes):
    """Of the pack's own types, in the script that the page loads."""
    sockets = [socket for node in nodes.values() for socket in (*node.GET_SCHEMA().inputs, *node.GET_SCHEMA().outputs)]
    types = {socket.get_io_type() for socket in sockets if socket.get_io_type().startswith("CEMNET")}
    script = (REPOSITORY / "web" / "colours.js").read_text()
    colours = dict(re.findall(r"(CEMNET_\w+): '(#[0-9a-f]{6})'", script))
    assert colours.keys() == types and len(set(colours.values())) == len(types) == 6


def test_the_first_picture_of_a_batch_becomes_the_face_and_the_others_tell_more_of_it(
    execute, model, sample_image, face
):
    batch = torch.cat([sample_image, torch.zeros_like(sample_image), sample_image.flip(2)])
    found, summary = execute("CEMNetFaceReference", model=model, image=batch)
    torch.testing.assert_close(found.image, face.image)
    assert (len(found.others), len(face.others)) == (1, 0)  # the black picture has no face
    assert summary.startswith("The portrait shows ")


def test_a_picture_without_a_face_is_answered_with_a_sentence(execute, model):
    with pytest.raises(ValueError, match=r"^[A-Z].*face.*\.$"):
        execute("CEMNetFaceReference", model=model, image=torch.full((1, 200, 200, 3), 0.5))


def test_the_name_of_an_error_is_short_and_begins_with_the_packs(execute, model):
    with pytest.raises(ValueError) as raised:
        execute("CEMNetFaceReference", model=model, image=torch.full((1, 200, 200, 3), 0.5))
    assert full_type_name(raised.type) == "CEM-Net.FaceError"


def test_speech_is_summed_up_in_words(execute, model, audio):
    speech, summary = execute("CEMNetAudioEmotionEncoder", model=model, audio=audio)
    assert speech.audio.waveform.shape == (2, 12_000)
    assert summary.startswith("0.5 s of speech: ")


def test_a_normal_voice_and_all_clips_of_its_batch_are_heard(execute, model, audio):
    quiet = {**audio, "waveform": torch.cat([audio["waveform"], 0.5 * audio["waveform"].flip(-1)])}
    alone, once, both = (
        execute("CEMNetAudioEmotionEncoder", model=model, audio=audio, normal_voice=normal)[0]
        for normal in (None, audio, quiet)
    )
    assert not torch.allclose(alone.heard, once.heard)
    assert not torch.allclose(once.heard, both.heard)


def test_the_same_seed_gives_the_same_performance(execute, model, face, speech, motion):
    again, summary = execute("CEMNetEmotionBridge", model=model, face=face, speech=speech, seed=0)
    other, _ = execute("CEMNetEmotionBridge", model=model, face=face, speech=speech, seed=1)
    assert torch.equal(again.expression, motion.expression)
    assert not torch.equal(other.head, motion.head)
    assert summary.startswith(f"{motion.num_frames} frames at 25 fps")


def test_the_motion_carries_its_frame_rate_to_the_renderers_output(execute, model, face, speech):
    motion, _ = execute("CEMNetEmotionBridge", model=model, face=face, speech=speech, fps=10.0)
    images, fps, _ = execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    assert fps == motion.fps == 10.0
    assert len(images) == motion.num_frames == 5


def test_rendering_gives_a_picture_per_frame_of_the_portraits_size(execute, model, face, motion, progress):
    images, *_ = execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    assert images.shape == (motion.num_frames, *face.image.shape[:2], 3)
    assert images.dtype == torch.float32 and images.device.type == "cpu"
    assert images.min() >= 0 and images.max() <= 1
    assert [value for value, _, _ in progress] == list(range(1, motion.num_frames + 1))


def test_an_opaque_portrait_has_an_empty_mask_that_takes_no_memory(execute, model, face, motion):
    images, _, mask = execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    assert mask.shape == images.shape[:3] and not mask.any()
    assert mask.untyped_storage().nbytes() < 100


def test_a_transparent_portrait_keeps_its_alpha_as_a_mask(execute, model, sample_image, motion):
    alpha = torch.ones_like(sample_image[..., :1])
    alpha[:, :20] = 0.0
    (face, *_) = execute("CEMNetFaceReference", model=model, image=torch.cat([sample_image, alpha], dim=3))
    images, _, mask = execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    assert images.shape[3] == 3 and mask.shape == images.shape[:3]
    assert (mask[:, :19] == 1).all() and mask[:, 40:].max() < 0.01


def test_previews_are_jpeg_pictures_of_the_portrait(execute, model, face, motion, progress):
    execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    previews = [preview for _, _, preview in progress if preview is not None]
    assert 2 <= len(previews) < motion.num_frames
    format_name, picture, largest = previews[0]
    assert (format_name, picture.mode, largest) == ("JPEG", "RGB", 512)
    assert picture.size == tuple(face.image.shape[1::-1])


def test_an_interrupt_stops_the_rendering_at_the_next_frame(execute, model, face, motion, monkeypatch):
    seen = []

    def interrupt_at_the_third(value, total, preview, node_id=None):
        seen.append(value)
        if value == 3:
            comfy.model_management.interrupt_current_processing(True)

    monkeypatch.setattr(comfy.utils, "PROGRESS_BAR_HOOK", interrupt_at_the_third)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    assert seen == [1, 2, 3]


def test_an_interrupt_stops_the_listening(execute, model, audio):
    comfy.model_management.interrupt_current_processing(True)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        execute("CEMNetAudioEmotionEncoder", model=model, audio=audio)
    execute("CEMNetAudioEmotionEncoder", model=model, audio=audio)


def test_odd_sides_are_filled_by_repeating_the_edge(execute, audio):
    images = torch.rand(6, 33, 47, 3)
    (video,) = execute("CEMNetVideoCombine", images=images, audio=audio, fps=12.5)
    parts = video.get_components()
    assert parts.images.shape == (6, 34, 48, 3)
    torch.testing.assert_close(parts.images[:, :33, :47], images)
    torch.testing.assert_close(parts.images[:, 33, :47], images[:, 32])
    assert parts.frame_rate == Fraction(25, 2)


@pytest.mark.parametrize(
    ("num_channels", "sample_rate"), [(1, 16_000), (2, 44_100), (6, 48_000), (1, 7_000), (2, 192_000)]
)
def test_the_video_can_be_written_with_any_kind_of_sound(execute, tmp_path, num_channels, sample_rate):
    sound = {"waveform": torch.rand(2, num_channels, sample_rate) - 0.5, "sample_rate": sample_rate}
    (video,) = execute("CEMNetVideoCombine", images=torch.rand(20, 32, 32, 4), audio=sound, fps=20.0)
    video.save_to(str(tmp_path / "talking.mp4"))
    with av.open(str(tmp_path / "talking.mp4")) as container:
        blocks = [frame.samples / frame.sample_rate for frame in container.decode(audio=0)]
    assert sum(blocks) == pytest.approx(1.0, abs=0.05)


def test_a_video_without_sound_is_silent(execute):
    (video,) = execute("CEMNetVideoCombine", images=torch.rand(4, 32, 32, 3))
    assert video.get_components().audio is None


@pytest.mark.parametrize("node_id", sorted(set(NODE_IDS) - {"CEMNetLoader"}))
def test_an_empty_input_is_answered_with_a_sentence(execute, node_id):
    with pytest.raises(ValueError, match=r"^The input \w+ is empty\. "):
        execute(node_id)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_performs_nearly_the_same(execute, face, audio, motion, precision):
    (model,) = execute("CEMNetLoader", device="cpu", precision=precision)
    speech, _ = execute("CEMNetAudioEmotionEncoder", model=model, audio=audio)
    performed, _ = execute("CEMNetEmotionBridge", model=model, face=face, speech=speech)
    assert speech.content.dtype == performed.expression.dtype == torch.float32
    assert 0 < (performed.expression - motion.expression).abs().mean() < 0.02


def test_the_networks_are_in_the_hands_of_comfyui(execute, model, audio):
    comfy.model_management.unload_all_models()
    assert model.patcher not in comfy.model_management.loaded_models()
    execute("CEMNetAudioEmotionEncoder", model=model, audio=audio)
    assert model.patcher in comfy.model_management.loaded_models()
    assert next(model.network.parameters()).device.type == model.device.type
