"""Scripts of ComfyUI's page without the page: what nodes tell in its language, and files that are dropped on a node."""

import json
import re
import shutil
import subprocess

import pytest
from needed_programs import needs_node
from paths import REPOSITORY

from cemnet.arkit import EMOTIONS

pytestmark = [needs_node, pytest.mark.slow]

LANGUAGES = ["de", "es", "fr", "ja", "ko", "zh"]
PAGE = "export const app = { registerExtension: made => Object.assign(app, made), graph: { setDirtyCanvas() {} } };"
SERVER = """
export const sent = [];
export const api = { async fetchApi(path, { body }) {
  const file = body.get('image');
  sent.push([path, file.name, await file.text()]);
  return { ok: true, json: async () => ({ name: `2_${file.name}`, subfolder: '' }) };
} };
"""


@pytest.fixture
def run(tmp_path):
    """Runs a script beside the pack's own, as ComfyUI's page lays them, and gives what it prints."""
    folder = tmp_path / "extensions" / "cemnet"
    shutil.copytree(REPOSITORY / "web", folder, ignore=shutil.ignore_patterns("docs"))
    (tmp_path / "scripts").mkdir()
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "scripts" / "app.js").write_text(PAGE)
    (tmp_path / "scripts" / "api.js").write_text(SERVER)

    def run(script):
        (folder / "script.js").write_text(script)
        made = subprocess.run(["node", folder / "script.js"], capture_output=True, text=True, check=True, timeout=120)
        return json.loads(made.stdout)

    return run


def told(run, lines):
    return run(
        "import { inLanguage } from './told_words.js';\n"
        f"const lines = {json.dumps(lines)}, languages = {json.dumps(['en', *LANGUAGES])};\n"
        "console.log(JSON.stringify(languages.map(language => lines.map(line => inLanguage(line, language)))));"
    )


def test_what_nodes_tell_is_told_in_the_language_of_the_page(run):
    lines = [f"Saw {emotion} 95%, heard {emotion} 8%, shows {emotion}" for emotion in EMOTIONS]
    lines += ["Shows sad 60%, happy 40%", "Saw fear 95% in 93 frames"]
    english, *others = told(run, lines)
    assert english == lines
    for language, translated in zip(LANGUAGES, others, strict=True):
        assert len(set(translated)) == len(lines), language
        left = re.findall(r"\b(?:saw|heard|shows|frames|happy|sad|angry)\b", " ".join(translated), re.IGNORECASE)
        assert not left, language
        assert all(
            re.findall(r"\d+", line) == re.findall(r"\d+", told) for line, told in zip(lines, translated, strict=True)
        )


def test_what_is_no_such_line_stays_as_it_is(run):
    lines = ["cemnet/motion_00001_.csv", "Saw happy.csv", "Saw happy 95%, and more", ""]
    assert told(run, lines) == [lines] * 7


@pytest.mark.parametrize(("name", "taken"), [("take.CSV", True), ("take.json", True), ("take.png", False)])
def test_a_motion_file_that_is_dropped_on_load_motion_is_uploaded_and_chosen(run, name, taken):
    dropped = run(
        "import { app } from '../../scripts/app.js';\n"
        "import { sent } from '../../scripts/api.js';\n"
        "import './upload_motion.js';\n"
        "const widgets = [{ name: 'file', value: 'old.csv', options: { values: ['old.csv'] } }];\n"
        "const node = { comfyClass: 'CEMNetLoadMotion', widgets, addWidget: () => ({}) };\n"
        "app.nodeCreated(node);\n"
        f"const files = [new File(['picture'], 'a.png'), new File(['curves'], {json.dumps(name)})];\n"
        "const over = node.onDragOver({ dataTransfer: { items: [{ kind: 'file' }] } });\n"
        "const taken = node.onDragDrop({ dataTransfer: { files } });\n"
        "await new Promise(done => setTimeout(done, 200));\n"
        "console.log(JSON.stringify({ over, taken, sent, file: widgets[0] }));"
    )
    assert dropped["over"] and dropped["taken"] == taken
    assert dropped["sent"] == ([["/upload/image", name, "curves"]] if taken else [])
    assert dropped["file"]["value"] == (f"2_{name}" if taken else "old.csv")
    assert dropped["file"]["options"]["values"] == ["old.csv"] + [f"2_{name}"] * taken
