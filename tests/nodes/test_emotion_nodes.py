"""Nodes that change what is felt and how it moves: run in ComfyUI's own environment (`make test-comfy`)."""

# ruff: noqa: E402 (the modules of ComfyUI are there only in its own environment)

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

comfy_arguments = pytest.importorskip("comfy.cli_args", reason="runs in ComfyUI's own environment: make test-comfy")
comfy_arguments.args.cpu = True  # before the rest of ComfyUI is imported
pytest_plugins = ["comfyui.pack"]

import folder_paths
from paths import REPOSITORY


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """ComfyUI's input and output folders, empty."""
    for name in ("input", "output"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(folder_paths, "input_directory", str(tmp_path / "input"))
    monkeypatch.setattr(folder_paths, "output_directory", str(tmp_path / "output"))
    return tmp_path


def test_a_chosen_emotion_overrules_the_voice(execute, speech):
    mixed, summary = execute("CEMNetEmotionMix", speech=speech, emotion="happy", share=1.0)
    assert "happy 100%" in summary
    assert mixed.audio is speech.audio


EMOTION = r"(neutral|happy|sad|angry|fear|disgust|surprise|contempt)"


def test_nodes_show_on_themselves_what_they_saw_and_heard(shown, model, sample_image, audio):
    (saw,) = shown("CEMNetFaceReference", model=model, image=sample_image)["text"]
    (heard,) = shown("CEMNetAudioEmotionEncoder", model=model, audio=audio)["text"]
    assert re.fullmatch(rf"Saw {EMOTION} \d+%", saw) and saw.startswith("Saw happy")
    assert re.fullmatch(rf"Heard {EMOTION} \d+%(, {EMOTION} \d+%, in doubt: .*)?", heard)


def test_a_doubtful_voice_advises_on_the_node_until_an_emotion_is_named(shown, model, face, speech):
    doubtful = replace(speech, heard=torch.full_like(speech.heard, 1 / 8), emotion=torch.full_like(speech.heard, 1 / 8))
    inputs = {"model": model, "face": face, "speech": doubtful}
    (by_voice,) = shown("CEMNetEmotionBridge", **inputs)["text"]
    assert re.fullmatch(
        rf"Saw happy \d+%, heard {EMOTION} 12%, {EMOTION} 12%, in doubt: name the emotion, .*", by_voice
    )
    (named,) = shown("CEMNetEmotionBridge", **inputs, emotion="sad")["text"]
    assert "in doubt" not in named and named.endswith("shows sad")


def test_the_bridge_shows_both_and_what_overrules_the_voice(shown, execute, model, face, speech):
    inputs = {"model": model, "face": face, "speech": speech}
    (by_voice,) = shown("CEMNetEmotionBridge", **inputs)["text"]
    assert re.match(rf"Saw happy \d+%, heard {EMOTION} \d+%", by_voice)
    heard = by_voice.split("heard ")[1].split()[0]
    other = "sad" if heard != "sad" else "angry"
    (chosen,) = shown("CEMNetEmotionBridge", **inputs, emotion=other)["text"]
    seen_and_heard = ", ".join(by_voice.split(", ")[:2])
    assert chosen == f"{seen_and_heard}, shows {other}"
    (same,) = shown("CEMNetEmotionBridge", **inputs, emotion=heard)["text"]
    assert "shows" not in same
    mixed, _ = execute("CEMNetEmotionMix", speech=speech, emotion=other)
    (mix,) = shown("CEMNetEmotionBridge", **{**inputs, "speech": mixed})["text"]
    assert mix == chosen


def test_nodes_that_change_the_emotion_show_it(shown, speech):
    (mixed,) = shown("CEMNetEmotionMix", speech=speech, emotion="happy", share=1.0)["text"]
    (scheduled,) = shown("CEMNetEmotionTimeline", speech=speech, timeline="0 sad")["text"]
    assert mixed.startswith("Shows happy 100%") and scheduled.startswith("Shows sad 100%")


def test_a_share_of_none_leaves_the_voice_alone(execute, speech):
    mixed, _ = execute("CEMNetEmotionMix", speech=speech, emotion="happy", share=0.0)
    torch.testing.assert_close(mixed.emotion, speech.emotion)


def test_the_timeline_changes_the_emotion_at_its_moment(execute, speech):
    followed, _ = execute("CEMNetEmotionTimeline", speech=speech, timeline="0 happy\n0.25 sad", fade_seconds=0.0)
    assert followed.emotion[0].argmax() != followed.emotion[-1].argmax()


def test_the_timeline_that_is_shown_first_is_a_valid_one(nodes):
    default = next(socket.default for socket in nodes["CEMNetEmotionTimeline"].GET_SCHEMA().inputs[1:2])
    assert nodes["CEMNetEmotionTimeline"].validate_inputs(timeline=default) is True


def test_a_line_that_cannot_be_understood_is_named_before_anything_runs(nodes):
    said = nodes["CEMNetEmotionTimeline"].validate_inputs(timeline="0 happy\n1 joyful")
    assert said.startswith("Line 2 of the emotion timeline")
    assert nodes["CEMNetEmotionTimeline"].validate_inputs(timeline=None) is True  # linked


def test_compensation_keeps_as_much_of_the_portraits_emotion_as_wanted(execute, model, face, speech):
    inputs = {"model": model, "face": face, "speech": speech}
    bridged, _ = execute("CEMNetEmotionBridge", **inputs)
    added, _ = execute("CEMNetEmotionBridge", **inputs, compensation=0.0)
    assert not torch.equal(bridged.expression, added.expression)


def test_a_motion_is_edited(execute, motion):
    still, summary = execute("CEMNetMotionEdit", motion=motion, head=0.0)
    assert still.head.abs().max() == 0
    assert summary.startswith(f"{motion.num_frames} frames")


@pytest.mark.parametrize("format_name", ["csv", "json", "glb"])
def test_a_saved_motion_is_listed_and_comes_back(execute, nodes, motion, folders, format_name):
    (file,) = execute("CEMNetSaveMotion", motion=motion, filename_prefix="cemnet/take", format=format_name)
    assert Path(file) == folders / "output" / "cemnet" / f"take_00001_.{format_name}"
    choice = f"cemnet/take_00001_.{format_name} [output]"
    assert nodes["CEMNetLoadMotion"].GET_SCHEMA().inputs[0].options == [choice]
    loaded, fps, _ = execute("CEMNetLoadMotion", file=choice)
    torch.testing.assert_close(loaded.expression, motion.expression, atol=1e-5, rtol=0)
    assert fps == motion.fps


def test_a_saved_motion_can_be_downloaded_from_its_node(shown, motion, folders):
    told = shown("CEMNetSaveMotion", motion=motion, filename_prefix="cemnet/take")
    (file,) = told["motion_files"]
    assert file == {"filename": "take_00001_.csv", "subfolder": "cemnet", "type": "output"}
    assert told["text"] == (str(folders / "output" / "cemnet" / file["filename"]),)


def test_saving_again_takes_the_next_number(execute, motion, folders):
    names = [Path(execute("CEMNetSaveMotion", motion=motion)[0]).name for _ in range(3)]
    assert names == ["motion_00001_.csv", "motion_00002_.csv", "motion_00003_.csv"]


def test_a_motion_file_that_changes_is_read_again(execute, nodes, motion, folders):
    from_inputs = folders / "input" / "take.json"
    (saved,) = execute("CEMNetSaveMotion", motion=motion, format="json")
    from_inputs.write_bytes(Path(saved).read_bytes())
    before = nodes["CEMNetLoadMotion"].fingerprint_inputs(file="take.json")
    from_inputs.write_text(from_inputs.read_text().replace("25.0", "30.0"))
    assert nodes["CEMNetLoadMotion"].fingerprint_inputs(file="take.json") != before


def test_a_missing_motion_file_is_answered_with_a_sentence(nodes, folders):
    assert "input folder" in nodes["CEMNetLoadMotion"].validate_inputs(file="gone.csv")
    assert nodes["CEMNetLoadMotion"].fingerprint_inputs(file="gone.csv") == ""
    assert nodes["CEMNetLoadMotion"].GET_SCHEMA().inputs[0].options  # never an empty list


def test_only_motion_files_in_comfyuis_folders_are_read(nodes, execute, motion, folders):
    (saved,) = execute("CEMNetSaveMotion", motion=motion)
    (folders / "input" / "zero.csv").symlink_to("/dev/zero")
    os.mkfifo(folders / "input" / "pipe.json")
    (folders / "secret.csv").write_bytes(Path(saved).read_bytes())
    (folders / "input" / "take.txt").write_bytes(Path(saved).read_bytes())
    load = nodes["CEMNetLoadMotion"]
    for name in ("zero.csv", "pipe.json", "take.txt", "/dev/zero", "../secret.csv", str(folders / "secret.csv"), ""):
        assert "There is no motion file" in load.validate_inputs(file=name)
        assert load.fingerprint_inputs(file=name) == ""
        with pytest.raises(ValueError, match="There is no motion file"):
            execute("CEMNetLoadMotion", file=name)
    assert load.GET_SCHEMA().inputs[0].options == ["cemnet/motion_00001_.csv [output]"]


def test_a_file_without_curves_is_refused_before_anything_runs(nodes, folders):
    (folders / "input" / "notes.csv").write_text("some,notes\n1,2\n")
    (folders / "input" / "motion.csv").write_bytes((REPOSITORY / "samples" / "motion.csv").read_bytes())
    assert "notes.csv" in nodes["CEMNetLoadMotion"].validate_inputs(file="notes.csv")
    assert nodes["CEMNetLoadMotion"].validate_inputs(file="motion.csv") is True
    assert nodes["CEMNetLoadMotion"].validate_inputs(file=None) is True  # linked


@pytest.mark.parametrize("prefix", ["cemnet/take", "take %year%", "a/b/c", "ü" * 120, None])
def test_a_name_in_the_output_folder_may_be_saved(nodes, folders, prefix):
    assert nodes["CEMNetSaveMotion"].validate_inputs(filename_prefix=prefix) is True


@pytest.mark.parametrize("prefix", ["../take", "/etc/take", "", ".", "cemnet/..", "a" * 241, "ü" * 121])
def test_a_name_that_cannot_be_saved_is_refused_before_anything_runs(nodes, folders, prefix):
    assert nodes["CEMNetSaveMotion"].validate_inputs(filename_prefix=prefix).startswith("The prefix ")


def test_the_preview_is_a_picture_of_the_wanted_size(execute, motion, speech):
    (plot,) = execute("CEMNetMotionPreview", motion=motion, speech=speech, width=640, height=360)
    assert plot.shape == (1, 360, 640, 3) and plot.dtype == torch.float32


def test_an_idle_face_lives_as_long_as_asked_and_loops(execute, model, face):
    motion, summary = execute("CEMNetIdle", model=model, face=face, seconds=3.0, fps=20.0, emotion="sad")
    assert motion.num_frames == 60 and "60 frames at 20 fps" in summary
    assert (motion.head[0] - motion.head[-1]).abs().max() <= 1.01 * motion.head.diff(dim=0).abs().max()
    assert motion.expression.std(dim=0).max() > 0.01
