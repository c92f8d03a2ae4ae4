"""Changing ``config.toml`` so that comments and order stay, and telling what can be set.

Contract with the reader: nothing is written that :mod:`persona_tui.config` would refuse to read.
"""

from __future__ import annotations

import ast
import inspect
import json
import tomllib
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, NamedTuple

from persona_tui import config
from persona_tui.config_check import hints_of
from persona_tui.config_text import describe, from_text, unknown_key
from persona_tui.errors import ConfigError
from persona_tui.paths import Paths, write_private


class SettingDoc(NamedTuple):
    """One setting, for lists and for the documentation."""

    key: str
    type: str
    default: Any
    doc: str


def parts_of(key: str) -> list[str]:
    """A dotted key as its parts; names with dots are quoted: ``models."qwen3.5".path``."""
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


def joined(*parts: str) -> str:
    """The dotted key of ``parts``, quoted where needed: the reverse of :func:`parts_of`."""
    return ".".join(
        p if p and all(c.isascii() and (c.isalnum() or c in "-_") for c in p) else json.dumps(p)
        for p in parts
    )


def get_value(settings: config.Settings, key: str) -> Any:
    """The value in force of a dotted key: a plain value, or a dictionary for a section."""
    value: Any = settings
    for part in parts_of(key):
        if is_dataclass(value) and part in {one.name for one in fields(value)}:
            value = getattr(value, part)
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            known = config.leaf_keys(settings.models)
            raise ConfigError(unknown_key("the settings", key, key, known))
    return _plain(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value


def set_text(paths: Paths, key: str, text: str) -> config.Settings:
    """Set a key from text, as typed on a command line or into a form."""
    annotation = config.annotation_of(parts_of(key))
    if annotation is None:
        known = config.leaf_keys(config.read_file(paths.config).get("models", {}))
        raise ConfigError(unknown_key("the settings", key, key, known))
    return set_value(paths, key, from_text(annotation, text, where=f"`{key}`"))


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
    config.validated(after, where=str(paths.config))
    try:
        text = paths.config.read_text("utf-8") if paths.config.exists() else ""
        document = tomlkit.parse(text)
        for key, value in changes.items():
            _assign(document, parts_of(key), value)
        data = tomlkit.dumps(document)
    except (TOMLKitError, OSError) as error:
        raise ConfigError(f"{paths.config} cannot be changed: {error}.") from error
    if tomllib.loads(data) != _without_empty(after, tomllib.loads(data)):
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


def _without_empty(wanted: Any, written: Any) -> Any:
    """``wanted`` without the ``None``s and empty tables that TOML does not need to say."""
    if not isinstance(wanted, dict):
        return wanted
    out = {}
    for name, inner in wanted.items():
        if inner is None or (inner == {} and name not in written):
            continue
        out[name] = _without_empty(
            inner, written.get(name, {}) if isinstance(written, dict) else {}
        )
    return out


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
    found: list[SettingDoc] = []
    docs, hints = _field_docs(config.Settings), hints_of(config.Settings)
    for one in fields(config.Settings):
        if is_dataclass(hints[one.name]):
            found += _documented(hints[one.name], f"{one.name}.")
            continue
        found.append(SettingDoc(one.name, describe(hints[one.name]), _default(one), docs[one.name]))
        if one.name == "models":
            found += _documented(config.ModelEntry, "models.NAME.")
    return found


def _documented(section: type, prefix: str) -> list[SettingDoc]:
    docs, hints = _field_docs(section), hints_of(section)
    return [
        SettingDoc(prefix + one.name, describe(hints[one.name]), _default(one), docs[one.name])
        for one in fields(section)
    ]


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return None if one.default is MISSING else one.default


def _field_docs(section: type) -> dict[str, str]:
    """The string below each field, from the source (read when asked for: it takes a while)."""
    (tree,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(section))).body
    docs: dict[str, str] = {}
    last = None
    for node in tree.body if isinstance(tree, ast.ClassDef) else []:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = node.target.id
            docs[last] = ""
        elif (
            last
            and isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            docs[last] = inspect.cleandoc(node.value.value).replace("``", "`")
            last = None
    return docs
