"""Shared fixtures, and runtime shape checks on the whole library."""

from jaxtyping import install_import_hook

install_import_hook("cemnet", "shape_checks.check")
