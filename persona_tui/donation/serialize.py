"""Rows as bytes, in one way only, and back: what is read must be what would have been written.

So a line has no second form: no doubled keys, no white space, no other order, no hidden mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from persona_tui.donation.checking import check_row
from persona_tui.donation.schema import TABLES, Table

_NUMBERS: Mapping[Table, tuple[str, ...]] = {
    table: tuple(field.name for field in fields if field.kind in ("number", "numbers"))
    for table, fields in TABLES.items()
}


def line(row: Mapping[str, object]) -> bytes:
    """One row as JSON in UTF-8, with its line end."""
    return msgspec.json.encode(row) + b"\n"


def jsonl(table: Table, rows: Iterable[Mapping[str, object]]) -> bytes:
    """``rows`` as JSON lines. Raises :class:`~persona_tui.donation.schema.SchemaError`: what the
    schema does not allow is never written."""
    made = []
    for row in rows:
        check_row(table, row)
        made.append(line(_with_floats(table, row)))
    return b"".join(made)


def _with_floats(table: Table, row: Mapping[str, object]) -> dict[str, object]:
    """Numbers as floats, so that ``1`` and ``1.0`` are one thing."""
    made = dict(row)
    for name in _NUMBERS[table]:
        value = made[name]
        if isinstance(value, list):
            made[name] = [float(one) for one in value]
        elif isinstance(value, int):
            made[name] = float(value)
    return made


def parse(table: Table, raw: bytes) -> dict[str, object]:
    """The row in one line that anybody may have written. Raises :class:`ValueError` (of which
    :class:`~persona_tui.donation.schema.SchemaError` is one)."""
    try:
        row = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValueError("is not JSON in UTF-8") from error
    check_row(table, row)
    if line(row) != raw or not _has_floats(table, row):
        raise ValueError("is not written as a donation writes it")
    return row  # type: ignore[no-any-return]  # checked above


def _has_floats(table: Table, row: Mapping[str, object]) -> bool:
    """Whether every number is written with its point."""
    for name in _NUMBERS[table]:
        value = row[name]
        if isinstance(value, list):
            if any(type(one) is not float for one in value):
                return False
        elif value is not None and type(value) is not float:
            return False
    return True


def document(value: Mapping[str, object]) -> bytes:
    """A small JSON file, for people to read, too."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def parse_document(raw: bytes) -> dict[str, object]:
    """What :func:`document` wrote. Raises :class:`ValueError` for anything else."""
    try:
        value = msgspec.json.decode(raw)
        again = document(value) if isinstance(value, dict) else b""
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError("is not JSON in UTF-8") from error
    if again != raw:
        raise ValueError("is not written as a donation writes it")
    return dict(value)
