"""Imports run one way through the rooms of the house, without circles; and a broken rule is noticed."""

import pytest
from import_graph import absolute_imports, circles, forbidden_imports, read_imports, upward_imports
from paths import REPOSITORY

# From the ground up. A room imports only rooms on lower floors; rooms beside each other do not know each other. Only on
# the ground floor may neighbours meet, as its files are too small for floors of their own; circles are caught anyway.
FLOORS = (
    (
        "cemnet",
        "errors",
        "types",
        "arkit",
        "config",
        "curves",
        "performance_settings",
        "checkpoint",
        "long_rows",
        "output_file",
        "resampling",
        "threads",
    ),
    ("media", "speech", "emotion"),
    ("face", "motion"),
    ("render", "network"),
    ("inspection", "model", "export"),
    ("pipeline",),
    ("film_dubbing", "training"),
    ("cli", "evaluation"),
    ("__main__",),
)
COMFYUI = (
    "comfy",
    "comfy_api",
    "comfy_api_nodes",
    "comfy_execution",
    "comfy_extras",
    "folder_paths",
    "nodes",
    "server",
)


@pytest.fixture(scope="module")
def imports():
    return read_imports(REPOSITORY, ["cemnet", "nodes"])


def test_no_room_imports_from_a_floor_above_or_beside_it(imports):
    assert upward_imports(imports, "cemnet", FLOORS) == []


def test_no_modules_import_each_other_in_a_circle(imports):
    assert circles(imports) == []


def test_training_never_imports_evaluation(imports):
    assert forbidden_imports(imports, "cemnet.training", ["cemnet.evaluation"]) == []


def test_the_library_knows_neither_comfyui_nor_the_trainer(imports):
    assert forbidden_imports(imports, "cemnet", [*COMFYUI, "train", "tests", "accelerate"]) == []


def test_nodes_import_neither_training_nor_evaluation(imports):
    assert forbidden_imports(imports, "nodes", ["cemnet.training", "cemnet.evaluation", "train"]) == []


def test_library_and_nodes_import_each_other_relatively(imports):
    assert absolute_imports(imports, ["cemnet", "nodes"]) == []


def test_the_graph_is_that_of_the_whole_library(imports):
    found = {(each.source, each.target) for each in imports}
    assert ("cemnet.model", "cemnet.network") in found
    assert ("cemnet.evaluation.subjects.lips", "cemnet.evaluation.motion.lips") in found
    assert ("nodes.face_renderer", "cemnet.pipeline") in found  # inside a function
    assert any(each.is_for_types for each in imports if each.source == "nodes.face_renderer")


def tree(folder, **files):
    """Writes invented modules and reads their imports; double underscores in a name are slashes."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_imports(folder, ["house", "guest"])


INVENTED_FLOORS = (("ground", "earth"), ("cellar", "garden"), ("attic",))


@pytest.mark.parametrize(
    ("module", "line", "is_fault"),
    [
        ("house__attic__roof", "from ..cellar.wine import bottle", False),
        ("house__attic__roof", "from ..cellar import wine", False),
        ("house__attic__roof", "from .chimney import smoke", False),
        ("house__earth", "from .ground import soil", False),
        ("house__cellar__wine", "import numpy as np", False),
        ("house__cellar__wine", "from ..attic.roof import tile", True),
        ("house__cellar__wine", "from ..attic import roof", True),
        ("house__cellar__wine", "from .. import attic", True),
        ("house__cellar__wine", "def pour():\n    from ..attic.roof import tile", True),
        ("house__cellar__wine", "if TYPE_CHECKING:\n    from ..attic.roof import tile", True),
        ("house__cellar__wine", "from ..garden.tree import apple", True),
        ("house__cellar__wine", "from ..shed import spade", True),
        ("house__ground", "from .cellar.wine import bottle", True),
        ("house__ground", "import house.attic.roof", True),
    ],
)
def test_an_arrow_that_runs_up_is_found(tmp_path, module, line, is_fault):
    others = {
        "house__attic__roof": "",
        "house__attic__chimney": "",
        "house__cellar__wine": "",
        "house__garden__tree": "",
    }
    imports = tree(tmp_path, **(others | {module: line}))
    assert bool(upward_imports(imports, "house", INVENTED_FLOORS)) == is_fault


def test_a_circle_is_found_once_and_imports_for_types_are_none(tmp_path):
    first, second = "from .second import b", "def late():\n    from .third import c"
    third = "from .first import a"
    imports = tree(tmp_path, house__first=first, house__second=second, house__third=third)
    assert circles(imports) == ["house.first → house.second → house.third → house.first"]
    third = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .first import a"
    assert circles(tree(tmp_path, house__third=third)) == []


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("import accelerate", True),
        ("from accelerate.utils import set_seed", True),
        ("def start():\n    import guest.room", True),
        ("from guest import room", True),
        ("from ..guest import room", True),
        ("import accelerated", False),
        ("from .guest import room", False),
    ],
)
def test_a_forbidden_package_is_found(tmp_path, line, is_fault):
    imports = tree(tmp_path, house__door=line, guest__room="")
    assert bool(forbidden_imports(imports, "house", ["accelerate", "guest"])) == is_fault


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("from house import door", True),
        ("import house.door", True),
        ("from . import door", False),
        ("from ..house import door", False),
        ("from houses import door", False),
    ],
)
def test_an_absolute_import_of_the_own_package_is_found(tmp_path, line, is_fault):
    imports = tree(tmp_path, house__window=line, house__door="")
    assert bool(absolute_imports(imports, ["house"])) == is_fault
