"""Videos on disk: run in ComfyUI's own environment (`make test-comfy`)."""

# ruff: noqa: E402 (the modules of ComfyUI are there only in its own environment)

import gc
import logging
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

comfy_arguments = pytest.importorskip("comfy.cli_args", reason="runs in ComfyUI's own environment: make test-comfy")
comfy_arguments.args.cpu = True  # before the rest of ComfyUI is imported
pytest_plugins = ["comfyui.pack"]

import av
import comfy.model_management
import comfy.utils
import folder_paths
from comfy_api.latest import InputImpl
from comfyui.pack import run_node


@pytest.fixture
def temp(tmp_path, monkeypatch):
    """ComfyUI's folder for what does not last."""
    monkeypatch.setattr(folder_paths, "temp_directory", str(tmp_path / "temp"))
    return tmp_path / "temp"


def comment_of(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.metadata.get("comment", "")


def test_a_video_is_rendered_into_comfyuis_temporary_folder(execute, model, face, motion, audio, temp):
    (video,) = execute("CEMNetVideoRenderer", model=model, face=face, motion=motion, audio=audio)
    (file,) = temp.iterdir()
    assert video.get_stream_source() == str(file)
    assert video.get_dimensions() == tuple(face.image.shape[1::-1])
    assert video.get_duration() == pytest.approx(0.5, abs=0.1)
    assert video.get_components().audio["waveform"].shape[1] == 2


def test_a_rendered_video_is_played_by_its_node(nodes, model, face, motion, temp):
    made = run_node(nodes, "CEMNetVideoRenderer", model=model, face=face, motion=motion)
    (file,) = temp.iterdir()
    shown = {"filename": file.name, "subfolder": "", "type": "temp"}
    assert made.ui.as_dict() == {"images": [shown], "animated": (True,)}


def test_a_video_without_sound_is_silent(execute, model, face, motion, temp):
    (video,) = execute("CEMNetVideoRenderer", model=model, face=face, motion=motion)
    assert video.get_components().audio is None


@pytest.mark.parametrize("marked", [True, False])
def test_a_saved_video_says_that_it_is_generated_unless_switched_off(
    execute, model, face, motion, temp, tmp_path, marked
):
    (streamed,) = execute("CEMNetVideoRenderer", model=model, face=face, motion=motion, mark_as_generated=marked)
    (joined,) = execute("CEMNetVideoCombine", images=torch.rand(4, 32, 32, 3), mark_as_generated=marked)
    for name, video in (("streamed.mp4", streamed), ("joined.mp4", joined)):
        video.save_to(str(tmp_path / name), metadata={"prompt": {"1": {}}})
        assert comment_of(tmp_path / name).startswith("AI-generated: a face") == marked
        with av.open(str(tmp_path / name)) as container:
            assert container.metadata["prompt"] == '{"1": {}}'  # ComfyUI's own stays


def test_a_rendered_video_stays_as_long_as_anything_reads_it(execute, model, face, motion, temp):
    (video,) = execute("CEMNetVideoRenderer", model=model, face=face, motion=motion)
    followed, *_ = execute("CEMNetVideoFace", model=model, video=video)
    (file,) = temp.iterdir()
    del video
    gc.collect()
    assert list(temp.iterdir()) == [file]
    del followed, _
    gc.collect()
    assert not list(temp.iterdir())


def test_a_video_of_pictures_leaves_nothing_in_the_temporary_folder(execute, temp, tmp_path):
    (video,) = execute("CEMNetVideoCombine", images=torch.rand(4, 32, 32, 3))
    video.save_to(str(tmp_path / "joined.mp4"))
    assert (tmp_path / "joined.mp4").is_file() and not list(temp.iterdir())


def test_an_emptied_temporary_folder_is_told(execute, model, face, motion, temp, tmp_path):
    (video,) = execute("CEMNetVideoRenderer", model=model, face=face, motion=motion)
    shutil.rmtree(temp)
    for read in (video.get_components, lambda: video.save_to(str(tmp_path / "saved.mp4"))):
        with pytest.raises(ValueError, match=r"removed from ComfyUI's temporary folder\. Change the seed"):
            read()


def test_a_temporary_folder_that_is_missing_is_made(execute, model, face, motion, temp):
    assert not temp.exists()
    execute("CEMNetVideoRenderer", model=model, face=face, motion=motion)
    assert temp.is_dir()


def test_an_interrupt_leaves_no_file_behind(execute, model, face, motion, temp, monkeypatch):
    seen = []

    def interrupt_at_the_third(value, total, preview, node_id=None):
        seen.append(value)
        if value == 3:
            comfy.model_management.interrupt_current_processing(True)

    monkeypatch.setattr(comfy.utils, "PROGRESS_BAR_HOOK", interrupt_at_the_third)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        execute("CEMNetVideoRenderer", model=model, face=face, motion=motion)
    assert seen == [1, 2, 3]
    assert not list(temp.iterdir())


def test_pictures_that_do_not_fit_into_memory_are_refused_with_their_size(execute, model, face, motion, monkeypatch):
    monkeypatch.setattr(comfy.model_management, "get_free_memory", lambda device: 1000)
    with pytest.raises(ValueError, match=r"13 pictures of 384×384 need 0\.0 GB of memory.*CEM-Net Video Renderer"):
        execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)


def test_many_pictures_are_announced_before_they_are_made(execute, model, face, motion, nodes, monkeypatch, caplog):
    module = sys.modules[nodes["CEMNetFaceRenderer"].__module__.rpartition(".")[0] + ".rendering"]
    monkeypatch.setattr(module, "LARGE_BYTES", 1)
    with caplog.at_level(logging.WARNING):
        execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    assert "13 pictures of 384×384" in caplog.text


def test_the_node_for_beginners_stands_for_a_chain_of_the_others(nodes):
    node = nodes["CEMNetTalkingPortrait"].PREPARE_CLASS_CLONE(None)
    made = node.EXECUTE_NORMALIZED(image=["1", 0], audio=["2", 0], emotion="sad", seed=5)
    chain = {part["class_type"]: part["inputs"] for part in made.expand.values()}
    assert list(chain) == [
        "CEMNetLoader",
        "CEMNetFaceReference",
        "CEMNetAudioEmotionEncoder",
        "CEMNetEmotionBridge",
        "CEMNetVideoRenderer",
        "CEMNetVideoList",
    ]
    assert chain["CEMNetEmotionBridge"]["emotion"] == "sad" and chain["CEMNetEmotionBridge"]["seed"] == 5
    for class_type, inputs in chain.items():
        assert inputs.keys() <= {socket.id for socket in nodes[class_type].GET_SCHEMA().inputs}


def test_a_batch_of_several_people_is_split_in_the_chain(nodes):
    node = nodes["CEMNetTalkingPortrait"].PREPARE_CLASS_CLONE(None)
    made = node.EXECUTE_NORMALIZED(image=["1", 0], audio=["2", 0], batch="a video each")
    parts = {part["class_type"]: (part_id, part["inputs"]) for part_id, part in made.expand.items()}
    split, inputs = parts["CEMNetSplitBatch"]
    assert inputs == {"image": ["1", 0], "audio": ["2", 0]}
    assert parts["CEMNetFaceReference"][1]["image"] == [split, 0]
    assert parts["CEMNetAudioEmotionEncoder"][1]["audio"] == parts["CEMNetVideoRenderer"][1]["audio"] == [split, 1]


def test_a_split_batch_shares_the_memory_of_the_whole(execute):
    images = torch.rand(3, 8, 8, 3)
    audio = {"waveform": torch.rand(2, 1, 100), "sample_rate": 8_000}
    pictures, sounds = execute("CEMNetSplitBatch", image=images, audio=audio)
    assert [picture.data_ptr() for picture in pictures] == [image.data_ptr() for image in images]
    assert [sound["waveform"].data_ptr() for sound in sounds] == [clip.data_ptr() for clip in audio["waveform"]]
    assert all(picture.shape == (1, 8, 8, 3) for picture in pictures)
    assert [(sound["waveform"].shape, sound["sample_rate"]) for sound in sounds] == [((1, 1, 100), 8_000)] * 2


def test_what_is_not_connected_to_split_batch_is_empty_for_the_node_behind(execute, sample_image):
    pictures, sounds = execute("CEMNetSplitBatch", image=sample_image)
    assert len(pictures) == 1 and sounds == [None]


@pytest.mark.parametrize(
    ("name", "empty"),
    [("image", torch.zeros(0, 8, 8, 3)), ("audio", {"waveform": torch.zeros(0, 1, 9), "sample_rate": 8_000})],
)
def test_an_empty_batch_cannot_be_split(execute, name, empty):
    with pytest.raises(ValueError, match=f"The {name} batch is empty"):
        execute("CEMNetSplitBatch", **{name: empty})


def test_several_speakers_move_in_one_picture(execute, model, sample_image, motion, temp):
    """Both of two people move, in the streamed video and in the pictures, until the longer of them is done."""
    together = torch.cat([sample_image, sample_image.flip(2)], dim=2)
    faces = [execute("CEMNetFaceReference", model=model, image=together, face_index=index)[0] for index in (0, 1)]
    shorter = replace(motion, expression=motion.expression[:5], head=motion.head[:5], memory_address=None)
    (others,) = execute("CEMNetAnotherSpeaker", face=faces[1], motion=motion)
    inputs = {"model": model, "face": faces[0], "motion": shorter, "others": others}
    images, *_ = execute("CEMNetFaceRenderer", **inputs)
    (video,) = execute("CEMNetVideoRenderer", **inputs)
    streamed = video.get_components().images
    assert len(images) == len(streamed) == motion.num_frames
    middle = together.shape[2] // 2
    for half in (images[:, :, :middle], images[:, :, middle:]):
        assert (half[4] - half[0]).abs().amax() > 0.05
    assert (images - streamed).abs().mean() < 0.02


@pytest.fixture
def film(execute, model, face, motion, audio, temp):
    return execute("CEMNetVideoRenderer", model=model, face=face, motion=motion, audio=audio)[0]


def test_a_film_speaks_with_another_emotion(execute, model, film, audio):
    """Only the face changes, at the film's size, length and frame rate."""
    followed, person, sound, fps, summary = execute("CEMNetVideoFace", model=model, video=film)
    assert sound["waveform"].shape[1] == 2 and sound["sample_rate"] == 24_000
    assert fps == 25.0 and summary.startswith("13 frames at 25 fps")
    speech, _ = execute("CEMNetAudioEmotionEncoder", model=model, audio=audio)
    performed, _ = execute("CEMNetEmotionBridge", model=model, face=person, speech=speech, fps=30.0, emotion="surprise")
    (dubbed,) = execute("CEMNetVideoDubber", model=model, film=followed, motion=performed, audio=sound)
    before, after = film.get_components(), dubbed.get_components()
    assert after.images.shape == before.images.shape and after.frame_rate == 25
    change = (after.images - before.images).abs().amax(dim=(0, 3))
    assert change.max() > 0.1
    assert change[-40:].mean() < 0.02


def test_a_transparent_film_is_laid_on_white(execute, model, face, motion, temp, tmp_path):
    """A VIDEO has no alpha; what lies under it, here black, is not shown."""
    path = tmp_path / "film.mov"
    images, *_ = execute("CEMNetFaceRenderer", model=model, face=face, motion=motion)
    height, width = images.shape[1:3]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=25, options={"profile": "4444"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuva444p10le"
        for image in images[:3]:
            pixels = torch.cat([image, torch.ones(height, width, 1)], dim=2)
            pixels[:20] = 0.0
            frame = av.VideoFrame.from_ndarray((pixels * 255).byte().numpy(), format="rgba")
            container.mux(stream.encode(frame.reformat(format="yuva444p10le")))
        container.mux(stream.encode(None))
    followed, *_ = execute("CEMNetVideoFace", model=model, video=InputImpl.VideoFromFile(str(path)))
    assert followed.track.transparent
    (dubbed,) = execute("CEMNetVideoDubber", model=model, film=followed, motion=motion)
    assert dubbed.get_components().images[:, :18].min() > 0.97


@pytest.mark.parametrize(("more_seconds", "num_frames"), [(-0.2, 13), (0.05, 13), (0.99, 38)])
def test_a_dubbed_film_is_longer_only_where_the_voice_goes_on(execute, model, film, motion, more_seconds, num_frames):
    followed, *_ = execute("CEMNetVideoFace", model=model, video=film)
    seconds = 13 / 25 + more_seconds
    sound = {"waveform": torch.zeros(1, 1, round(16_000 * seconds)), "sample_rate": 16_000}
    frames = torch.arange(max(1, -int(-seconds * 25 // 1))).clamp_max(motion.num_frames - 1)
    spoken = replace(motion, expression=motion.expression[frames], head=motion.head[frames], memory_address=None)
    (dubbed,) = execute("CEMNetVideoDubber", model=model, film=followed, motion=spoken, audio=sound)
    assert len(dubbed.get_components().images) == num_frames


def test_a_film_in_memory_is_followed_too(execute, model, sample_image, temp):
    (video,) = execute("CEMNetVideoCombine", images=sample_image.expand(3, -1, -1, -1), fps=10.0)
    followed, _, sound, fps, _ = execute("CEMNetVideoFace", model=model, video=video)
    assert followed.track.num_frames == 3 and fps == 10.0 and sound is None
