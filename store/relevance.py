"""Stage 2 judgments: append-only, as :mod:`store.judgments`.

What is in force for a prompt and an attribute is the newest standing row that is no repeat. A repeat
stands beside it, and supersedes only an earlier repeat of the same judgment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store import context
from store.audit import RelevanceJudgment
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.text import clean_or_none, from_db, to_db

_COLUMNS = f"""judgment_id, prompt_id, attribute_id, created_at, relevant, relevance_level, note,
    supersedes, retracted, {context.NAMES}"""


def _row(row: Sequence[Any]) -> RelevanceJudgment:
    key, prompt, attribute, created, relevant, level, note, supersedes, retracted = row[:9]
    return RelevanceJudgment(
        key,
        prompt,
        attribute,
        from_db(created),
        context.from_values(row[9:]),
        None if relevant is None else bool(relevant),
        level,
        note,
        supersedes,
        bool(retracted),
    )


@guarded
def save(store: Store, judgment: RelevanceJudgment) -> RelevanceJudgment:
    """Add a judgment; it supersedes the one in force (a repeat: the earlier repeat). An empty id and
    ``supersedes`` are filled in.

    :raises NotFoundError: the prompt or the attribute is gone.
    """
    with store.write() as conn:
        for table, column, key, what in (
            ("user_prompts", "prompt_id", judgment.prompt_id, "prompt"),
            ("attributes", "attribute_id", judgment.attribute_id, "attribute"),
        ):
            if conn.execute(
                f"SELECT 1 FROM {table} WHERE {column} = ?",  # noqa: S608
                (key,),
            ).fetchone() is None:  # fmt: skip
                raise NotFoundError(f"This {what} is gone; it was forgotten in the meantime.")
        before = _before(store, judgment)
        made = replace(
            judgment,
            judgment_id=judgment.judgment_id or new_id(),
            note=clean_or_none(judgment.note),
            supersedes=before,
            retracted=False,
        )
        _insert(store, made)
    return made


def _before(store: Store, judgment: RelevanceJudgment) -> str | None:
    is_repeat = judgment.context.sampling == "repeat"
    row = store.conn.execute(
        f"SELECT judgment_id FROM {'relevance_repeats' if is_repeat else 'relevance_in_force'}"  # noqa: S608
        " WHERE prompt_id = ? AND attribute_id = ? AND (NOT ? OR repeat_of IS ?)",
        (judgment.prompt_id, judgment.attribute_id, is_repeat, judgment.context.repeat_of),
    ).fetchone()
    return None if row is None else str(row[0])


def _insert(store: Store, made: RelevanceJudgment) -> None:
    store.conn.execute(
        f"INSERT INTO relevance_judgments ({_COLUMNS})"  # noqa: S608
        f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, {context.MARKS})",
        (made.judgment_id, made.prompt_id, made.attribute_id, to_db(made.created_at),
         made.relevant, made.relevance_level, made.note, made.supersedes, made.retracted,
         *context.values(made.context)),
    )  # fmt: skip


@guarded
def in_force(store: Store, *, prompt_id: str | None = None) -> list[RelevanceJudgment]:
    """Judgments in force, the oldest first; no repeats."""
    return _read(store, "relevance_in_force", prompt_id)


@guarded
def repeats(store: Store) -> list[RelevanceJudgment]:
    """Repeats in force, the oldest first."""
    return _read(store, "relevance_repeats", None)


def _read(store: Store, view: str, prompt_id: str | None) -> list[RelevanceJudgment]:
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM {view} WHERE ?1 IS NULL OR prompt_id = ?1 ORDER BY seq",  # noqa: S608
        (prompt_id,),
    )
    return [_row(row) for row in rows]


@guarded
def history(store: Store, prompt_id: str, attribute_id: str) -> list[RelevanceJudgment]:
    """Every row about one pair, retracting ones and repeats too, the oldest first."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM relevance_judgments"  # noqa: S608
        " WHERE prompt_id = ? AND attribute_id = ? ORDER BY seq",
        (prompt_id, attribute_id),
    )
    return [_row(row) for row in rows]


@guarded
def undo(store: Store, judgment_id: str) -> RelevanceJudgment | None:
    """Take back this judgment, if it is in force; gives the retracting row, else ``None``."""
    with store.write() as conn:
        for view in ("relevance_in_force", "relevance_repeats"):
            row = conn.execute(
                f"SELECT {_COLUMNS} FROM {view} WHERE judgment_id = ?",  # noqa: S608
                (judgment_id,),
            ).fetchone()
            if row is not None:
                return _retract(store, _row(row))
    return None


@guarded
def undo_last(store: Store) -> RelevanceJudgment | None:
    """Take back the newest standing judgment; gives the retracting row, ``None`` if none stands."""
    with store.write() as conn:
        row = conn.execute(
            f"SELECT {_COLUMNS} FROM standing_relevance ORDER BY seq DESC LIMIT 1"  # noqa: S608
        ).fetchone()
        return None if row is None else _retract(store, _row(row))


def _retract(store: Store, taken: RelevanceJudgment) -> RelevanceJudgment:
    made = RelevanceJudgment(
        new_id(),
        taken.prompt_id,
        taken.attribute_id,
        utc_now(),
        context.of_retraction(taken.context),
        supersedes=taken.judgment_id,
        retracted=True,
    )
    _insert(store, made)
    return made
