"""The example workflows, as people open them and as programs post them."""

import json
from pathlib import Path
from typing import Any

import pytest
from paths import REPOSITORY

from cemnet.media.sound import read_audio

EXAMPLES = REPOSITORY / "example_workflows"
POSTED = {path.stem: json.loads(path.read_text()) for path in sorted((REPOSITORY / "workflows" / "api").glob("*.json"))}
EDITABLE = {path.stem: json.loads(path.read_text()) for path in sorted(EXAMPLES.glob("*.json"))}
NOTES = {path.stem: path.read_text().strip() for path in (REPOSITORY / "workflows" / "notes").glob("*.md")}
FILE_INPUTS = {("LoadImage", "image"), ("LoadAudio", "audio"), ("LoadVideo", "file"), ("CEMNetLoadMotion", "file")}

each_workflow = pytest.mark.parametrize("name", list(POSTED))


def sample(name: str) -> Path:
    """The sample that ComfyUI's input folder has under a name."""
    return REPOSITORY / "samples" / name.removeprefix("cemnet_")


def links_of(workflow: dict[str, Any]) -> set[tuple[str, str, str, int]]:
    """(to node, input name, from node, output slot) of every wire of a workflow as ComfyUI's page saves it."""
    inputs = {node["id"]: node.get("inputs", []) for node in workflow["nodes"]}
    return {
        (str(target), inputs[target][target_slot]["name"], str(source), source_slot)
        for _, source, source_slot, target, target_slot, _ in workflow["links"]
    }


def values_of(node: dict[str, Any]) -> dict[str, Any]:
    """The values of a node's widgets by name; the page keeps one more value after a seed."""
    names = []
    for socket in node.get("inputs", []):
        if "widget" in socket:
            names += [socket["name"], "control_after_generate"] if socket["name"] == "seed" else [socket["name"]]
    return dict(zip(names, node.get("widgets_values", []), strict=False))


def test_every_workflow_is_there_in_both_forms_with_a_picture():
    assert POSTED.keys() == EDITABLE.keys() == NOTES.keys() == {path.stem for path in EXAMPLES.glob("*.jpg")}


def test_titles_are_words_and_the_one_for_beginners_comes_first():
    """ComfyUI's page shows the names of the files as titles, and offers whatever lies in workflows/ itself too."""
    assert sorted(int(title.split()[0]) for title in POSTED) == list(range(1, len(POSTED) + 1))
    assert not any("_" in title or "cemnet" in title for title in POSTED)
    assert "CEMNetTalkingPortrait" in {node["class_type"] for node in POSTED[min(POSTED)].values()}
    assert not list((REPOSITORY / "workflows").glob("*.json"))


@each_workflow
def test_both_forms_have_the_same_nodes(name):
    assert {str(node["id"]): node["type"] for node in EDITABLE[name]["nodes"] if node["type"] != "MarkdownNote"} == {
        node_id: node["class_type"] for node_id, node in POSTED[name].items()
    }


@each_workflow
def test_a_note_above_the_nodes_says_what_to_connect(name):
    (note,) = (node for node in EDITABLE[name]["nodes"] if node["type"] == "MarkdownNote")
    others = [node for node in EDITABLE[name]["nodes"] if node is not note]
    assert note["pos"][1] + note["size"][1] < min(node["pos"][1] for node in others) - 30  # where titles begin
    assert note["widgets_values"] == [NOTES[name]]
    loading = {"LoadImage": "*Load Image*", "LoadVideo": "*Load Video*", "CEMNetLoadMotion": "*Load Motion*"}
    for node in others:
        assert loading.get(node["type"], "") in NOTES[name]


@each_workflow
def test_both_forms_have_the_same_wires(name):
    posted = {
        (target, input_name, source[0], source[1])
        for target, node in POSTED[name].items()
        for input_name, source in node["inputs"].items()
        if isinstance(source, list)
    }
    assert links_of(EDITABLE[name]) == posted


@each_workflow
def test_both_forms_have_the_same_settings(name):
    for node in EDITABLE[name]["nodes"]:
        if node["type"] == "MarkdownNote":
            continue
        shown = values_of(node)
        for input_name, value in POSTED[name][str(node["id"])]["inputs"].items():
            if not isinstance(value, list):
                assert shown[input_name] == value


@each_workflow
def test_a_seed_stays_until_the_user_changes_it(name):
    for node in EDITABLE[name]["nodes"]:
        assert values_of(node).get("control_after_generate", "fixed") == "fixed"


@each_workflow
def test_the_files_it_loads_are_among_the_samples(name):
    for node in POSTED[name].values():
        for class_type, input_name in FILE_INPUTS:
            if node["class_type"] == class_type:
                assert sample(node["inputs"][input_name]).is_file()


def test_some_sound_has_the_rate_of_most_recordings():
    loaders = (node for nodes in POSTED.values() for node in nodes.values() if node["class_type"] == "LoadAudio")
    names = {node["inputs"]["audio"] for node in loaders}
    rates = {read_audio(sample(name)).sample_rate for name in names}
    assert {16_000, 44_100} <= rates


@each_workflow
def test_nothing_overlaps_and_the_wires_run_from_left_to_right(name):
    place = {node["id"]: (*node["pos"], *node["size"]) for node in EDITABLE[name]["nodes"]}
    boxes = list(place.values())
    for index, (left, top, width, height) in enumerate(boxes):
        for other_left, other_top, other_width, other_height in boxes[:index]:
            apart_across = left >= other_left + other_width or other_left >= left + width
            apart_down = top >= other_top + other_height or other_top >= top + height
            assert apart_across or apart_down
    for _, source, _, target, _, _ in EDITABLE[name]["links"]:
        assert place[source][0] <= place[target][0]


@each_workflow
def test_app_mode_shows_files_settings_and_results(name):
    """The page's app mode shows what stands in linearData: widgets by node and name, and nodes with results."""
    app = EDITABLE[name]["extra"]["linearData"]
    posted = POSTED[name]
    assert app["inputs"] and app["outputs"]
    for node_id, widget in app["inputs"]:
        assert not isinstance(posted[str(node_id)]["inputs"][widget], list)
    shown = {(posted[str(node_id)]["class_type"], widget) for node_id, widget in app["inputs"]}
    used = {(node["class_type"], widget) for node in posted.values() for widget in node["inputs"]}
    assert shown >= FILE_INPUTS & used
    saving = {int(node_id) for node_id, node in posted.items() if node["class_type"] == "SaveVideo"}
    assert saving <= set(app["outputs"])


def test_the_blueprint_is_one_node_that_shows_what_matters():
    """ComfyUI lists subgraphs/*.json of each pack; the page takes those with a single node, which is a subgraph."""
    (path,) = (REPOSITORY / "subgraphs").glob("*.json")
    blueprint = json.loads(path.read_text())
    (node,) = blueprint["nodes"]
    (subgraph,) = blueprint["definitions"]["subgraphs"]
    assert node["type"] == subgraph["id"] and subgraph["category"] == "CEM-Net"
    assert [socket["name"] for socket in node["inputs"][:2]] == ["image", "audio"]
    shown = {socket["name"] for socket in node["inputs"] if "widget" in socket}
    assert {"emotion", "intensity", "seed"} <= shown
    assert [socket["name"] for socket in node["outputs"]] == ["video"]
    assert all(inner["type"].startswith("CEMNet") for inner in subgraph["nodes"])
