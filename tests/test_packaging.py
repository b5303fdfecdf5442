"""The same facts stand in several files because different tools read them: they have to agree."""

import fnmatch
import os
import re
import runpy
from itertools import chain, pairwise

import pytest
import yaml
from documents import LONGEST_LINE
from paths import REPOSITORY

import cemnet


@pytest.fixture(scope="module")
def pyproject():
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 reads pyproject.toml")
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def project(pyproject):
    return pyproject["project"]


def names_in(path: str) -> dict[str, str]:
    """Requirement lines of a file by the package's name in lower case."""
    lines = (REPOSITORY / path).read_text().splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    return {line.split("=")[0].split(">")[0].lower().replace("_", "-"): line for line in lines}


def version_headings() -> list[str]:
    """The headings of the changelog's versions, newest first."""
    return [line for line in (REPOSITORY / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]


def test_comfyui_manager_installs_what_pyproject_declares(project):
    """requirements.txt and then install.py, which adds what pip alone would install over other packs' packages."""
    added = runpy.run_path(str(REPOSITORY / "install.py"))
    lines = [*names_in("requirements.txt").values(), added["FACE_RUNTIME"], added["OPENCV"]]
    assert sorted(lines) == sorted(project["dependencies"])


def test_the_pack_has_one_name(project):
    """The registry's name is the folder's: ComfyUI-Manager makes it, and so do people who read the README."""
    readme = (REPOSITORY / "README.md").read_text()
    assert set(re.findall(r"custom_nodes/([\w-]+)", readme)) == {project["name"]}
    assert f"choose *{project['name']}* at the left" in readme


def test_every_declared_dependency_is_pinned_for_the_tests(project):
    pinned = names_in("constraints.txt")
    for requirement in chain(project["dependencies"], *project["optional-dependencies"].values()):
        name = requirement.split(">")[0].split("=")[0].split("[")[0].lower()
        assert name in pinned, f"{name} has no version in constraints.txt"


def test_the_version_is_the_one_that_the_changelog_describes_first(project):
    assert project["version"] == cemnet.__version__
    assert version_headings()[0].split()[1] == cemnet.__version__


def test_only_the_newest_version_of_the_changelog_may_be_open():
    for heading in version_headings()[1:]:
        assert re.fullmatch(r"## \d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\)", heading)
    numbers = [[int(part) for part in heading.split()[1].split(".")] for heading in version_headings()]
    assert all(newer > older for newer, older in pairwise(numbers))


def test_documents_have_the_line_length_of_the_code(pyproject):
    assert pyproject["tool"]["ruff"]["line-length"] == LONGEST_LINE


def test_the_hooks_of_pre_commit_are_the_checks_of_make_lint():
    config = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())
    entries = [hook["entry"] for repository in config["repos"] for hook in repository["hooks"]]
    makefile = (REPOSITORY / "Makefile").read_text().replace("$(VENV)", ".venv")
    commands = re.findall(r"^\t(\.venv/bin/(?:ruff \w+|basedpyright))", makefile, re.MULTILINE)
    assert len(entries) == len(commands) == 3
    assert all(entry.startswith(command) for entry, command in zip(entries, commands, strict=True))


def test_github_runs_the_whole_check_with_python_3_11():
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "test.yml").read_text())
    job = workflow["jobs"]["test"]
    assert job["steps"][-1] == {"run": ".ci/run"}
    assert job["container"].startswith("python:3.11")
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)


def test_the_licence_is_the_one_that_pyproject_names(project):
    assert project["license"] == "Apache-2.0"
    licence = (REPOSITORY / "LICENSE").read_text()
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence


def test_the_wheel_has_every_file_of_the_weights(pyproject):
    patterns = pyproject["tool"]["setuptools"]["package-data"]["cemnet"]
    for path in (REPOSITORY / "cemnet" / "weights").iterdir():
        name = f"weights/{path.name}"
        assert any(fnmatch.fnmatch(name, pattern) for pattern in patterns), f"package-data lacks {name}"
