"""The type checker that conftest hangs on every function of cemnet: shapes and types are checked while tests run."""

from collections.abc import Callable
from typing import TypeVar

from beartype import BeartypeConf, beartype

Result = TypeVar("Result")
checked_at_once = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check(function: Callable[..., Result]) -> Callable[..., Result]:
    """The same function with its arguments checked. The check is made at the first call: few tests call everything."""
    made: list[Callable[..., Result]] = []

    def checked(*arguments: object, **named: object) -> Result:
        if not made:
            made.append(checked_at_once(function))
        return made[0](*arguments, **named)

    return checked
