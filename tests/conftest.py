"""Shared fixtures, and runtime shape checks on the whole library."""

from pathlib import Path

import pytest
from jaxtyping import install_import_hook
from paths import SAMPLES

install_import_hook("cemnet", "shape_checks.check")

SLOW_FIXTURES = {"trained_clips"}  # whichever test comes first waits for them


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
