"""Every workflow asks the nodes for what they have: run in ComfyUI's own environment (`make test-comfy`)."""

# ruff: noqa: E402 (the modules of ComfyUI are there only in its own environment)

import json
from pathlib import Path
from typing import Any

import pytest

comfy_arguments = pytest.importorskip("comfy.cli_args", reason="runs in ComfyUI's own environment: make test-comfy")
comfy_arguments.args.cpu = True  # before the rest of ComfyUI is imported
pytest_plugins = ["comfyui.pack"]

from paths import REPOSITORY

CURRENT = sorted((REPOSITORY / "workflows" / "api").glob("*.json"))
RELEASED = sorted((REPOSITORY / "tests" / "data").glob("workflows_*/*_api.json"))


def ours(path: Path, nodes) -> list[dict[str, Any]]:
    return [node for node in json.loads(path.read_text()).values() if node["class_type"].startswith("CEMNet")]


def accepts(socket, value: Any) -> bool:
    """Whether a widget takes a value."""
    if getattr(socket, "options", None) is not None:
        return value in socket.options or socket.id == "file"
    low, high = getattr(socket, "min", None), getattr(socket, "max", None)
    return (low is None or value >= low) and (high is None or value <= high)


def test_every_node_that_menus_show_is_used_in_an_example(nodes):
    hidden = {"CEMNetVideoList"}  # a part of CEM-Net Talking Portrait
    assert {node["class_type"] for path in CURRENT for node in ours(path, nodes)} == set(nodes) - hidden
    for node_id in nodes:
        schema = nodes[node_id].GET_SCHEMA()
        assert (schema.is_deprecated or getattr(schema, "is_dev_only", False)) == (node_id in hidden)


@pytest.mark.parametrize("path", CURRENT, ids=lambda path: path.stem)
def test_an_example_sets_every_input_but_wires_that_may_be_missing(nodes, path):
    for node in ours(path, nodes):
        sockets = {socket.id: socket for socket in nodes[node["class_type"]].GET_SCHEMA().inputs}
        wires = {name for name, socket in sockets.items() if socket.optional and not hasattr(socket, "default")}
        assert sockets.keys() - wires <= node["inputs"].keys() <= sockets.keys()


@pytest.mark.parametrize("path", [*CURRENT, *RELEASED], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_value_and_every_wire_is_accepted(nodes, path):
    workflow = json.loads(path.read_text())
    for node in ours(path, nodes):
        sockets = {socket.id: socket for socket in nodes[node["class_type"]].GET_SCHEMA().inputs}
        required = {name for name, socket in sockets.items() if not socket.optional}
        assert required <= node["inputs"].keys() <= sockets.keys()
        for name, value in node["inputs"].items():
            if not isinstance(value, list):
                assert accepts(sockets[name], value), f"{node['class_type']}: {name} = {value}"
            elif workflow[value[0]]["class_type"] in nodes:
                source = nodes[workflow[value[0]]["class_type"]].GET_SCHEMA()
                assert source.outputs[value[1]].io_type == sockets[name].get_io_type()
