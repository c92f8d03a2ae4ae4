"""Stage 3 judgments: append-only, repeats beside, as :mod:`store.relevance`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store import context
from store.audit import ResponseJudgment
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.text import clean_or_none, from_db, to_db, to_json

_COLUMNS = f"""judgment_id, pair_id, created_at, shown_left, raw_rating, rating, attribute_ratings,
    blinded, explicit_mention, len_generic, len_personalized, note, supersedes, retracted,
    {context.NAMES}"""


def _row(row: Sequence[Any]) -> ResponseJudgment:
    (key, pair, created, left, raw, rating, ratings, blinded, mention, generic, personalized, note,
     supersedes, retracted) = row[:14]  # fmt: skip
    return ResponseJudgment(
        key,
        pair,
        from_db(created),
        context.from_values(row[14:]),
        left,
        raw,
        rating,
        json.loads(ratings),
        bool(blinded),
        None if mention is None else bool(mention),
        generic,
        personalized,
        note,
        supersedes,
        bool(retracted),
    )


@guarded
def save(store: Store, judgment: ResponseJudgment) -> ResponseJudgment:
    """Add a judgment; it supersedes the one in force (a repeat: the earlier repeat).

    :raises NotFoundError: the pair is gone.
    """
    with store.write() as conn:
        if conn.execute(
            "SELECT 1 FROM response_pairs WHERE pair_id = ?", (judgment.pair_id,)
        ).fetchone() is None:  # fmt: skip
            raise NotFoundError("These answers are gone; they were forgotten in the meantime.")
        is_repeat = judgment.context.sampling == "repeat"
        before = conn.execute(
            f"SELECT judgment_id FROM {'response_repeats' if is_repeat else 'response_in_force'}"  # noqa: S608
            " WHERE pair_id = ? AND (NOT ? OR repeat_of IS ?)",
            (judgment.pair_id, is_repeat, judgment.context.repeat_of),
        ).fetchone()
        made = replace(
            judgment,
            judgment_id=judgment.judgment_id or new_id(),
            note=clean_or_none(judgment.note),
            supersedes=None if before is None else before[0],
            retracted=False,
        )
        _insert(store, made)
    return made


def _insert(store: Store, made: ResponseJudgment) -> None:
    store.conn.execute(
        f"INSERT INTO response_judgments ({_COLUMNS})"  # noqa: S608
        f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {context.MARKS})",
        (made.judgment_id, made.pair_id, to_db(made.created_at), made.shown_left, made.raw_rating,
         made.rating, to_json(made.attribute_ratings), made.blinded, made.explicit_mention,
         made.len_generic, made.len_personalized, made.note, made.supersedes, made.retracted,
         *context.values(made.context)),
    )  # fmt: skip


@guarded
def in_force(store: Store) -> list[ResponseJudgment]:
    """Judgments in force, the oldest first; no repeats."""
    return _read(store, "response_in_force")


@guarded
def repeats(store: Store) -> list[ResponseJudgment]:
    """Repeats in force, the oldest first."""
    return _read(store, "response_repeats")


def _read(store: Store, view: str) -> list[ResponseJudgment]:
    rows = store.conn.execute(f"SELECT {_COLUMNS} FROM {view} ORDER BY seq")  # noqa: S608
    return [_row(row) for row in rows]


@guarded
def history(store: Store, pair_id: str) -> list[ResponseJudgment]:
    """Every row about one pair, retracting ones and repeats too, the oldest first."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM response_judgments WHERE pair_id = ? ORDER BY seq",  # noqa: S608
        (pair_id,),
    )
    return [_row(row) for row in rows]


@guarded
def undo(store: Store, judgment_id: str) -> ResponseJudgment | None:
    """Take back this judgment, if it is in force; gives the retracting row, else ``None``."""
    with store.write() as conn:
        for view in ("response_in_force", "response_repeats"):
            row = conn.execute(
                f"SELECT {_COLUMNS} FROM {view} WHERE judgment_id = ?",  # noqa: S608
                (judgment_id,),
            ).fetchone()
            if row is not None:
                return _retract(store, _row(row))
    return None


@guarded
def undo_last(store: Store) -> ResponseJudgment | None:
    """Take back the newest standing judgment; gives the retracting row, ``None`` if none stands."""
    with store.write() as conn:
        row = conn.execute(
            f"SELECT {_COLUMNS} FROM standing_response ORDER BY seq DESC LIMIT 1"  # noqa: S608
        ).fetchone()
        return None if row is None else _retract(store, _row(row))


def _retract(store: Store, taken: ResponseJudgment) -> ResponseJudgment:
    made = ResponseJudgment(
        new_id(),
        taken.pair_id,
        utc_now(),
        context.of_retraction(taken.context),
        taken.shown_left,
        supersedes=taken.judgment_id,
        retracted=True,
    )
    _insert(store, made)
    return made
