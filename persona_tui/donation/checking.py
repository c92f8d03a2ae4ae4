"""Holding values and rows against the allow-list; everything that is not allowed is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from persona_tui.donation.schema import (
    COLUMNS,
    INDEX_LIMIT,
    LIST_LIMIT,
    TABLES,
    TEXT_LIMIT,
    Field,
    SchemaError,
    Table,
)

ID = re.compile(r"[a-z]_[0-9a-f]{32}")
SHA256 = re.compile(r"[0-9a-f]{64}")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}((a|b|rc)\d{1,3})?", re.ASCII)
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Control characters other than newline and tab; what is not seen but can carry a mark through a
text (zero-width spaces, tags, variation selectors other than the one of emoji, private use); what
turns the direction round; lone surrogates."""
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
"""At the start of a text: a spreadsheet would compute it."""

_Check = Callable[[Field, object], str | None]
"""Why a value is not allowed, or ``None``."""


def why_text(value: object) -> str | None:
    """Why ``value`` is not a text that a donation may hold; ``None`` if it is."""
    if type(value) is not str:
        return "is not a text"
    if not value or value.isspace():
        return "is empty, where null is meant"
    if len(value) > TEXT_LIMIT:
        return "is too long"
    if UNSEEN.search(value):
        return "holds control characters or characters that cannot be seen"
    if FORMULA.match(value):
        return "begins like a formula of a spreadsheet"
    return None


def _pattern(pattern: re.Pattern[str], what: str) -> _Check:
    def check(_: Field, value: object) -> str | None:
        good = type(value) is str and pattern.fullmatch(value)
        return None if good else f"is not {what}"

    return check


def _id(field: Field, value: object) -> str | None:
    good = type(value) is str and ID.fullmatch(value) and value.startswith(field.letter)
    return None if good else "is not an id of its kind"


def _choice(field: Field, value: object) -> str | None:
    good = type(value) is str and value in field.choices
    return None if good else "is not one of the words allowed"


def _bool(value: object) -> str | None:
    return None if type(value) is bool else "is not true or false"


def _int(field: Field, value: object) -> str | None:
    if type(value) is not int:
        return "is not a whole number"
    if not field.low <= value <= field.high:
        return "is out of range"
    if field.high > 100 and value > 0 and value % 10 ** max(0, len(str(value)) - 2):
        return "has more than two significant digits"
    return None


def _number(field: Field, value: object) -> str | None:
    if type(value) is not float and type(value) is not int:
        return "is not a number"
    if not field.low <= value <= field.high:  # nor is what is not a number
        return "is out of range"
    if math.copysign(1, value) < 0:
        return "is a negative zero"
    return None if round(value, field.decimals) == value else "has too many decimals"


def _list(value: object, entry: Callable[[object], str | None]) -> str | None:
    if type(value) is not list:
        return "is not a list"
    if not value:
        return "is empty, where null is meant"
    if len(value) > LIST_LIMIT:
        return "is too long"
    return next((why for why in map(entry, value) if why), None)


def _numbers(field: Field, value: object) -> str | None:
    return _list(value, lambda one: _number(field, one))


def _texts(value: object) -> str | None:
    return _list(value, why_text)


def _rating(value: object) -> str | None:
    if type(value) is not dict or tuple(value) != ("attribute_id", "rating"):
        return "holds an entry with other fields than attribute_id and rating"
    attribute, rating = value["attribute_id"], value["rating"]
    if type(attribute) is not str or not ID.fullmatch(attribute) or attribute[0] != "a":
        return "holds an attribute_id that is none"
    return None if type(rating) is int and 1 <= rating <= 5 else "holds a rating that is not 1 to 5"


def _ratings(value: object) -> str | None:
    why = _list(value, _rating)
    if why is None and isinstance(value, list):
        ids = [entry["attribute_id"] for entry in value]
        if ids != sorted(set(ids)):
            return "is not sorted by attribute, each once"
    return why


def _index(value: object) -> str | None:
    return (
        None if type(value) is int and 0 <= value < INDEX_LIMIT else "holds an index that is none"
    )


def _span(value: object) -> str | None:
    if type(value) is not dict or tuple(value) != ("conv_idx", "turn_idxs", "quote"):
        return "holds an entry with other fields than conv_idx, turn_idxs and quote"
    if value["turn_idxs"] is not None and (why := _list(value["turn_idxs"], _index)):
        return why
    if value["quote"] is not None and (why := why_text(value["quote"])):
        return f"holds a quote that {why}"
    return _index(value["conv_idx"])


def _evidence(value: object) -> str | None:
    return _list(value, _span)


def _any(check: Callable[[object], str | None]) -> _Check:
    return lambda _, value: check(value)


_CHECKS: Final[Mapping[str, _Check]] = {
    "id": _id,
    "text": _any(why_text),
    "texts": _any(_texts),
    "choice": _choice,
    "bool": _any(_bool),
    "int": _int,
    "number": _number,
    "numbers": _numbers,
    "sha256": _pattern(SHA256, "a SHA-256 in hexadecimal"),
    "month": _pattern(MONTH, "a month"),
    "version": _pattern(VERSION, "a version"),
    "ratings": _any(_ratings),
    "evidence": _any(_evidence),
}


def check_value(field: Field, value: object, *, table: str = "?") -> None:
    """Raise :class:`SchemaError` unless ``field`` allows ``value``."""
    if value is None:
        if field.required:
            raise SchemaError(table, field.name, "is missing")
        return
    if why := _CHECKS[field.kind](field, value):
        raise SchemaError(table, field.name, why)


_PLANS: Final[Mapping[Table, tuple[tuple[Field, _Check], ...]]] = {
    table: tuple((field, _CHECKS[field.kind]) for field in fields)
    for table, fields in TABLES.items()
}
"""The same for a whole row, looked up once: a recipient reads millions."""


def check_row(table: Table, row: Mapping[str, object]) -> None:
    """Raise :class:`SchemaError` unless ``row`` has exactly the columns of ``table`` in their order,
    each with an allowed value, and what it says fits together."""
    if table not in TABLES:
        raise SchemaError("donation", "", "there is no such table")
    if type(row) is not dict or tuple(row) != COLUMNS[table]:
        raise SchemaError(table, _first_wrong(table, row), "is missing, unknown or out of order")
    for value, (field, check) in zip(row.values(), _PLANS[table], strict=True):
        if value is None:
            if field.required:
                raise SchemaError(table, field.name, "is missing")
        elif why := check(field, value):
            raise SchemaError(table, field.name, why)
    if (rule := _RULES.get(table)) and (found := rule(row)):
        raise SchemaError(table, *found)


def _first_wrong(table: Table, row: object) -> str:
    """The first column that is not where it should be; a name of ours, never one that was given."""
    given = tuple(row) if isinstance(row, Mapping) else ()
    return next(
        (name for i, name in enumerate(COLUMNS[table]) if given[i : i + 1] != (name,)),
        "a field after the last",
    )


_TEXTS: Mapping[Table, tuple[str, ...]] = {
    table: tuple(field.name for field in fields if field.is_text)
    for table, fields in TABLES.items()
}


def row_has_text(table: Table, row: Mapping[str, object]) -> bool:
    """Whether a valid ``row`` holds words of the person's or of a model's."""
    if any(row[name] is not None for name in _TEXTS[table]):
        return True
    spans = row.get("evidence")
    return isinstance(spans, list) and any(span["quote"] is not None for span in spans)


_Rule = Callable[[Mapping[str, object]], tuple[str, str] | None]


def _response(row: Mapping[str, object]) -> tuple[str, str] | None:
    raw, rating = row["raw_rating"], row["rating"]
    if raw is None or rating is None:
        return None if raw is rating else ("rating", "does not fit raw_rating")
    turned = raw if row["shown_left"] == "generic" else 6 - int(str(raw))
    return None if rating == turned else ("rating", "does not fit raw_rating and shown_left")


def _relevance(row: Mapping[str, object]) -> tuple[str, str] | None:
    level = row["relevance_level"]
    fits = level is None or (level in ("explicit", "implicit", "optional")) is row["relevant"]
    return None if fits else ("relevance_level", "does not fit relevant")


def _model(row: Mapping[str, object]) -> tuple[str, str] | None:
    fields = {"attribute": "judgment", "relevance": "relevant", "response": "rating"}
    for kind, name in fields.items():
        if (row[name] is not None) is not (row["kind"] == kind):
            return name, "does not fit kind"
    return None


_RULES: Mapping[str, _Rule] = {
    "response_judgments": _response,
    "relevance_judgments": _relevance,
    "model_judgments": _model,
}
"""What must fit together within one row."""
