"""Nested values, as TOML gives them, into frozen dataclasses: checked, nothing converted silently.

A small stand-in for pydantic, which takes longer to import than all of our own modules together.
Understands what settings need: ``str``, ``bool``, ``int``, ``float``, ``Literal``, optional ones,
``Annotated`` with :class:`Limits`, ``dict[str, …]`` and dataclasses. A dataclass may have a method
``problem()`` that says what is wrong with it as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from persona_tui.config_text import describe, options_of
from persona_tui.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a number, in ``Annotated``."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None

    def broken_by(self, value: float) -> str | None:
        """What the number must be instead."""
        if self.ge is not None and value < self.ge:
            return f"at least {self.ge:g}"
        if self.gt is not None and value <= self.gt:
            return f"more than {self.gt:g}"
        if self.le is not None and value > self.le:
            return f"at most {self.le:g}"
        return None


class UnknownKeyError(Exception):
    """There is no such key; ``key`` is dotted."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """The types of a dataclass's fields, by name, ``Annotated`` included."""
    return get_type_hints(kind, include_extras=True)


def build(kind: type, values: object, where: str, key: str = "") -> Any:
    """``values`` as a ``kind``. ``where`` (a file, "the environment") is named in errors.

    Raises :class:`ConfigError` with one sentence, or :class:`UnknownKeyError`.
    """
    if isinstance(values, kind):
        return values
    if not isinstance(values, Mapping):
        raise ConfigError(_must(where, key, "a table", values))
    hints = hints_of(kind)
    for name in values:
        if name not in hints:
            raise UnknownKeyError(_joined(key, str(name)))
    checked = {}
    for one in fields(kind):
        if one.name in values:
            checked[one.name] = check(
                hints[one.name], values[one.name], where, _joined(key, one.name)
            )
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ConfigError(f"{where}: `{_joined(key, one.name)}` is missing.")
    made = kind(**checked)
    problem = made.problem() if hasattr(made, "problem") else None
    if problem:
        raise ConfigError(f"{where}: {f'`{key}` ' if key else ''}{problem}.")
    return made


def check(annotation: Any, value: Any, where: str, key: str) -> Any:
    """``value``, if it is of that type; whole numbers pass as ``float``."""
    plain, optional = options_of(annotation)
    if value is None and optional:
        return None
    if is_dataclass(plain) and isinstance(plain, type):
        return build(plain, value, where, key)
    if get_origin(plain) is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(_must(where, key, "a table", value))
        inner = get_args(plain)[1]
        return {name: check(inner, one, where, _joined(key, name)) for name, one in value.items()}
    if not _fits(plain, value):
        raise ConfigError(_must(where, key, describe(plain), value))
    if plain is float:
        value = float(value)
        if not math.isfinite(value):
            raise ConfigError(_must(where, key, "a finite number", value))
    for limits in _limits(annotation):
        wanted = limits.broken_by(value)
        if wanted:
            raise ConfigError(_must(where, key, wanted, value))
    return value


def _fits(plain: Any, value: Any) -> bool:
    if get_origin(plain) is Literal:
        return value in get_args(plain)
    if isinstance(value, bool) or plain is bool:
        return isinstance(value, bool) and plain is bool
    return isinstance(value, (int, float) if plain is float else plain)


def _limits(annotation: Any) -> list[Limits]:
    """Those of ``Annotated``, also inside an optional type."""
    found = [one for one in getattr(annotation, "__metadata__", ()) if isinstance(one, Limits)]
    for inner in get_args(annotation):
        if hasattr(inner, "__metadata__"):
            found += _limits(inner)
    return found


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _must(where: str, key: str, wanted: str, value: object) -> str:
    return f"{where}: `{key}` must be {wanted}, not {_shown(value)}."


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"“{value if len(value) <= 60 else value[:57] + '…'}”"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f"{value:g}" if isinstance(value, float) else str(value)
