"""The example workflows in ComfyUI's page, in a real browser: `make test-browser`.

Screenshots of every graph after it ran, and a frame of what it made, are left in output/browser.
COMFYUI_PATH=... runs another ComfyUI, FRONTEND_PATH=... another page.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("comfy", reason="runs in ComfyUI's own environment: make test-browser")

from comfyui.install import prepare_base
from comfyui.server import comfy_server
from paths import REPOSITORY
from PIL import Image

BROWSER = REPOSITORY / "tests" / "browser"
PAGE = Path(sys.prefix).parent / "frontend" / "comfyui_frontend_package" / "static"
SCREENSHOTS = REPOSITORY / "output" / "browser"
PACK = "cemnet"
POSTED = REPOSITORY / "workflows" / "api"
RELEASED = sorted((REPOSITORY / "tests" / "data").glob("workflows_*/*_api.json"))  # each beside the page's own form
EXAMPLES = sorted(
    (path.stem for path in (REPOSITORY / "example_workflows").glob("*.json")), key=lambda name: int(name.split()[0])
)

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and (BROWSER / "node_modules").is_dir()),
    reason="needs Node.js and what tests/comfyui/install_browser.py installs",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    base = tmp_path_factory.mktemp("comfyui")
    prepare_base(base)
    with comfy_server(base, "--front-end-root", os.environ.get("FRONTEND_PATH") or PAGE) as (client, _):
        yield client


def drive(script: str, *arguments: str | Path) -> list[dict[str, Any]]:
    """The lines of JSON that a script of tests/browser prints."""
    done = subprocess.run(["node", BROWSER / script, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def told(server) -> dict[str, dict[str, Any]]:
    """What happened to each example."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    lines = drive("run_workflows.mjs", str(server.port), SCREENSHOTS, PACK, *EXAMPLES)
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_opens_runs_and_plays(told, name):
    example = told[name]
    assert example["red"] == []
    assert example["outcome"] == "execution_success", example["error"]
    assert example["wanted"] >= 1 and example["playable"]
    assert all(video["seconds"] > 3 for video in example["videos"] if video["ready"] == 4)
    assert example["complaints"] == []
    assert (SCREENSHOTS / f"{name}.png").stat().st_size > 50_000


def test_workflows_of_released_versions_open_with_their_settings(server):
    """The page reads stored graphs by the order of widgets; every setting has to arrive where it was."""
    files = [path.with_name(path.name.replace("_api", "")) for path in RELEASED]
    for posted, opened in zip(RELEASED, drive("open_workflows.mjs", str(server.port), *files), strict=True):
        assert opened["red"] == []
        for node_id, node in json.loads(posted.read_text()).items():
            assert opened["prompt"][node_id]["class_type"] == node["class_type"]
            assert opened["prompt"][node_id]["inputs"].items() >= node["inputs"].items()
        assert server.queue(opened["prompt"]).ok
        server.interrupt()


@pytest.mark.parametrize("new_nodes", ["false", "true"])
def test_the_sentence_of_an_error_is_shown_and_wires_have_colours(server, tmp_path, new_nodes):
    """Of a prompt that the server refuses, and of a node that fails within the chain of another."""
    Image.new("RGB", (320, 240), "grey").save(tmp_path / "wall.png")
    server.upload(tmp_path / "wall.png")
    refused = json.loads((POSTED / "9 Load a motion.json").read_text())
    failing = json.loads((POSTED / "1 Talking portrait.json").read_text())
    for prompt, class_type, value in (
        (refused, "CEMNetLoadMotion", {"file": "gone.csv"}),
        (failing, "LoadImage", {"image": "wall.png"}),
    ):
        (node,) = (node for node in prompt.values() if node["class_type"] == class_type)
        node["inputs"].update(value)
        (tmp_path / f"{class_type}.json").write_text(json.dumps(prompt))
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    arguments = (str(server.port), new_nodes, SCREENSHOTS / f"errors_{new_nodes}.png")
    prompts = (tmp_path / "CEMNetLoadMotion.json", "There is no motion file", tmp_path / "LoadImage.json", "No face")
    (shown,) = drive("errors_and_colours.mjs", *arguments, *prompts)
    missing, faceless = shown["messages"]
    assert "CEM-Net Load Motion" in missing and "There is no motion file 'gone.csv' in ComfyUI's folders" in missing
    assert "CEM-Net Talking Portrait" in faceless and "FaceError" not in faceless
    assert len(shown["colours"]) == 6
    for in_wires, in_sockets, in_new_nodes in shown["colours"].values():
        assert in_wires == in_sockets == in_new_nodes and in_wires.startswith("#")


def test_the_template_for_beginners_is_the_first_and_each_has_a_picture(server):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (page,) = drive("list_templates.mjs", str(server.port), PACK, SCREENSHOTS / "templates.png")
    assert page["titles"] == EXAMPLES and page["titles"][0] == "1 Talking portrait"


def test_a_page_in_another_language_shows_its_names_and_the_help(server):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    arguments = (str(server.port), SCREENSHOTS, PACK, "1 Talking portrait", "fr", "Bon à savoir")
    (page,) = drive("look_up.mjs", *arguments)
    assert page["titles"]["CEMNetTalkingPortrait"] == "CEM-Net Portrait parlant"
    assert "Fait parler un portrait" in page["shown"] and "numéro du visage" in page["shown"]


@pytest.mark.parametrize("new_nodes", ["false", "true"])
def test_nodes_have_room_also_for_what_they_tell(server, new_nodes):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shown = drive("layouts.mjs", str(server.port), new_nodes, SCREENSHOTS, PACK, *EXAMPLES)
    assert [template["name"] for template in shown] == EXAMPLES
    for template in shown:
        assert template["overlaps"] == [], template["name"]
        assert template["cut"] == [], template["name"]
        assert (template["measured"] > 0) == (new_nodes == "true")


@pytest.mark.parametrize("new_nodes", ["false", "true"])
def test_nodes_tell_play_download_and_upload(server, tmp_path, new_nodes):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    motion = tmp_path / f"uploaded_{new_nodes}.csv"
    motion.write_bytes((REPOSITORY / "samples" / "motion.csv").read_bytes())
    (page,) = drive("told.mjs", str(server.port), new_nodes, SCREENSHOTS, PACK, EXAMPLES[0], motion)
    assert page["outcome"] == "execution_success"
    ((line, height),) = page["shown"].items()
    assert re.fullmatch(r"Saw happy \d+%, heard angry \d+%", line) and height > 5
    assert {video["temporary"] for video in page["sounds"]} == {True, False}  # the node's own, and that of Save Video
    assert all(video["seconds"] > 3 and not video["muted"] for video in page["sounds"])
    assert re.fullmatch(r"motion_\d+_\.csv", page["download"]["name"])
    assert page["download"]["text"].startswith("Timecode,BlendShapeCount")
    (loading,) = (node for node in page["prompt"].values() if node["class_type"] == "CEMNetLoadMotion")
    assert loading["inputs"] == {"file": motion.name}


def test_the_blueprint_runs_and_a_template_is_an_app(server):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (page,) = drive("blueprint_and_app.mjs", str(server.port), SCREENSHOTS, PACK, EXAMPLES[0])
    assert page["offered"]["name"] == page["name"] and page["offered"]["category"].endswith("CEM-Net")
    assert {"emotion", "intensity", "seed"} <= page["shown"]["widgets"].keys()
    assert page["shown"]["widgets"]["emotion"] == "auto"
    assert page["outcome"] == "execution_success", page["error"]
    assert all(name in page["app"] for name in ("emotion", "intensity", "seed"))
