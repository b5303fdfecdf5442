"""Marks for tests that need a program which may be missing."""

import shutil

import pytest

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="node, which runs scripts of pages, is not installed"
)
