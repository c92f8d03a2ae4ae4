"""Planted false attributes: what was said of them. They are in a table of their own, so that no
list, profile or search of attributes ever meets one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store import context
from store.db import Store, new_id, utc_now
from store.faults import guarded
from store.records import AttributeJudgment
from store.text import clean_or_none, from_db, to_db

PREFIX = "catch:"
"""Before the key of a planted item, where the id of an attribute would stand."""
_COLUMNS = f"""judgment_id, catch_key, created_at, verdict, accurate, supported, failure_mode, use,
    note, supersedes, retracted, {context.NAMES}"""


def _row(row: Sequence[Any]) -> AttributeJudgment:
    key, catch, created, verdict, accurate, supported, mode, use, note, before, retracted = row[:11]
    return AttributeJudgment(
        key,
        PREFIX + catch,
        from_db(created),
        context.from_values(row[11:]),
        verdict,
        None if accurate is None else bool(accurate),
        None if supported is None else bool(supported),
        mode,
        use,
        note,
        None,
        before,
        bool(retracted),
    )


@guarded
def save(store: Store, judgment: AttributeJudgment) -> AttributeJudgment:
    """Add a judgment of the planted item ``catch:KEY``; it supersedes the one in force."""
    with store.write() as conn:
        key = judgment.attribute_id.removeprefix(PREFIX)
        before = conn.execute(
            "SELECT judgment_id FROM catches_in_force WHERE catch_key = ?", (key,)
        ).fetchone()
        made = replace(
            judgment,
            judgment_id=judgment.judgment_id or new_id(),
            note=clean_or_none(judgment.note),
            corrected_attribute_id=None,
            supersedes=None if before is None else before[0],
            retracted=False,
        )
        _insert(store, made)
    return made


def _insert(store: Store, made: AttributeJudgment) -> None:
    store.conn.execute(
        f"INSERT INTO catch_judgments ({_COLUMNS})"  # noqa: S608
        f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {context.MARKS})",
        (made.judgment_id, made.attribute_id.removeprefix(PREFIX), to_db(made.created_at),
         made.verdict, made.accurate, made.supported, made.failure_mode, made.use, made.note,
         made.supersedes, made.retracted, *context.values(made.context)),
    )  # fmt: skip


@guarded
def in_force(store: Store) -> dict[str, AttributeJudgment]:
    """Judgments in force by key (without ``catch:``)."""
    rows = store.conn.execute(f"SELECT {_COLUMNS} FROM catches_in_force ORDER BY seq")  # noqa: S608
    found = [_row(row) for row in rows]
    return {one.attribute_id.removeprefix(PREFIX): one for one in found}


@guarded
def newest(store: Store) -> AttributeJudgment | None:
    """The newest standing judgment of a planted item."""
    row = store.conn.execute(
        f"SELECT {_COLUMNS} FROM standing_catches ORDER BY seq DESC LIMIT 1"  # noqa: S608
    ).fetchone()
    return None if row is None else _row(row)


@guarded
def undo(store: Store, judgment_id: str) -> AttributeJudgment | None:
    """Take back this judgment, if it is in force; gives the retracting row, else ``None``."""
    with store.write() as conn:
        row = conn.execute(
            f"SELECT {_COLUMNS} FROM catches_in_force WHERE judgment_id = ?",  # noqa: S608
            (judgment_id,),
        ).fetchone()
        if row is None:
            return None
        taken = _row(row)
        made = AttributeJudgment(
            new_id(),
            taken.attribute_id,
            utc_now(),
            context.of_retraction(taken.context),
            supersedes=taken.judgment_id,
            retracted=True,
        )
        _insert(store, made)
    return made
