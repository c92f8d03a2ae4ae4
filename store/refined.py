"""Acceptance with and without verify-and-refine, as columns.

A comparison is fair only where neither the verifier nor the extractor could know the person's verdict:
so of every original that a whole pass of verify-and-refine was over with before the person judged it.
Everything judged earlier the verifier may have learned from, and what the person had accepted is not
refined: counting those would let refining look better than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # records are read where no journal is
    import sqlite3

Outcome = Literal["unflagged", "keep", "refined", "withdrawn"]
_ID, _VERDICT, _SAMPLING, _PROBABILITY, _UNBLINDED = 1, 3, 11, 12, 16
"""Places in the columns of :class:`store.audit.AttributeColumns`."""


@dataclass(frozen=True, slots=True)
class RefinedColumns:
    """One row an original attribute that was drawn at random, and judged blind after a pass."""

    attribute_id: list[str] = field(default_factory=list)
    conversation_id: list[str | None] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    """The verdict on the original: ``ok``, ``unsure``, ``bad``."""
    outcome: list[Outcome] = field(default_factory=list)
    after: list[str | None] = field(default_factory=list)
    """The verdict on what it was refined to; ``None``: not judged yet, or nothing to judge."""


@dataclass(frozen=True, slots=True)
class Refined:
    """Everything about it."""

    columns: RefinedColumns = field(default_factory=RefinedColumns)
    passes: int = 0
    """Whole passes: nothing that was flagged was left out."""
    made: int = 0
    """Refined attributes that there are."""
    judged: int = 0
    """Of these, judged."""
    withdrawn: int = 0
    """Attributes that were withdrawn, judged or not."""


def originals(conn: sqlite3.Connection, rows: list[list[Any]]) -> list[list[Any]]:
    """Of judgment rows, those that are not on refined attributes. Package-private."""
    refined = {
        row[0]
        for row in conn.execute("SELECT attribute_id FROM attributes WHERE refines IS NOT NULL")
    }
    return [row for row in rows if row[_ID] not in refined] if refined else rows


def compared(conn: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> Refined:
    """From all judgment rows, originals' and refined ones'. Package-private."""
    outcomes = _outcomes(conn)
    verdicts = {
        row[_ID]: row[_VERDICT]
        for row in rows
        if row[_SAMPLING] == "random" and row[_PROBABILITY] and not row[_UNBLINDED]
    }
    where = {row[_ID]: row[2] for row in rows}
    found = RefinedColumns()
    for key, (outcome, result) in outcomes.items():
        if key not in verdicts:
            continue
        found.attribute_id.append(key)
        found.conversation_id.append(where[key])
        found.before.append(verdicts[key])
        found.outcome.append(outcome)
        found.after.append(verdicts.get(result) if result else None)
    made, judged = conn.execute(
        """SELECT count(*), count(j.verdict) FROM attributes a LEFT JOIN judgments_in_force j
        ON j.attribute_id = a.attribute_id WHERE a.refines IS NOT NULL"""
    ).fetchone()
    (withdrawn,) = conn.execute(
        "SELECT count(DISTINCT attribute_id) FROM refinements WHERE action = 'withdraw'"
    ).fetchone()
    return Refined(found, len(_passes(conn)), made, judged, withdrawn)


def _passes(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """When whole passes began and ended."""
    return conn.execute(
        """SELECT started_at, finished_at FROM model_runs
        WHERE json_extract(parameters, '$.task') = 'refine' AND status = 'complete'
        AND json_extract(parameters, '$.limit') IS NULL AND finished_at IS NOT NULL
        ORDER BY started_at"""
    ).fetchall()


def _outcomes(conn: sqlite3.Connection) -> dict[str, tuple[Outcome, str | None]]:
    """Original → what came of it before the person first judged it, and the attribute to judge."""
    passes = _passes(conn)
    if not passes:
        return {}
    steps: dict[str, list[tuple[Any, ...]]] = {}
    for key, *step in conn.execute(
        "SELECT attribute_id, learned_id, round, created_at, action, result_id, after_text"
        " FROM refinements ORDER BY created_at, refinement_id"
    ):
        steps.setdefault(key, []).append(tuple(step))
    judged = dict(
        conn.execute(
            "SELECT attribute_id, min(created_at) FROM attribute_judgments"
            " WHERE verdict IS NOT NULL GROUP BY attribute_id"
        )
    )
    found: dict[str, tuple[Outcome, str | None]] = {}
    for key, created, first in conn.execute(
        """SELECT a.attribute_id, a.created_at, min(j.created_at) FROM attributes a
        JOIN attribute_judgments j ON j.attribute_id = a.attribute_id AND j.verdict IS NOT NULL
        WHERE a.refines IS NULL AND a.strategy <> 'user' GROUP BY a.attribute_id ORDER BY a.n"""
    ):
        if any(created <= began and ended < first for began, ended in passes):
            outcome = _outcome(steps.get(key, ()), first, judged)
            if outcome is not None:
                found[key] = outcome
    return found


def _outcome(
    steps: Sequence[tuple[Any, ...]], first: str, judged: Mapping[str, str]
) -> tuple[Outcome, str | None] | None:
    """Of one original; ``None``: it is not known, because of what was stopped or forgotten, or it was
    refined to what was there and judged before, of which the verifier knew the verdict.

    ``judged``: when an attribute was judged first.
    """
    if not steps:
        return "unflagged", None
    before = [step for step in steps if step[2] < first]
    if not before:
        return None
    learned = before[-1][0]
    last = [step for step in steps if step[0] == learned][-1]
    _, number, created, action, result, _ = last
    if created >= first:
        return None
    if action == "withdraw":
        return "withdrawn", None
    if result is not None:
        return None if judged.get(result, created) < created else ("refined", result)
    return ("keep", None) if action == "keep" and number == 1 else None
