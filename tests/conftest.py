"""Shared fixtures, and runtime shape checks on the whole library."""

from pathlib import Path

import pytest
from jaxtyping import install_import_hook
from paths import SAMPLES

install_import_hook("cemnet", "shape_checks.check")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The bundled portrait and voice."""
    return SAMPLES
