"""Loads scripts of train/ for their tests: they are launched and never imported by the package."""

import importlib.util
from types import ModuleType

from paths import REPOSITORY


def load_script(name: str) -> ModuleType:
    """One file of train/ as a module, given without its ending."""
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / "train" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
