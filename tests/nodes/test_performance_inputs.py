"""The inputs that nodes share, and what they cannot perform: run in ComfyUI's own environment (`make test-comfy`)."""

# ruff: noqa: E402 (the modules of ComfyUI are there only in its own environment)

import sys
from dataclasses import fields

import pytest

comfy_arguments = pytest.importorskip("comfy.cli_args", reason="runs in ComfyUI's own environment: make test-comfy")
comfy_arguments.args.cpu = True  # before the rest of ComfyUI is imported
pytest_plugins = ["comfyui.pack"]

from refused_settings import NAMED, REFUSED, REFUSED_TYPES

SHARED = ("emotion", "intensity", "seed")
PERFORMING = ("CEMNetEmotionBridge", "CEMNetTalkingPortrait")


def described(socket) -> dict:
    """Everything that ComfyUI's page is told about an input."""
    return {"id": socket.id, "type": socket.io_type, **socket.as_dict()}


def test_nodes_that_perform_speech_show_the_same_inputs_in_the_same_order(nodes):
    shown = [
        [described(socket) for socket in nodes[node_id].GET_SCHEMA().inputs if socket.id in SHARED]
        for node_id in PERFORMING
    ]
    assert [socket["id"] for socket in shown[0]] == list(SHARED)
    assert shown[0] == shown[1]


def settings_of(node, name: str):
    """The settings' class as the pack has it, which ComfyUI imports under another name than the tests."""
    pack = node.__module__.rpartition(".nodes.")[0]
    __import__(f"{pack}.cemnet.performance_settings")
    return getattr(sys.modules[f"{pack}.cemnet.performance_settings"], name)


@pytest.mark.parametrize("node_id", PERFORMING)
def test_every_value_that_a_widget_offers_can_be_performed(nodes, node_id):
    settings = settings_of(nodes[node_id], "PerformanceSettings")
    names = {field.name for field in fields(settings)}
    for socket in nodes[node_id].GET_SCHEMA().inputs:
        if socket.id in names:
            offered = socket.options if socket.id == "emotion" else (socket.min, socket.default, socket.max)
            for value in offered:
                assert getattr(settings(**{socket.id: value}), socket.id) == value


@pytest.mark.parametrize(("name", "value"), [*REFUSED, *REFUSED_TYPES])
def test_the_bridge_refuses_a_value_out_of_range_before_it_looks_at_anything_else(execute, name, value):
    with pytest.raises(ValueError, match=NAMED[name]) as refused:
        execute("CEMNetEmotionBridge", **{name: value})
    assert str(value) in str(refused.value) and "is empty" not in str(refused.value)


@pytest.mark.parametrize(("name", "value"), [wish for wish in (*REFUSED, *REFUSED_TYPES) if wish[0] in SHARED])
def test_the_talking_portrait_refuses_before_it_starts_the_chain(execute, name, value):
    with pytest.raises(ValueError, match=NAMED[name]) as refused:
        execute("CEMNetTalkingPortrait", **{name: value})
    assert str(value) in str(refused.value) and "is empty" not in str(refused.value)
