"""Settings as text: reading a value from one, and saying in one sentence what is wrong with it."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any, Literal, Union, get_args, get_origin

from persona_tui.errors import ConfigError

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}
_NONE = {"", "none", "null", "default"}


def options_of(annotation: Any) -> tuple[Any, bool]:
    """The type without ``None`` and ``Annotated``, and whether ``None`` was allowed."""
    optional = False
    while True:
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
        elif get_origin(annotation) in (Union, types.UnionType):
            inner = [arg for arg in get_args(annotation) if arg is not type(None)]
            optional = optional or len(inner) < len(get_args(annotation))
            annotation = inner[0]
        else:
            return annotation, optional


def describe(annotation: Any) -> str:
    """The type as a person reads it: ``a number``, ``auto, grounded or holistic``."""
    plain, optional = options_of(annotation)
    if get_origin(plain) is Literal:
        text = _either([str(arg) for arg in get_args(plain)])
    else:
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        text = names.get(plain, "a table")
    return f"{text}, or nothing" if optional else text


def from_text(annotation: Any, text: str, *, where: str) -> Any:
    """``text`` (from the command line, the environment, a form) as a value of this type.

    ``None`` means "unset" and is given for an empty text where nothing is allowed. Raises
    :class:`ConfigError` naming ``where``.
    """
    plain, optional = options_of(annotation)
    word = text.strip().lower()
    if optional and word in _NONE:
        return None
    if plain is str or get_origin(plain) is Literal:
        return text
    if plain is bool and word in _TRUE | _FALSE:
        return word in _TRUE
    try:
        if plain is int:
            return int(word)
        if plain is float:
            return float(word)
    except ValueError:
        pass
    if plain in (bool, int, float):
        raise ConfigError(f"{where} must be {describe(annotation)}, not “{text}”.")
    raise ConfigError(f"{where} is a table: set one of the keys in it.")


def unknown_key(where: str, shown: str, key: str, known: Iterable[str]) -> str:
    """The sentence for a key that does not exist, with the nearest one that does."""
    near = nearest(key, known)
    hint = f"did you mean `{near}`?" if near else "`persona-tui config list` names all settings."
    return f"{where}: there is no setting `{shown}`; {hint}"


def nearest(key: str, known: Iterable[str]) -> str | None:
    """The known key that looks most like ``key``; also finds a leaf written in the wrong section."""
    import difflib  # 9 ms, for a mistake only

    names = list(known)
    match = difflib.get_close_matches(key, names, n=1, cutoff=0.6)
    if match:
        return match[0]
    leaf = key.rsplit(".", 1)[-1]
    leaves = {name.rsplit(".", 1)[-1]: name for name in names}
    match = difflib.get_close_matches(leaf, leaves, n=1, cutoff=0.75)
    return leaves[match[0]] if match else None


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
