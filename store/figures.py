"""Everything that the report computes from, as columns, in one reading."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from store import learned, refined, synthetic
from store.audit import (
    AttributeColumns,
    AuditData,
    CatchColumns,
    ModelColumns,
    RelevanceColumns,
    ResponseColumns,
    SyntheticColumns,
    SyntheticItems,
)
from store.blinding import STAGES, blinded
from store.db import Store
from store.faults import guarded


@guarded
def read(store: Store) -> AuditData:
    """Columns of everything in force. One snapshot: what is written meanwhile is not in it.

    Refined attributes stand in ``refined`` only: every other figure of stage 1 is about what was
    extracted.
    """
    with _snapshot(store) as conn:
        clusters = _conversations(conn)
        attributes = blinded(conn, STAGES[0])
        for row in attributes:
            row[2] = clusters.get(row[1])
        pairs = refined.compared(conn, attributes)
        attributes = refined.originals(conn, attributes)
        judged = _relevance(conn)
        responses = blinded(conn, STAGES[2])
        models = [
            (
                *row[:10],
                row[11],
                clusters.get(row[2]) if row[0] == "attribute" else row[10],
                row[12],
            )
            for row in conn.execute(
                "SELECT m.kind, m.model_tag, m.attribute_id, m.prompt_id, m.pair_id, m.verdict,"
                " m.relevant, m.rating, m.probability, m.flipped, coalesce(m.prompt_id, p.prompt_id),"
                " p.arm, CASE m.kind WHEN 'response' THEN json_extract(m.detail, '$.mean') END"
                " FROM model_judgments m LEFT JOIN response_pairs p ON p.pair_id = m.pair_id"
                " LEFT JOIN attributes a ON m.kind = 'attribute' AND a.attribute_id = m.attribute_id"
                " WHERE a.refines IS NULL"
                " ORDER BY m.judgment_id"
            )
        ]
        played = conn.execute(
            "SELECT c.persona_key, c.conversation_id, j.attribute_id, j.rater, j.model_tag,"  # noqa: S608
            " j.verdict, j.failure_mode, j.prompt_key, j.relevant, j.probability, a.model"
            f" FROM (SELECT j.* FROM {synthetic.IN_FORCE}) j"
            " JOIN synthetic_attributes a ON a.attribute_id = j.attribute_id"
            " JOIN synthetic_conversations c ON c.conversation_id = a.conversation_id"
            " ORDER BY j.seq"
        ).fetchall()
        items = conn.execute(
            "SELECT c.persona_key, c.persona_sha256, c.conversation_id, a.attribute_id, c.user_model,"
            " a.model, json_extract(r.parameters, '$.extraction_sha256'), c.created_at"
            " FROM synthetic_attributes a"
            " JOIN synthetic_conversations c ON c.conversation_id = a.conversation_id"
            " LEFT JOIN model_runs r ON r.run_id = c.run_id ORDER BY a.attribute_id"
        ).fetchall()
        catches = conn.execute(
            "SELECT catch_key, verdict FROM catches_in_force WHERE verdict IS NOT NULL"
        ).fetchall()
        added, inferred = conn.execute(
            """SELECT count(*) FILTER (WHERE strategy = 'user' AND corrects IS NULL),
            count(*) FILTER (WHERE strategy <> 'user' AND refines IS NULL) FROM attributes
            WHERE attribute_id NOT IN (SELECT attribute_id FROM hidden_attributes)"""
        ).fetchone()
        in_use = learned.figures(conn)
    return AuditData(
        AttributeColumns(*_columns(attributes, 18, flags=(4, 5))),
        judged,
        ResponseColumns(*_columns(responses, 21, flags=(4, 11), maps=(10,))),
        ModelColumns(*_columns(models, 13, flags=(6, 9))),
        SyntheticColumns(*_columns(played, 11, flags=(8,))),
        CatchColumns(*_columns(catches, 2)),
        added,
        inferred,
        SyntheticItems(*_columns(items, 8)),
        in_use,
        pairs,
    )


@guarded
def relevance(store: Store) -> RelevanceColumns:
    """Stage 2 alone, as :func:`read` has it."""
    with _snapshot(store) as conn:
        return _relevance(conn)


def _relevance(conn: sqlite3.Connection) -> RelevanceColumns:
    return RelevanceColumns(*_columns(blinded(conn, STAGES[1]), 14, flags=(3, 6, 11)))


def _conversations(conn: sqlite3.Connection) -> dict[str, str]:
    """Attribute → the conversation of its first evidence."""
    found: dict[str, str] = {}
    for attribute, conversation in conn.execute(
        """SELECT c.attribute_id, m.conversation_id FROM candidates c
        JOIN candidate_evidence e ON e.candidate_id = c.candidate_id
        JOIN messages m ON m.message_id = e.message_id ORDER BY c.candidate_id, e.ordinal"""
    ):
        found.setdefault(attribute, conversation)
    return found


@contextmanager
def _snapshot(store: Store) -> Iterator[sqlite3.Connection]:
    conn = store.conn
    if conn.in_transaction:
        yield conn
        return
    conn.execute("BEGIN")
    try:
        yield conn
    finally:
        conn.execute("COMMIT")


def _columns(
    rows: Sequence[Sequence[Any]], width: int, flags: Iterable[int] = (), maps: Iterable[int] = ()
) -> list[list[Any]]:
    """Rows as ``width`` columns; 0 and 1 of ``flags`` as booleans, JSON of ``maps`` as dicts."""
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [
        [] for _ in range(width)
    ]  # fmt: skip
    for place in flags:
        columns[place] = [None if value is None else bool(value) for value in columns[place]]
    for place in maps:
        columns[place] = [json.loads(value) for value in columns[place]]
    return columns
