"""Coarse values that fewer than k donors share are held back from the released tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from persona_tui.donation.schema import TABLE_NAMES, Table
from persona_tui.pool.arrow_types import DONOR

if TYPE_CHECKING:
    from persona_tui.pool.engine import Engine

Value = str | float | None
_JUDGED = ("latency_bin", "guideline_sha256", "app_version", "judged_month")
COARSE: Mapping[Table, tuple[str, ...]] = {
    "attributes": ("category", "source", "extractor_model", "prompt_sha256"),
    "attribute_judgments": _JUDGED,
    "relevance_judgments": _JUDGED,
    "response_judgments": (*_JUDGED, "arm", "model_tag", "model_tag_generic"),
    "model_judgments": ("model_tag", "prompt_sha256", "temperature"),
}
"""Fields that say something about the donor or the donor's setting; answers are not among them.
``contributors``, of which each donor has one row, is :mod:`persona_tui.pool.combinations`."""


def donors_in(engine: Engine) -> dict[Table, int]:
    """How many donors have rows in each table: one of fewer than k is not released at all."""
    return {
        table: int(engine.backend.execute(_rows(engine, table)[DONOR].nunique()))
        for table in TABLE_NAMES
    }


def held_back(engine: Engine, table: Table, field: str, k: int) -> set[Value]:
    """The values of a field that are replaced by null.

    Those that fewer than ``k`` donors share; and, as long as all nulls together are of fewer than
    ``k`` donors, the rarest of the others, so that null is no rare value itself.
    """
    rows = _rows(engine, table)
    counted = engine.fetch(
        rows.group_by(value=rows[field]).aggregate(donors=rows[DONOR].nunique())
    ).to_pylist()
    shares: dict[Value, int] = {row["value"]: row["donors"] for row in counted}
    gone: set[Value] = {
        value for value, donors in shares.items() if value is not None and donors < k
    }
    if not gone and shares.get(None, k) >= k:
        return set()
    left = sorted(
        (value for value in shares if value is not None and value not in gone),
        key=lambda value: (shares[value], str(value)),
    )
    while left and _donors_of(engine, rows, field, gone) < k:
        gone.add(left.pop(0))
    return gone


def _rows(engine: Engine, table: Table) -> Any:
    return engine.tables[table]


def _donors_of(engine: Engine, rows: Any, field: str, gone: Iterable[Value]) -> int:
    values = list(gone)
    where = rows[field].isnull()
    if values:
        where = where | rows[field].isin(values)
    return int(engine.backend.execute(rows.filter(where)[DONOR].nunique()))


def coarsened(engine: Engine, table: Table, k: int) -> Any:
    """The rows of ``table`` with what is held back as null. Columns and rows stay."""
    import ibis

    rows = _rows(engine, table)
    changed = {}
    for field in COARSE.get(table, ()):
        gone = held_back(engine, table, field, k)
        if gone:
            null = ibis.null(rows[field].type())
            changed[field] = ibis.ifelse(rows[field].isin(list(gone)), null, rows[field])
    return rows.mutate(**changed) if changed else rows
