"""Steps of verify-and-refine: what was flagged, why, and what the extractor made of it.

A refined attribute is an attribute like any other (:attr:`store.records.Attribute.refines` says of
what it was made), with candidates of its own that quote what the original quotes: what the extractor
was shown of it, and the rest, lest their number tell which of the two was refined.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from store import candidates, fts, spans
from store.db import Store, new_id, utc_now
from store.erasing import BLACKED_OUT, CACHE_GENERATION
from store.errors import StoreError
from store.faults import guarded
from store.records import Candidate, Evidence, Strategy
from store.text import clean, clean_or_none, from_db, to_db

Action = Literal["keep", "weaken", "correct", "withdraw"]
MAX_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Refinement:
    """One step: a flagged statement went to the extractor, and this came back."""

    refinement_id: str
    attribute_id: str
    """The attribute that was flagged."""
    round: int
    """1 or 2: what was refined once and is still flagged goes back once more."""
    created_at: datetime
    learned_id: str
    """The verifier that flagged it."""
    probability: float
    """Its probability that ``before_text`` is problematic, 0 to 1."""
    reason: str
    """Why, in words, as the extractor was told."""
    before_text: str
    action: Action
    after_text: str | None
    """``None``: withdrawn."""
    probability_after: float | None = None
    """The verifier's probability for ``after_text``."""
    result_id: str | None = None
    """The attribute that came of it, with the last step only."""
    run_id: str | None = None
    model: str | None = None
    """Of the run, when it is read."""
    prompt_sha256: str | None = None
    """The same."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a refined attribute is made of, beside the words of its last step."""

    evidence: tuple[Evidence, ...]
    """What the original rests on; copied, so that it goes with any of it."""
    confidence: float
    strategy: Strategy
    settings_sha256: str
    language: str | None = None
    category: str | None = None


_COLUMNS = """refinement_id, attribute_id, round, created_at, learned_id, probability, reason,
    before_text, action, after_text, probability_after, result_id, run_id"""
_READ = ", ".join(f"f.{name.strip()}" for name in _COLUMNS.split(","))


def is_finished(steps: Sequence[Refinement]) -> bool:
    """Whether nothing is left to do of one attribute's ``steps`` (by one verifier, in order)."""
    if not steps:
        return False
    last = steps[-1]
    return (
        last.action in ("keep", "withdraw")
        or last.round == MAX_ROUNDS
        or last.result_id is not None
        or last.after_text == BLACKED_OUT
    )


@guarded
def list_all(store: Store, attribute_id: str | None = None) -> list[Refinement]:
    """Every step (of one attribute), the oldest first."""
    rows = store.conn.execute(
        f"SELECT {_READ}, r.model, r.prompt_sha256 FROM refinements f"  # noqa: S608
        " LEFT JOIN model_runs r ON r.run_id = f.run_id"
        " WHERE ?1 IS NULL OR f.attribute_id = ?1 ORDER BY f.created_at, f.refinement_id",
        (attribute_id,),
    )
    return [
        Refinement(step, attribute, number, from_db(created), *rest)
        for step, attribute, number, created, *rest in rows
    ]


@guarded
def save(
    store: Store, step: Refinement, result: Result | None = None, *, begun: str | None = None
) -> Refinement | None:
    """Keep a step and, with ``result``, the attribute that came of it, in one transaction.

    The person is quicker than a model: if they accepted, corrected or refused the attribute
    meanwhile, or it was forgotten or says something else now, nothing is kept, and ``None`` given.
    Nor is anything if something was forgotten since ``begun`` (:func:`store.caches.generation`, read
    before the words): the step may say it. If an attribute says the same already, that one is the
    result.

    :raises StoreError: a result without evidence, or quoting what no message says.
    """
    with store.write() as conn:
        if begun is not None and begun != _generation(conn):
            return None
        if not is_open(conn, step.attribute_id, step.before_text if step.round == 1 else None):
            return None
        made = replace(
            step, refinement_id=step.refinement_id or new_id(), created_at=utc_now(),
            reason=clean(step.reason), before_text=clean(step.before_text),
            after_text=clean_or_none(step.after_text), result_id=None,
        )  # fmt: skip
        if result is not None and made.after_text is not None:
            result_id = _same(conn, made.after_text) or _add(store, made, result)
            if result_id is None:  # the words that it rested on were forgotten meanwhile
                return None
            made = replace(made, result_id=result_id)
        if made.round == 1:  # steps about words that it no longer has
            conn.execute(
                "DELETE FROM refinements WHERE attribute_id = ? AND learned_id = ?",
                (made.attribute_id, made.learned_id),
            )
        conn.execute(
            f"INSERT INTO refinements ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (made.refinement_id, made.attribute_id, made.round, to_db(made.created_at),
             made.learned_id, made.probability, made.reason, made.before_text, made.action,
             made.after_text, made.probability_after, made.result_id, made.run_id),
        )  # fmt: skip
    return made


def is_open(conn: sqlite3.Connection, attribute_id: str, text: str | None = None) -> bool:
    """Whether an attribute may be refined: a model made it, out of nothing flagged, and the person
    has not accepted, corrected or refused it; with ``text``, it says just that. Package-private."""
    row = conn.execute(
        "SELECT a.text, coalesce(j.verdict, '') <> 'ok' AND j.corrected_attribute_id IS NULL"
        " AND coalesce(j.use, '') <> 'never' AND a.strategy <> 'user' AND a.refines IS NULL"
        " FROM attributes a LEFT JOIN judgments_in_force j ON j.attribute_id = a.attribute_id"
        " WHERE a.attribute_id = ?",
        (attribute_id,),
    ).fetchone()
    return row is not None and bool(row[1]) and text in (None, row[0])


def _generation(conn: sqlite3.Connection) -> str | None:
    row = conn.execute(
        "SELECT value FROM settings_kv WHERE key = ?", (CACHE_GENERATION,)
    ).fetchone()
    return None if row is None else str(row[0])


def _same(conn: sqlite3.Connection, text: str) -> str | None:
    """An attribute of a model's that says just this."""
    row = conn.execute(
        "SELECT attribute_id FROM attributes WHERE strategy <> 'user' AND fold(text) = ?"
        " ORDER BY refines IS NOT NULL, n LIMIT 1",
        (text.casefold(),),
    ).fetchone()
    return None if row is None else str(row[0])


def _add(store: Store, step: Refinement, result: Result) -> str | None:
    """The refined attribute with a candidate for each conversation that it rests on."""
    conn = store.conn
    there = spans.existing(store, [span.message_id for span in result.evidence])
    if any(span.message_id not in there for span in result.evidence):
        return None
    if not result.evidence:
        raise StoreError("A refined attribute without evidence was offered; it was not kept.")
    spans.check(result.evidence, there)
    number = candidates.settings_number(conn, result.settings_sha256)
    by_conversation: dict[str, list[Evidence]] = {}
    for span in result.evidence:
        by_conversation.setdefault(there[span.message_id][1], []).append(span)
    text = step.after_text or ""
    kept = [
        candidates.insert(
            conn,
            Candidate("", key, text, result.confidence, result.strategy, step.run_id, tuple(own)),
            key,
            number,
        )
        for key, own in by_conversation.items()
    ]
    attribute_id = new_id()
    cursor = conn.execute(
        "INSERT INTO attributes (attribute_id, confidence, strategy, created_at, run_id, language,"
        " category, refines, representative, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (attribute_id, result.confidence, result.strategy, to_db(utc_now()), step.run_id,
         clean_or_none(result.language), clean_or_none(result.category), step.attribute_id,
         kept[0].candidate_id, text),
    )  # fmt: skip
    assert cursor.lastrowid is not None  # noqa: S101
    fts.add(conn, "attributes_fts", [(cursor.lastrowid, text)])
    conn.executemany(
        "UPDATE candidates SET attribute_id = ? WHERE candidate_id = ?",
        [(attribute_id, one.candidate_id) for one in kept],
    )
    return attribute_id


@guarded
def open_ids(store: Store) -> list[str]:
    """Attributes that may be refined (:func:`is_open`), the oldest first."""
    rows = store.conn.execute(
        "SELECT a.attribute_id FROM attributes a"
        " LEFT JOIN judgments_in_force j ON j.attribute_id = a.attribute_id"
        " WHERE coalesce(j.verdict, '') <> 'ok' AND j.corrected_attribute_id IS NULL"
        " AND coalesce(j.use, '') <> 'never' AND a.strategy <> 'user' AND a.refines IS NULL"
        " ORDER BY a.n"
    )
    return [row[0] for row in rows]
