"""Settings as text: keys, types, values read from text, and what is wrong in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from msgspec import inspect

from persona_tui.errors import ConfigError

_TRUTH = dict.fromkeys(("true", "yes", "on", "1"), True)
_TRUTH |= dict.fromkeys(("false", "no", "off", "0"), False)
_NONE = {"", "none", "null", "default"}
_READERS: dict[type[inspect.Type], Callable[[str], object]] = {
    inspect.BoolType: _TRUTH.__getitem__,
    inspect.IntType: int,
    inspect.FloatType: float,
}
_NAMES: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.StrType: "text",
}


def joined(*parts: str) -> str:
    """The dotted key of ``parts``; names with dots are quoted: ``models."qwen3.5".path``."""
    return ".".join(
        p if p and all(c.isascii() and (c.isalnum() or c in "-_") for c in p) else json.dumps(p)
        for p in parts
    )


def required(kind: inspect.Type) -> inspect.Type:
    """The type without ``None``."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    return next(one for one in kind.types if not isinstance(one, inspect.NoneType))


def describe(kind: inspect.Type, *, bounds: bool = False) -> str:
    """The type as a person reads it: ``a number``, ``auto, grounded or holistic``."""
    plain = required(kind)
    if isinstance(plain, inspect.LiteralType):
        *names, last = map(str, plain.values)
        text = f"{', '.join(names)} or {last}" if names else last
    else:
        text = _NAMES.get(type(plain), "a table")
    if bounds and isinstance(plain, inspect.IntType | inspect.FloatType):
        limits = (("at least", plain.ge), ("more than", plain.gt), ("at most", plain.le))
        said = " and ".join(f"{words} {limit:g}" for words, limit in limits if limit is not None)
        text += f", {said}" if said else ""
    return text if plain is kind else f"{text}, or nothing"


def shown(value: object) -> str:
    """A value from a TOML file, in a sentence."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"“{value if len(value) <= 60 else value[:57] + '…'}”"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f"{value:g}" if isinstance(value, float) else str(value)


def from_text(kind: inspect.Type, text: str, *, where: str) -> object:
    """``text`` (from the command line, the environment, a form) as a value of this type.

    ``None`` means "unset" and is given for an empty text where nothing is allowed. Bounds are not
    checked. Raises :class:`ConfigError` naming ``where``.
    """
    plain, word = required(kind), text.strip().lower()
    if plain is not kind and word in _NONE:
        return None
    if isinstance(plain, inspect.StrType | inspect.LiteralType):
        return text
    read = _READERS.get(type(plain))
    if read is None:
        raise ConfigError(f"{where} is a table: set one of the keys in it.")
    try:
        return read(word)
    except (KeyError, ValueError):
        raise ConfigError(f"{where} must be {describe(kind)}, not {shown(text)}.") from None


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
