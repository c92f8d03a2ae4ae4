"""Text and times as SQLite keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` with every character that SQLite TEXT cannot hold replaced by U+FFFD.

    Those are lone surrogates (they have no UTF-8) and NUL (it ends the text for SQL functions such
    as ``substr``, which evidence spans are read with). One character stays one character, so
    spans into the text stay right.
    """
    if text.isascii():
        return text.replace("\x00", REPLACEMENT) if "\x00" in text else text
    return _UNSTORABLE.sub(REPLACEMENT, text)


def clean_or_none(text: str | None) -> str | None:
    """:func:`clean`, for what may be missing."""
    return None if text is None else clean(text)


def to_db(moment: datetime) -> str:
    """A time as text that sorts like the time: ``2026-11-23T09:28:41.000000+00:00``.

    A naive time is taken as UTC.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elif moment.tzinfo is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:  # the first or last day of the calendar, far from Greenwich
            moment = moment.replace(tzinfo=UTC)
    return moment.isoformat(timespec="microseconds")


def to_db_or_none(moment: datetime | None) -> str | None:
    """:func:`to_db`, for what may be missing."""
    return None if moment is None else to_db(moment)


def from_db(text: str) -> datetime:
    """The time that :func:`to_db` wrote."""
    return datetime.fromisoformat(text)


def from_db_or_none(text: str | None) -> datetime | None:
    """:func:`from_db`, for what may be missing."""
    return None if text is None else datetime.fromisoformat(text)


def to_json(value: Mapping[str, object]) -> str:
    """A mapping as compact JSON. ``ensure_ascii`` keeps any string storable."""
    return json.dumps(dict(value), separators=(",", ":"), default=str)


def from_json(text: str) -> dict[str, object]:
    """The mapping that :func:`to_json` wrote."""
    value = json.loads(text)
    return value if isinstance(value, dict) else {}


def id_list(ids: Iterable[object]) -> str:
    """Ids as a JSON array for ``IN (SELECT value FROM json_each(?))``: one statement, any number."""
    return json.dumps(list(ids))
