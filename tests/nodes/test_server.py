"""The pack in a real ComfyUI server: run in the environment of tests/comfyui/install.py (`make test-comfy`)."""

import copy
import io
import json
import re
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("comfy", reason="runs in ComfyUI's own environment: make test-comfy")

import av
from comfyui.install import prepare_base
from comfyui.server import ComfyClient, Run, comfy_server
from paths import REPOSITORY
from PIL import Image

SAMPLES = REPOSITORY / "samples"
WORKFLOW = json.loads((REPOSITORY / "workflows" / "api" / "2 Talking portrait step by step.json").read_text())


def node_of(class_type: str, workflow=WORKFLOW) -> str:
    """The id of the only node of a class."""
    (node_id,) = (key for key, node in workflow.items() if node["class_type"] == class_type)
    return node_id


PORTRAIT = SAMPLES / WORKFLOW[node_of("LoadImage")]["inputs"]["image"].removeprefix("cemnet_")
SPEECH = SAMPLES / WORKFLOW[node_of("LoadAudio")]["inputs"]["audio"].removeprefix("cemnet_")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    base = tmp_path_factory.mktemp("comfyui")
    prepare_base(base)
    with comfy_server(base) as running:
        yield running


@pytest.fixture(scope="module")
def client(server) -> ComfyClient:
    """A client of a server whose input folder has what the pack itself put there."""
    client, _ = server
    return client


@pytest.fixture(scope="module")
def talking(client: ComfyClient) -> Run:
    """The bundled workflow, run once as it is."""
    return client.run(WORKFLOW)


@pytest.fixture(scope="module")
def video(client: ComfyClient, talking: Run) -> bytes:
    (saved,) = talking.outputs[node_of("SaveVideo")]["images"]
    assert saved["filename"].endswith(".mp4")
    return client.get("/view", **saved).content


def decoded(video: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(video)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def speech_seconds() -> float:
    with av.open(str(SPEECH)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_comfyui_loads_the_pack_without_complaint(server, client):
    _, log = server
    nodes = client.get("/object_info").json()
    ours = {name for name, info in nodes.items() if info["python_module"] == "custom_nodes.cemnet"}
    assert ours == {name for name in nodes if name.startswith("CEMNet")}
    assert not re.search(r"IMPORT FAILED|Cannot import|Error while calling comfy_entrypoint", log.read_text())


def test_the_bundled_workflow_makes_a_video(talking):
    assert talking.outcome == "execution_success", talking.details


def test_the_video_has_the_portraits_size_and_the_speechs_length(video):
    width, height = Image.open(PORTRAIT).size
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height) == (width + width % 2, height + height % 2)
        assert stream.average_rate == Fraction(25)
    assert len(decoded(video)) == pytest.approx(25 * speech_seconds(), abs=1.5)


def test_the_video_carries_the_speech(video):
    with av.open(io.BytesIO(video)) as container:
        (stream,) = container.streams.audio
        blocks = [frame.to_ndarray() for frame in container.decode(stream)]
    sound = np.concatenate(blocks, axis=1)
    assert sound.shape[1] / stream.sample_rate == pytest.approx(speech_seconds(), abs=0.1)
    assert np.abs(sound).max() > 0.05


def test_the_face_moves_and_the_background_stays(video):
    frames = np.stack(decoded(video)).astype(np.float32)
    movement = frames.std(axis=0).mean(axis=-1)
    assert movement.max() > 15
    assert np.median(movement[:16, :16]) < 2


def test_rendering_reports_every_frame_and_shows_previews(talking, video):
    steps = talking.progress[node_of("CEMNetFaceRenderer")]
    num_frames = len(decoded(video))
    assert steps[-1] == (num_frames, num_frames)
    assert [value for value, _ in steps] == sorted(value for value, _ in steps)
    assert talking.num_previews >= 3


def test_a_change_of_the_seed_reuses_what_it_does_not_touch(client, talking):
    workflow = copy.deepcopy(WORKFLOW)
    workflow[node_of("CEMNetEmotionBridge")]["inputs"]["seed"] = 77
    again = client.run(workflow)
    assert again.outcome == "execution_success"
    assert node_of("CEMNetEmotionBridge") in again.executed
    assert not {node_of("CEMNetLoader"), node_of("CEMNetFaceReference")} & set(again.executed)


def test_an_interrupt_stops_the_rendering_at_once(client, talking):
    workflow = copy.deepcopy(WORKFLOW)
    workflow[node_of("CEMNetEmotionBridge")]["inputs"]["seed"] = 78
    stopped = client.run(workflow, on_progress=client.interrupt)
    assert stopped.outcome == "execution_interrupted"
    assert stopped.details["node_type"] == "CEMNetFaceRenderer"
    value, total = stopped.progress[node_of("CEMNetFaceRenderer")][-1]
    assert value < total / 2
    assert not any("images" in output for output in stopped.outputs.values())


def test_a_picture_without_a_face_is_answered_with_a_sentence(client, tmp_path):
    Image.new("RGB", (320, 240), "grey").save(tmp_path / "wall.png")
    client.upload(tmp_path / "wall.png")
    workflow = copy.deepcopy(WORKFLOW)
    workflow[node_of("LoadImage")]["inputs"]["image"] = "wall.png"
    failed = client.run(workflow)
    assert failed.outcome == "execution_error"
    assert failed.details["node_type"] == "CEMNetFaceReference"
    assert failed.details["exception_type"].endswith("FaceError")
    assert re.match(r"[A-Z].*face.*\.\s*$", failed.details["exception_message"])


def test_a_value_out_of_range_is_refused_before_anything_runs(client):
    workflow = copy.deepcopy(WORKFLOW)
    workflow[node_of("CEMNetEmotionBridge")]["inputs"]["intensity"] = 5.0
    answer = client.queue(workflow)
    assert answer.status_code == 400
    assert "intensity" in answer.text


def test_a_node_that_checks_its_text_still_checks_its_ranges(client):
    workflow = json.loads((REPOSITORY / "workflows" / "api" / "4 Emotion timeline.json").read_text())
    inputs = workflow[node_of("CEMNetEmotionTimeline", workflow)]["inputs"]
    for wrong in ({"fade_seconds": 99.0}, {"timeline": "1.5 joyful"}):
        kept = {name: inputs[name] for name in wrong}
        inputs.update(wrong)
        answer = client.queue(workflow)
        assert answer.status_code == 400 and next(iter(wrong)) in answer.text
        inputs.update(kept)


def test_the_workflow_is_offered_among_comfyuis_templates(client):
    assert "2 Talking portrait step by step" in client.get("/workflow_templates").json()["cemnet"]


def test_the_page_finds_help_and_translations(client):
    help_page = client.get("/extensions/cemnet/docs/CEMNetEmotionBridge.md")
    assert help_page.text.startswith("# CEM-Net Emotion Bridge")
    translations = client.get("/i18n").json()
    assert {"en", "zh", "ja", "ko", "fr", "de", "es"} <= translations.keys()
    assert translations["de"]["nodeDefs"]["CEMNetEmotionBridge"]["display_name"] == "CEM-Net Emotionsbrücke"


@pytest.fixture(scope="module")
def beginners(client) -> tuple[dict, Run]:
    """The workflow of the node for beginners, run once."""
    workflow = json.loads((REPOSITORY / "workflows" / "api" / "1 Talking portrait.json").read_text())
    return workflow, client.run(workflow)


def parts_of(run: Run) -> list[str]:
    """The parts of the chain that a run repeated, by their numbers."""
    return [name.rpartition(".")[2] for name in run.executed if name.startswith("3.")]


def test_the_node_for_beginners_shows_what_its_chain_saw_and_heard(beginners):
    """What the parts tell, ComfyUI hands to the node that stands for them: the last words are the bridge's."""
    _, run = beginners
    texts = [output["text"] for node, _, output in run.told if node == "3" and "text" in output]
    assert len(texts) == 3 and re.fullmatch(r"Saw happy \d+%, heard \w+ \d+%", texts[-1][0])
    (shown,) = [output for node, _, output in run.told if node == "3" and "animated" in output]
    assert shown["images"][0]["type"] == "temp"


def test_the_video_that_a_node_plays_has_sound(client, beginners):
    _, run = beginners
    (shown,) = [output["images"] for node, _, output in run.told if node == "3" and "animated" in output]
    with av.open(io.BytesIO(client.get("/view", **shown[0]).content)) as container:
        assert container.streams.video and container.streams.audio


def test_the_node_for_beginners_repeats_only_what_a_new_seed_touches(client, beginners):
    """Within its chain too ComfyUI keeps what stays the same, also after a run that repeated nothing."""
    workflow, first = beginners
    seed = workflow[node_of("CEMNetTalkingPortrait", workflow)]["inputs"]
    runs = []
    for value in (0, 5, 5, 6):
        seed["seed"] = value
        runs.append(client.run(workflow))
    assert {run.outcome for run in (first, *runs)} == {"execution_success"}
    assert sorted(parts_of(first)) == ["1", "2", "3", "4", "5", "6"]  # loader, face, speech, bridge, renderer, list
    assert [parts_of(run) for run in runs] == [[], ["4", "5", "6"], [], ["4", "5", "6"]]


def test_a_batch_of_portraits_makes_a_video_each(client):
    """In the chain by Split Batch, and in the node for beginners, whose chain runs once for each portrait."""
    chain = json.loads((REPOSITORY / "workflows" / "api" / "10 Several portraits.json").read_text())
    node = {"class_type": "CEMNetTalkingPortrait", "inputs": {"image": ["3", 0], "audio": ["4", 0], "emotion": "sad"}}
    node["inputs"].update({"intensity": 1.0, "seed": 0, "batch": "a video each"})
    beginners = {key: chain[key] for key in ("1", "2", "3", "4", "11")} | {"12": node}
    beginners["11"] = copy.deepcopy(chain["11"])
    beginners["11"]["inputs"]["video"] = ["12", 0]
    for workflow in (chain, beginners):
        run = client.run(workflow)
        assert run.outcome == "execution_success", run.details
        saved = run.outputs["11"]["images"]
        assert len(saved) == 2
        first, second = (decoded(client.get("/view", **file).content) for file in saved)
        assert len(first) == len(second) == pytest.approx(25 * speech_seconds(), abs=1.5)
        assert np.abs(first[0].astype(float) - second[0]).mean() > 10  # two different pictures speak


def test_without_the_choice_a_batch_is_one_person(client):
    workflow = json.loads((REPOSITORY / "workflows" / "api" / "10 Several portraits.json").read_text())
    inputs = {"image": ["3", 0], "audio": ["4", 0], "emotion": "auto", "intensity": 1.0, "seed": 0}
    workflow["12"] = {"class_type": "CEMNetTalkingPortrait", "inputs": inputs}
    workflow["11"]["inputs"]["video"] = ["12", 0]
    for key in ("5", "6", "7", "8", "9", "10"):
        del workflow[key]
    run = client.run(workflow)
    assert run.outcome == "execution_success", run.details
    assert len(run.outputs["11"]["images"]) == 1
