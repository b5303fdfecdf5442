"""Shared fixtures, and runtime shape checks on the whole library."""

import re
from pathlib import Path

import pytest
from jaxtyping import install_import_hook
from paths import SAMPLES

install_import_hook("cemnet", "shape_checks.check")

ALL_SLOW = re.compile(r"^pytestmark = .*\bpytest\.mark\.slow\b", re.MULTILINE)  # in a file whose every test is slow
SLOW_FIXTURES = {"trained_clips", "exported"}  # whichever test comes first waits for them


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out whole files of slow tests where no slow test is wanted: importing what they need takes seconds."""
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    return True if ALL_SLOW.search(collection_path.read_text(encoding="utf-8")) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests as slow that need a fixture which takes seconds to make."""
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The bundled portrait and voice."""
    return SAMPLES
