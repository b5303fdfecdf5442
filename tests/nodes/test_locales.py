"""Names and tooltips of the nodes in other languages: run in ComfyUI's own environment (`make test-comfy`)."""

# ruff: noqa: E402 (the modules of ComfyUI are there only in its own environment)

import json
import re
from typing import Any

import pytest

comfy_arguments = pytest.importorskip("comfy.cli_args", reason="runs in ComfyUI's own environment: make test-comfy")
comfy_arguments.args.cpu = True  # before the rest of ComfyUI is imported
pytest_plugins = ["comfyui.pack"]

from paths import REPOSITORY

LANGUAGES = ["zh", "ja", "ko", "fr", "de", "es"]


def label_of(socket) -> str:
    """What the page calls an input."""
    return socket.display_name or socket.id


def definitions(language: str) -> dict[str, Any]:
    return json.loads((REPOSITORY / "locales" / language / "nodeDefs.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def english(nodes) -> dict[str, Any]:
    """What the nodes themselves say, in the form of ComfyUI's translations."""

    def described(sockets) -> dict[str, Any]:
        return {key: {"name": name, "tooltip": socket.tooltip} for key, name, socket in sockets}

    schemas = {node_id: node.GET_SCHEMA() for node_id, node in nodes.items()}
    return {
        node_id: {
            "display_name": schema.display_name,
            "description": schema.description,
            "inputs": described((socket.id, label_of(socket), socket) for socket in schema.inputs),
            "outputs": described(
                (str(index), socket.display_name, socket) for index, socket in enumerate(schema.outputs)
            ),
        }
        for node_id, schema in schemas.items()
    }


def texts(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every text by its place."""
    if isinstance(value, str):
        return {path: value}
    return {place: text for key, part in value.items() for place, text in texts(part, (*path, key)).items()}


def test_english_is_what_the_nodes_say(english):
    assert definitions("en") == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(english, language):
    original, translated = texts(english), texts(definitions(language))
    assert original.keys() == translated.keys()
    for place, text in translated.items():
        assert text.strip()
        if place[-1] in ("display_name", "description", "tooltip"):
            assert text != original[place], place


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_what_moves_has_one_name_in_the_bridge_and_in_motion_edit(language):
    translated = definitions(language)
    bridge, edit = (translated[node_id]["inputs"] for node_id in ("CEMNetEmotionBridge", "CEMNetMotionEdit"))
    for in_bridge, in_edit in (("blinks", "blink"), ("gaze", "gaze"), ("head_motion", "head")):
        assert bridge[in_bridge]["name"] == edit[in_edit]["name"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tooltip_calls_a_node_by_its_translated_name(english, language):
    translated = definitions(language)
    names = {node_id: node["display_name"] for node_id, node in translated.items()}
    assert len(set(names.values())) == len(names)
    said = texts(translated)
    by_length = sorted(english, key=lambda node_id: -len(english[node_id]["display_name"]))
    pattern = re.compile("|".join(re.escape(english[node_id]["display_name"]) for node_id in by_length))
    ids = {english[node_id]["display_name"]: node_id for node_id in english}
    for place, text in texts(english).items():
        for name in pattern.findall(text):
            assert names[ids[name]] in said[place], place


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_to_be_typed_is_not_translated(nodes, language):
    emotions = nodes["CEMNetEmotionMix"].GET_SCHEMA().inputs[1].options
    timeline = definitions(language)["CEMNetEmotionTimeline"]["inputs"]["timeline"]["tooltip"]
    assert all(word in timeline for word in ("voice", *emotions, "2.5 happy 0.8", "#"))


def help_page(node_id: str, language: str) -> str:
    """The page that ComfyUI shows under a node's question mark, in the language of its page."""
    return (REPOSITORY / "web" / "docs" / node_id / f"{language}.md").read_text(encoding="utf-8")


def points(page: str) -> list[str]:
    """The lines of a page's last part."""
    return [line for line in page.rpartition("\n## ")[2].splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_there_in_each_language_and_says_what_the_node_says(nodes, language):
    translated = definitions(language)
    headings = set()
    for node_id, node in translated.items():
        page = help_page(node_id, language)
        assert page.startswith(f"# {node['display_name']}\n\n{node['description']}\n")
        rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", page, re.MULTILINE)
        named = [*node["inputs"].values(), *node["outputs"].values()]
        assert [name for name, _ in rows] == [socket["name"] for socket in named], node_id
        for (_, text), socket in zip(rows, named, strict=True):
            assert text.startswith(socket["tooltip"])
        headings.add(tuple(re.findall(r"^## (.+)$", page, re.MULTILINE)))
    assert len(headings) == 1 and len(headings.pop()) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_has_as_many_points_and_choices_in_each_language(nodes, language):
    for node_id in nodes:
        page = help_page(node_id, language)
        english = (REPOSITORY / "web" / "docs" / f"{node_id}.md").read_text(encoding="utf-8")
        assert len(points(page)) == len(points(english)), node_id
        for choices in re.findall(r"Choices: (.+?)\. \|", english):
            assert choices in page, node_id
        for literal in re.findall(r"`[^`\n]+\.task`|cemnet_\w+\.\w+|a video each", english):
            assert literal in page, node_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_calls_nodes_and_sockets_by_their_translated_names(nodes, language):
    """Everything in bold is the name of a node, an input or an output, a key, or a format."""
    translated = definitions(language)
    sockets = [part for node in translated.values() for key in ("inputs", "outputs") for part in node[key].values()]
    known = {part["name"] for part in sockets} | {node["display_name"] for node in translated.values()}
    for node_id in nodes:
        for name in re.findall(r"\*\*(.+?)\*\*", "\n".join(points(help_page(node_id, language)))):
            assert name in known | {"R", "csv", "json", "glb"}, f"{node_id}: {name}"
