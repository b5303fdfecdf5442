"""The bundled workflow, as people open it and as programs post it."""

import json
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[1]
EDITABLE = json.loads((REPOSITORY / "workflows" / "cemnet_portrait_speech.json").read_text())
POSTED = json.loads((REPOSITORY / "workflows" / "cemnet_portrait_speech_api.json").read_text())


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
    return dict(zip(names, node.get("widgets_values", []), strict=True))


def test_both_forms_have_the_same_nodes():
    assert {str(node["id"]): node["type"] for node in EDITABLE["nodes"]} == {
        node_id: node["class_type"] for node_id, node in POSTED.items()
    }


def test_both_forms_have_the_same_wires():
    posted = {
        (target, name, source[0], source[1])
        for target, node in POSTED.items()
        for name, source in node["inputs"].items()
        if isinstance(source, list)
    }
    assert links_of(EDITABLE) == posted


@pytest.mark.parametrize("node", EDITABLE["nodes"], ids=lambda node: node["type"])
def test_both_forms_have_the_same_settings(node):
    shown = values_of(node)
    for name, value in POSTED[str(node["id"])]["inputs"].items():
        if not isinstance(value, list):
            assert shown[name] == value


def test_the_files_it_loads_are_among_the_samples():
    for class_type, name in (("LoadImage", "image"), ("LoadAudio", "audio")):
        (node,) = (node for node in POSTED.values() if node["class_type"] == class_type)
        assert (REPOSITORY / "samples" / node["inputs"][name]).is_file()


def test_nothing_overlaps_and_the_wires_run_from_left_to_right():
    place = {node["id"]: (*node["pos"], *node["size"]) for node in EDITABLE["nodes"]}
    boxes = list(place.values())
    for index, (left, top, width, height) in enumerate(boxes):
        for other_left, other_top, other_width, other_height in boxes[:index]:
            apart_across = left >= other_left + other_width or other_left >= left + width
            apart_down = top >= other_top + other_height or other_top >= top + height
            assert apart_across or apart_down
    for _, source, _, target, _, _ in EDITABLE["links"]:
        assert place[source][0] <= place[target][0]
