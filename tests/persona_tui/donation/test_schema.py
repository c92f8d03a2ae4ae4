"""The allow-list fails closed: whatever is changed in a valid row is refused, and not quoted."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from persona_tui.donation.checking import check_row, check_value, row_has_text
from persona_tui.donation.coarse import writable
from persona_tui.donation.rows import validate
from persona_tui.donation.schema import COLUMNS, TABLES, Field, SchemaError, Table
from persona_tui.donation.serialize import jsonl, line, parse
from tests.persona_tui.donation import given_data

ROWS = given_data.rows("texts")
ANY_TABLE = st.sampled_from(sorted(TABLES))
STRANGE: tuple[Any, ...] = (
    "", " ", "\n", "x" * 200_001, "a\x00b", "a\x1bb", "a\u200bb", "a\u202eb", "a\udc80b", "a\U000e0041b",
    "=1+1", "  +x", "@x", "-x", "\t=x", "\uff1dx", b"bytes", 0, 1, -1, 3.5, True, math.nan,
    math.inf, -math.inf, [], {}, [None], [""], ["=x"], {"a": 1}, object(), 10**400, -0.0, (), 0.123456,
    "a_" + "0" * 32, "c_" + "g" * 32, "2026-13", "1999-01", "2026-11-25", "0" * 64, "A" * 64, "1.0+local",
    [{"conv_idx": True, "turn_idxs": None, "quote": None}],
    [{"conv_idx": 0, "turn_idxs": [], "quote": None}],
    [{"conv_idx": 0, "turn_idxs": None, "quote": ""}],
    [{"conv_idx": 0, "turn_idxs": None, "quote": None, "more": 1}],
    [{"conv_idx": -1, "turn_idxs": None, "quote": None}],
    [{"attribute_id": "a_" + "0" * 32, "rating": True}],
    [{"attribute_id": "a_" + "0" * 32, "rating": 6}],
    [{"attribute_id": "j_" + "0" * 32, "rating": 3}],
    [{"attribute_id": "a_" + "0" * 32, "rating": 3}] * 2,
)  # fmt: skip
GOOD: dict[str, Callable[[Field], set[Any]]] = {
    "id": lambda f: {"a_" + "0" * 32} if f.letter == "a" else set(),
    "sha256": lambda f: {"0" * 64},
    "int": lambda f: {v for v in (0, 1) if f.low <= v},
    "number": lambda f: {v for v in (0, 1) if f.low <= v},
    "bool": lambda f: {True},
    "text": lambda f: {"a_" + "0" * 32, "c_" + "g" * 32, "2026-13", "1999-01", "2026-11-25", "0" * 64,
                       "A" * 64, "1.0+local"},
}  # fmt: skip
"""Of the strange values, those that a kind allows."""


def _allowed(field: Field, value: object) -> bool:
    good = GOOD[field.kind](field) if field.kind in GOOD else set()
    return any(type(one) is type(value) and one == value for one in good)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_strange_values_are_refused_in_every_field(table: Table) -> None:
    for field in TABLES[table]:
        for value in STRANGE:
            if _allowed(field, value):
                check_value(field, value, table=table)
                continue
            with pytest.raises(SchemaError) as refused:
                check_value(field, value, table=table)
            assert refused.value.table == table
            assert refused.value.field == field.name
            assert str(refused.value).startswith(f"{table}.{field.name}")
            assert not (isinstance(value, str) and len(value) > 4 and value in str(refused.value))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(ANY_TABLE, st.text(min_size=1, max_size=30), st.none() | st.integers() | st.text())
def test_an_unknown_field_is_refused(table: Table, name: str, value: object) -> None:
    assume(name not in COLUMNS[table])
    for row in ROWS[table][:1]:
        with pytest.raises(SchemaError) as refused:
            check_row(table, {**row, name: value})
        assert len(name) < 12 or name not in str(refused.value)


@given(ANY_TABLE, st.data())
def test_a_missing_or_moved_field_is_refused(table: Table, data: st.DataObject) -> None:
    row = dict(ROWS[table][0])
    gone = data.draw(st.sampled_from(sorted(row)))
    value = row.pop(gone)
    with pytest.raises(SchemaError):
        check_row(table, row)
    row[gone] = value  # last now
    if COLUMNS[table][-1] != gone:
        with pytest.raises(SchemaError):
            check_row(table, row)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400)
@given(ANY_TABLE, st.data())
def test_what_passes_is_what_its_kind_says(table: Table, data: st.DataObject) -> None:
    """Any value in any field: refused with the one error, or harmless and written back the same."""
    row = copy.deepcopy(data.draw(st.sampled_from(ROWS[table])))
    field = data.draw(st.sampled_from(TABLES[table]))
    value = data.draw(_VALUES)
    row[field.name] = value
    try:
        check_row(table, row)
    except SchemaError:
        return
    if field.kind in ("choice", "id", "sha256", "month", "version") and value is not None:
        assert isinstance(value, str)
        assert value.isascii()
        assert len(value) <= 66
    if field.kind == "bool":
        assert value is None or type(value) is bool
    if field.kind in ("number", "int") and value is not None:
        assert type(value) in (int, float)
        assert math.isfinite(float(str(value)))
    again = parse(table, jsonl(table, [row]))
    assert again == row
    assert list(again) == list(COLUMNS[table])


@given(st.text(max_size=300))
def test_every_text_can_be_made_writable(text: str) -> None:
    """And what comes out passes, or is nothing."""
    field = Field("x", "text")
    made = writable(text)
    check_value(field, made)
    assert writable(made) == made or str(made).startswith("'")


@given(st.from_regex(r"\A'{0,2}[=+@-][a-z]{1,4}\Z"))
def test_the_apostrophe_can_be_taken_away(text: str) -> None:
    made = writable(text)
    assert made is not None
    assert made.startswith("'")
    assert made[1:] == text


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}\n", b"[]\n", b"null\n", b"\xff\xfe\n", b"{" * 100_000, b"[" * 100_000 + b"\n",
        b'{"a":NaN}\n', b'{"a":1e999}\n', b'{"a":"\\ud800"}\n', b"\0" * 1000,
    ],
)  # fmt: skip
def test_lines_that_are_no_rows_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - SchemaError is one
        parse("attributes", raw)


def test_a_row_has_one_form_only() -> None:
    row = ROWS["contributors"][0]
    good = line(row)
    assert parse("contributors", good) == row
    for bad in (
        good.replace(b'":"', b'": "', 1),
        good.rstrip(b"\n"),
        good.replace(b"{", b'{"contributor_id":"x",', 1),
        good.replace(b"de", b"\\u0064e", 1),
        b" " + good,
        good.replace(b"\n", b"\r\n"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - SchemaError is one
            parse("contributors", bad)


def test_whole_numbers_are_written_as_numbers() -> None:
    row = {**ROWS["attribute_judgments"][0], "inclusion_prob": 1}
    assert b'"inclusion_prob":1.0,' in jsonl("attribute_judgments", [row])


def _changed(table: Table, **changes: object) -> dict[Table, list[dict[str, object]]]:
    made = {name: [dict(row) for row in rows] for name, rows in ROWS.items()}
    made[table][0].update(changes)
    return made


OTHER = "0" * 32


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("attribute_judgments", {"attribute_id": "a_" + OTHER}),
        ("relevance_judgments", {"attribute_id": "a_" + OTHER}),
        ("response_judgments", {"attribute_ratings": [{"attribute_id": "a_" + OTHER, "rating": 1}]}),
        ("model_judgments", {"target_judgment_id": "j_" + OTHER}),
        ("attribute_judgments", {"repeat_of": "j_" + OTHER}),
        ("attributes", {"attribute_id": ROWS["attributes"][1]["attribute_id"]}),
        ("attribute_judgments", {"judgment_id": ROWS["attribute_judgments"][1]["judgment_id"]}),
        ("attribute_judgments", {"judgment_id": ROWS["relevance_judgments"][1]["judgment_id"]}),
        ("response_judgments", {"raw_rating": None}),
        ("relevance_judgments", {"relevant": True, "relevance_level": "forbidden"}),
        ("model_judgments", {"kind": "response", "judgment": None, "relevant": None, "rating": 3}),
        ("model_judgments", {"judgment": "ok", "relevant": True}),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(table: Table, changes: dict[str, object]) -> None:
    validate(ROWS)
    with pytest.raises(SchemaError):
        validate(_changed(table, **changes))


def test_there_is_one_contributor() -> None:
    with pytest.raises(SchemaError):
        validate({**ROWS, "contributors": []})
    with pytest.raises(SchemaError):
        validate({**ROWS, "contributors": [*ROWS["contributors"]] * 2})
    with pytest.raises(SchemaError):
        validate({**ROWS, "diary": []})  # type: ignore[dict-item]


def test_labels_hold_no_text() -> None:
    labels = given_data.rows("labels")
    assert not any(row_has_text(table, row) for table, rows in labels.items() for row in rows)
    assert all(row_has_text("relevance_judgments", row) for row in ROWS["relevance_judgments"])
