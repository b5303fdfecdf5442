"""Draws the import graph of a source tree from its text alone, and finds imports that break the rules of the house.

Nothing is imported. Imports inside functions count like all others; those under `if TYPE_CHECKING:` are marked, because
they do not exist at run time.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Floors = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Import:
    """One imported module, as a dotted name from the root of the tree: cemnet.face.basis."""

    source: str
    target: str
    line: int
    is_relative: bool
    is_for_types: bool

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}, imports {self.target}"


def module_name(root: Path, path: Path) -> str:
    """cemnet/face/basis.py is cemnet.face.basis; a package's __init__.py has the package's name."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports(root: Path, packages: Sequence[str]) -> list[Import]:
    """All imports of all modules of some packages, in the order of files and lines."""
    paths = {module_name(root, path): path for package in packages for path in sorted((root / package).rglob("*.py"))}
    found = []
    for name, path in paths.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node, is_for_types in _import_nodes(ast.parse(path.read_text(encoding="utf-8"))):
            for target in _targets(node, package, paths):
                is_relative = isinstance(node, ast.ImportFrom) and node.level > 0
                found.append(Import(name, target, node.lineno, is_relative, is_for_types))
    return found


def _import_nodes(node: ast.AST, for_types: bool = False) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, for_types
    elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for child in node.body:
            yield from _import_nodes(child, True)
        for child in node.orelse:
            yield from _import_nodes(child, for_types)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _import_nodes(child, for_types)


def _targets(node: ast.Import | ast.ImportFrom, package: str, modules: Mapping[str, Path]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    # `from ..face import basis` imports a module; `from ..face.basis import FaceBasis` names a thing inside one.
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return list(dict.fromkeys(name if name in modules else base for name in inner))


def room(module: str) -> str:
    """The first folder or file below the package: "face" for cemnet.face.basis."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def upward_imports(imports: Sequence[Import], package: str, floors: Floors) -> list[str]:
    """Imports within a package that do not lead to the same room or to a lower floor, and rooms without a floor."""
    height = {name: number for number, names in enumerate(floors) for name in names}
    faults = []
    for each in imports:
        if {each.source.split(".")[0], each.target.split(".")[0]} != {package}:
            continue
        here, there = room(each.source), room(each.target)
        homeless = [name for name in (here, there) if name not in height]
        if homeless:
            faults.append(f"{each}: {' and '.join(homeless)} has no floor")
        elif here != there and height[there] >= height[here] and not (height[here] == height[there] == 0):
            faults.append(f"{each}: {there} is not below {here}")
    return faults


def circles(imports: Sequence[Import]) -> list[str]:
    """Circles of imports between modules at run time, each once."""
    graph: dict[str, list[str]] = {}
    for each in imports:
        if not each.is_for_types and each.target != each.source:
            graph.setdefault(each.source, []).append(each.target)
    done: set[str] = set()
    found: list[str] = []

    def visit(module: str, way: list[str]) -> None:
        if module in way:
            found.append(" → ".join([*way[way.index(module) :], module]))
        elif module not in done:
            for target in graph.get(module, []):
                visit(target, [*way, module])
            done.add(module)

    for module in graph:
        visit(module, [])
    return found


def forbidden_imports(imports: Sequence[Import], package: str, forbidden: Sequence[str]) -> list[str]:
    """Imports from a package of other packages, or of rooms ("cemnet.training"), that it must not know."""
    return [
        f"{each}: forbidden in {package}"
        for each in imports
        if _within(each.source, package) and any(_within(each.target, name) for name in forbidden)
    ]


def absolute_imports(imports: Sequence[Import], own: Sequence[str]) -> list[str]:
    """Absolute imports of the project's own packages; ComfyUI loads the folder under another name."""
    return [
        f"{each}: must be a relative import"
        for each in imports
        if not each.is_relative and any(_within(each.target, name) for name in own)
    ]


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
