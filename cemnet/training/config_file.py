"""Settings of training runs in yaml: read, overridden from the command line, and checked before any work.

Whatever is wrong is one sentence that names the file, the setting and what it has to be.
"""

import difflib
import math
import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import yaml

from ..errors import CEMNetError

AT_LEAST_ONE = (
    "num_steps", "batch_size", "checkpoint_every", "gradient_accumulation_steps", "num_heads", "validation_batches",
)  # fmt: skip
Settings = TypeVar("Settings")


def read_config(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The values of a yaml file, some of them overridden by `name=value` or `group.name=value`, the value as in yaml.

    CEMNetError where the file cannot be read or holds no settings, or where an override is no such pair.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CEMNetError(f"The config {path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise CEMNetError(f"The config {path} has to hold settings, one `name: value` on each line.")
    for override in overrides:
        name, equals, text = override.partition("=")
        if not name.strip() or not equals:
            raise CEMNetError(f"--set takes name=value, such as num_steps=200, not {override!r}.")
        *groups, last = name.strip().split(".")
        inner = values
        for group in groups:
            if inner.get(group) is None:
                inner[group] = {}
            inner = inner[group]
            if not isinstance(inner, dict):
                raise CEMNetError(f"--set {override}: {group} is no group of settings.")
        try:
            inner[last] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise CEMNetError(f"--set {override}: the value cannot be read: {error}") from error
    return values


def settings_from(kind: type[Settings], values: Mapping[str, Any], source: str, group: str = "") -> Settings:
    """A dataclass of settings from plain values, each of the type that it is annotated with; groups are dataclasses.

    CEMNetError names the first value that is unknown, with the nearest name that exists, or of another type, or beyond
    what it can be. `source` is what sentences call the values' origin.
    """
    hints, known = get_type_hints(kind), {setting.name: setting for setting in fields(kind)}  # pyright: ignore[reportArgumentType]
    refuse_unknown(values, known, source, group)
    given = {}
    for name, value in values.items():
        place, hint = f"{group}{name}", hints[name]
        if is_dataclass(hint):
            if not isinstance(value, dict | types.NoneType):
                raise CEMNetError(f"{source}: {place} has to be a group of settings, not {value!r}.")
            given[name] = settings_from(hint, value or {}, source, f"{place}.")  # pyright: ignore[reportArgumentType]
        elif get_origin(hint) is dict:
            given[name] = _weights(known[name].default_factory, value, source, place)
        else:
            given[name] = _value(hint, value, source, place)
            _check_size(given[name], name, source, place)
    return kind(**given)


def refuse_unknown(values: Mapping[str, Any], known: Collection[str], source: str, group: str = "") -> None:
    """CEMNetError for the first name that is not among the known ones; it names the nearest that is."""
    for name in values:
        if name not in known:
            nearest = difflib.get_close_matches(str(name), known, 1, cutoff=0.5)
            meant = f" Did you mean {group}{nearest[0]}?" if nearest else f" There are: {', '.join(sorted(known))}."
            raise CEMNetError(f"{source} has a setting that does not exist: {group}{name}.{meant}")


def _weights(default: Any, value: Any, source: str, place: str) -> dict[str, float]:
    """Numbers by name over their defaults; only names that have a default exist."""
    usual: dict[str, float] = default() if default is not MISSING else {}
    if not isinstance(value, dict | types.NoneType):
        raise CEMNetError(f"{source}: {place} has to be a group of numbers, not {value!r}.")
    refuse_unknown(value or {}, usual, source, f"{place}.")
    given = {name: _value(float, number, source, f"{place}.{name}") for name, number in (value or {}).items()}
    for name, number in given.items():
        _check_size(number, name, source, f"{place}.{name}")
    return usual | given


def _value(hint: Any, value: Any, source: str, place: str) -> Any:
    """The value as its annotation asks for it."""
    optional = [each for each in get_args(hint) if each is not types.NoneType]
    if get_origin(hint) in (types.UnionType,) and len(optional) == 1:
        return None if value is None else _value(optional[0], value, source, place)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise CEMNetError(f"{source}: {place} has to be {' or '.join(get_args(hint))}, not {value!r}.")
        return value
    if get_origin(hint) is tuple:
        (element, *_) = get_args(hint)
        if not isinstance(value, list | tuple):
            raise CEMNetError(f"{source}: {place} has to be a list, such as [{value}].")
        return tuple(_value(element, each, source, place) for each in value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and not (isinstance(value, bool) and hint is not bool):
        return value
    asked = {int: "a whole number", float: "a number", bool: "true or false", str: "text", Path: "a path"}[hint]
    raise CEMNetError(f"{source}: {place} has to be {asked}, not {value!r}.{_hint(hint, value)}")


def _hint(hint: type, value: Any) -> str:
    """What was probably meant by text in place of a number: to yaml, 1e-4 is text."""
    try:
        number = float(value) if hint is float and isinstance(value, str) else math.nan
    except ValueError:
        return ""
    return f" Write {number:.1e}." if math.isfinite(number) else ""


def _check_size(value: Any, name: str, source: str, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not math.isfinite(value):
        raise CEMNetError(f"{source}: {place} has to be a finite number, not {value}.")
    least = 1 if name in AT_LEAST_ONE else 0
    if value < least:
        raise CEMNetError(f"{source}: {place} has to be at least {least}, not {value}.")
