"""Changing ``config.toml`` so that comments and order stay, and telling what can be set.

Contract with the reader: nothing is written that :mod:`persona_tui.config` would refuse to read.
"""

from __future__ import annotations

import ast
import inspect
import tomllib
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
from msgspec import NODEFAULT
from msgspec.inspect import Field

from persona_tui import config
from persona_tui.config_text import describe, from_text, joined, unknown_key
from persona_tui.errors import ConfigError
from persona_tui.paths import Paths, write_private


class SettingDoc(NamedTuple):
    """One setting, for lists and for the documentation."""

    key: str
    type: str
    default: Any
    doc: str


def parts_of(key: str) -> list[str]:
    """A dotted key as its parts: the reverse of :func:`joined`."""
    try:
        nested: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        nested = None
    parts: list[str] = []
    while isinstance(nested, dict) and len(nested) == 1:
        ((part, nested),) = nested.items()
        parts.append(part)
    if nested != 0 or not parts:
        raise ConfigError(f"`{key}` is not a key; write it like chat.model.")
    return parts


def get_value(settings: config.Settings, key: str) -> Any:
    """The value in force of a dotted key: a plain value, or a dictionary for a section."""
    value = msgspec.to_builtins(settings)
    for part in parts_of(key):
        if not isinstance(value, dict) or part not in value:
            known = config.known_keys(settings.models)
            raise ConfigError(unknown_key("the settings", key, key, known))
        value = value[part]
    return value


def set_text(paths: Paths, key: str, text: str) -> config.Settings:
    """Set a key from text, as typed on a command line or into a form."""
    kind = config.type_of(parts_of(key))
    if kind is None:
        known = config.known_keys(config.load_settings(paths).models)
        raise ConfigError(unknown_key("the settings", key, key, known))
    return set_value(paths, key, from_text(kind, text, where=f"`{key}`"))


def set_value(paths: Paths, key: str, value: Any) -> config.Settings:
    """Set one key in the file (``None`` removes it) and return the settings that are then in force.

    Comments and order are kept; the file is replaced atomically and stays readable by its owner
    only. Raises :class:`ConfigError`, with the file untouched, if the result would not be valid.
    """
    return set_values(paths, {key: value})


def set_values(paths: Paths, changes: dict[str, Any]) -> config.Settings:
    """:func:`set_value` for several keys at once: all of them or none."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    before = config.read_file(paths.config)  # says which line, if the file is broken
    after = before
    for key, value in changes.items():
        after = config.with_value(after, parts_of(key), value)
    wanted = config.validated(after, where=str(paths.config))
    try:
        text = paths.config.read_text("utf-8") if paths.config.exists() else ""
        document = tomlkit.parse(text)
        for key, value in changes.items():
            _assign(document, parts_of(key), value)
        data = tomlkit.dumps(document)
        written = tomllib.loads(data)
    except (TOMLKitError, tomllib.TOMLDecodeError, OSError) as error:
        raise ConfigError(f"{paths.config} cannot be changed: {error}.") from error
    if config.validated(written, where=str(paths.config)) != wanted:
        raise ConfigError(f"{paths.config} could not be changed safely; edit it by hand.")
    try:
        write_private(paths.config, data.encode())
    except OSError as error:
        raise ConfigError(f"{paths.config} cannot be written: {error.strerror}.") from error
    return config.load_settings(paths)


def _assign(container: Any, parts: list[str], value: Any) -> None:
    import tomlkit

    for part in parts[:-1]:
        if part not in container:
            if value is None:
                return
            container[part] = tomlkit.table(is_super_table=part == "models")
        container = container[part]
    if value is None:
        container.pop(parts[-1], None)
    elif isinstance(value, dict):
        table = tomlkit.table()
        for name, inner in value.items():
            if inner is not None:
                table[name] = inner
        container[parts[-1]] = table
    else:
        container[parts[-1]] = value


def remove_model(paths: Paths, name: str) -> config.Settings:
    """Forget a model of one's own; tasks that used it go back to the starter model."""
    settings = config.load_settings(paths)
    changes: dict[str, Any] = {joined("models", name): None}
    for task in ("chat", "extraction"):
        if getattr(settings, task).model == name:
            changes[f"{task}.model"] = "starter"
    return set_values(paths, changes)


def documented() -> list[SettingDoc]:
    """Every setting with its type, default and documentation, in the order of the classes."""
    docs = _docs()
    return [
        SettingDoc(
            ".".join(parts), describe(one.type), _default(one), docs[section.__name__, one.name]
        )
        for parts, section, one in config.leaves()
    ]


def _default(one: Field) -> Any:
    if one.default_factory is not NODEFAULT:
        return one.default_factory()
    return None if one.default is NODEFAULT else one.default


def _docs() -> dict[tuple[str, str], str]:
    """The string below each field, from the source (read when asked for: it takes a while)."""
    docs = {}
    for section in ast.parse(inspect.getsource(config)).body:
        if not isinstance(section, ast.ClassDef):
            continue
        for one, below in pairwise(section.body):
            match one, below:
                case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                    docs[section.name, name] = inspect.cleandoc(text).replace("``", "`")
    return docs
