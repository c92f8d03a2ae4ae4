"""Stage 1 judgments: append-only. Undo and change of mind add a row.

A judgment is *standing* unless a retracting row (``retracted``) supersedes it; the newest standing
one of an attribute is *in force*. So taking back a change of mind brings the judgment before it
into force again, and undo can be called until nothing stands.

A repeat (``context.sampling == "repeat"``) stands beside the judgment that it repeats: neither
supersedes the other, and only the first is in force.

An attribute that was written as a correction is visible while a judgment that names it is in
force: undo hides it, and nothing has to be changed or deleted for that. In the same way one that
the person added (what was missed) is visible until every judgment of theirs on it is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store import catches, user_attributes
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.records import AttributeJudgment, Evidence, JudgmentContext
from store.text import clean_or_none, from_db, from_json, to_db, to_json

COLUMNS = """j.judgment_id, j.attribute_id, j.created_at, j.verdict, j.accurate, j.supported,
    j.failure_mode, j.use, j.note, j.corrected_attribute_id, j.supersedes, j.retracted,
    j.guideline_sha256, j.app_version, j.shown, j.model_hidden, j.sampling, j.inclusion_prob,
    j.latency_ms, j.repeat_of"""
"""Package-private: what :func:`from_row` reads from ``attribute_judgments j``."""


def from_row(row: Sequence[Any]) -> AttributeJudgment:
    """The judgment in a row of :data:`COLUMNS`. Package-private."""
    (i, attribute, created, verdict, accurate, supported, mode, use, note, corrected, supersedes,
     retracted, guideline, version, shown, hidden, sampling, probability, latency, repeat) = row  # fmt: skip
    context = JudgmentContext(
        guideline,
        version,
        from_json(shown),
        bool(hidden),
        sampling,
        probability,
        latency,
        repeat,
    )
    return AttributeJudgment(
        i, attribute, from_db(created), context, verdict, _flag(accurate), _flag(supported), mode,
        use, note, corrected, supersedes, bool(retracted),
    )  # fmt: skip


def _flag(value: object) -> bool | None:
    return None if value is None else bool(value)


@guarded
def save(
    store: Store,
    judgment: AttributeJudgment,
    *,
    correction: str | None = None,
    correction_evidence: Sequence[Evidence] = (),
) -> AttributeJudgment:
    """Add a judgment; it supersedes the one in force.

    An empty id and ``supersedes`` are filled in. With ``correction`` the corrected words become an
    attribute of the person's own in the same transaction, linked both ways.

    :raises NotFoundError: the attribute is gone.
    """
    with store.write() as conn:
        if conn.execute(
            "SELECT 1 FROM attributes WHERE attribute_id = ?", (judgment.attribute_id,)
        ).fetchone() is None:  # fmt: skip
            raise NotFoundError("This attribute is gone; it was forgotten in the meantime.")
        corrected = judgment.corrected_attribute_id
        if correction is not None:
            corrected = user_attributes.add(
                store, correction, corrects=judgment.attribute_id, evidence=correction_evidence
            )
        repeated = judgment.context.sampling == "repeat"
        before = _repeat(store, judgment) if repeated else current(store, judgment.attribute_id)
        made = replace(
            judgment,
            judgment_id=judgment.judgment_id or new_id(),
            note=clean_or_none(judgment.note),
            corrected_attribute_id=corrected,
            supersedes=None if before is None else before.judgment_id,
            retracted=False,
        )
        _insert(store, made)
    return made


def _repeat(store: Store, judgment: AttributeJudgment) -> AttributeJudgment | None:
    """The repeat in force of the same judgment."""
    row = store.conn.execute(
        f"SELECT {COLUMNS} FROM judgment_repeats j WHERE attribute_id = ? AND repeat_of IS ?",  # noqa: S608
        (judgment.attribute_id, judgment.context.repeat_of),
    ).fetchone()
    return None if row is None else from_row(row)


def _insert(store: Store, made: AttributeJudgment) -> None:
    context = made.context
    store.conn.execute(
        "INSERT INTO attribute_judgments (judgment_id, attribute_id, created_at, verdict,"
        " accurate, supported, failure_mode, use, note, corrected_attribute_id, supersedes,"
        " retracted, guideline_sha256, app_version, shown, model_hidden, sampling,"
        " inclusion_prob, latency_ms, repeat_of)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (made.judgment_id, made.attribute_id, to_db(made.created_at), made.verdict,
         made.accurate, made.supported, made.failure_mode, made.use, made.note,
         made.corrected_attribute_id, made.supersedes, made.retracted, context.guideline_sha256,
         context.app_version, to_json(context.shown), context.model_hidden, context.sampling,
         context.inclusion_prob, context.latency_ms, context.repeat_of),
    )  # fmt: skip


@guarded
def undo_last(store: Store) -> AttributeJudgment | None:
    """Take back the newest standing judgment, of this sitting or of an earlier one; repeats and
    planted items (:mod:`store.catches`) are in the same row.

    Gives the retracting row that was added: its ``attribute_id`` says which item is open again,
    its ``supersedes`` which judgment was taken back. ``None``: nothing stands.
    """
    with store.write() as conn:
        row = conn.execute(
            f"SELECT {COLUMNS} FROM standing_judgments j ORDER BY seq DESC LIMIT 1"  # noqa: S608
        ).fetchone()
        planted = catches.newest(store)
        if planted is not None and (row is None or planted.judgment_id > row[0]):
            return catches.undo(store, planted.judgment_id)  # ids are in the order of time
        return None if row is None else _retract(store, from_row(row))


@guarded
def undo(store: Store, judgment_id: str) -> AttributeJudgment | None:
    """Take back this judgment, whatever was judged of other attributes since.

    Gives the retracting row as :func:`undo_last`. ``None``, and nothing is changed: it is not in
    force, because its attribute was judged again, it was taken back already, or it was forgotten.
    """
    with store.write() as conn:
        for view in ("judgments_in_force", "judgment_repeats"):
            row = conn.execute(
                f"SELECT {COLUMNS} FROM {view} j WHERE judgment_id = ?",  # noqa: S608
                (judgment_id,),
            ).fetchone()
            if row is not None:
                return _retract(store, from_row(row))
    return catches.undo(store, judgment_id)


def _retract(store: Store, taken: AttributeJudgment) -> AttributeJudgment:
    made = AttributeJudgment(
        new_id(),
        taken.attribute_id,
        utc_now(),
        JudgmentContext(
            taken.context.guideline_sha256,
            taken.context.app_version,
            sampling=taken.context.sampling,
            inclusion_prob=taken.context.inclusion_prob,
            repeat_of=taken.context.repeat_of,
        ),
        supersedes=taken.judgment_id,
        retracted=True,
    )
    _insert(store, made)
    return made


@guarded
def repeats(store: Store) -> list[AttributeJudgment]:
    """Repeats in force, the oldest first."""
    rows = store.conn.execute(f"SELECT {COLUMNS} FROM judgment_repeats j ORDER BY seq")  # noqa: S608
    return [from_row(row) for row in rows]


@guarded
def ever_judged(store: Store) -> set[str]:
    """Ids of the attributes that a verdict was ever given on, also one that was taken back."""
    rows = store.conn.execute(
        "SELECT DISTINCT attribute_id FROM attribute_judgments WHERE verdict IS NOT NULL"
    )
    return {row[0] for row in rows}


@guarded
def get(store: Store, judgment_id: str) -> AttributeJudgment:
    """One judgment row.

    :raises NotFoundError: there is none with this id.
    """
    row = store.conn.execute(
        f"SELECT {COLUMNS} FROM attribute_judgments j WHERE judgment_id = ?",  # noqa: S608
        (judgment_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no judgment {judgment_id!a}.")
    return from_row(row)


@guarded
def history(store: Store, attribute_id: str) -> list[AttributeJudgment]:
    """Every row about one attribute, retracting ones too, the oldest first."""
    rows = store.conn.execute(
        f"SELECT {COLUMNS} FROM attribute_judgments j WHERE attribute_id = ? ORDER BY seq",  # noqa: S608
        (attribute_id,),
    )
    return [from_row(row) for row in rows]


@guarded
def current(store: Store, attribute_id: str) -> AttributeJudgment | None:
    """The judgment in force on one attribute, if there is one."""
    row = store.conn.execute(
        f"SELECT {COLUMNS} FROM judgments_in_force j WHERE attribute_id = ?",  # noqa: S608
        (attribute_id,),
    ).fetchone()
    return None if row is None else from_row(row)
