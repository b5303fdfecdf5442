"""The same facts stand in several files because different tools read them: they have to agree."""

from itertools import chain

import pytest
from paths import REPOSITORY

import cemnet


@pytest.fixture(scope="module")
def project():
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 reads pyproject.toml")
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def names_in(path: str) -> dict[str, str]:
    """Requirement lines of a file by the package's name in lower case."""
    lines = (REPOSITORY / path).read_text().splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    return {line.split("=")[0].split(">")[0].lower().replace("_", "-"): line for line in lines}


def test_comfyui_manager_installs_what_pyproject_declares(project):
    assert list(names_in("requirements.txt").values()) == project["dependencies"]


def test_every_declared_dependency_is_pinned_for_the_tests(project):
    pinned = names_in("constraints.txt")
    for requirement in chain(project["dependencies"], *project["optional-dependencies"].values()):
        name = requirement.split(">")[0].split("=")[0].split("[")[0].lower()
        assert name in pinned, f"{name} has no version in constraints.txt"


def test_the_version_is_the_one_that_the_changelog_describes_first(project):
    assert project["version"] == cemnet.__version__
    headings = [line for line in (REPOSITORY / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    assert headings[0].split()[1] == cemnet.__version__


def test_the_licence_is_the_one_that_pyproject_names(project):
    assert project["license"] == "Apache-2.0"
    licence = (REPOSITORY / "LICENSE").read_text()
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence
