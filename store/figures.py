"""Everything that the report computes from, as columns, in one reading."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from store import synthetic
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
from store.db import Store
from store.faults import guarded


@guarded
def read(store: Store) -> AuditData:
    """Columns of everything in force. One snapshot: what is written meanwhile is not in it."""
    with _snapshot(store) as conn:
        attributes = conn.execute(
            f"""SELECT j.judgment_id, j.attribute_id,
            (SELECT m.conversation_id FROM candidates c
                JOIN candidate_evidence e ON e.candidate_id = c.candidate_id
                JOIN messages m ON m.message_id = e.message_id
                WHERE c.attribute_id = j.attribute_id
                ORDER BY c.candidate_id, e.ordinal LIMIT 1),
            j.verdict, j.accurate, j.supported, j.failure_mode, j.use, a.confidence, a.strategy,
            r.model, j.sampling, j.inclusion_prob, j.repeat_of, j.latency_ms,
            (SELECT f.verdict FROM standing_judgments f WHERE f.judgment_id = j.repeat_of)
            FROM ({_both("judgments_in_force", "judgment_repeats")}) j
            JOIN attributes a ON a.attribute_id = j.attribute_id
            LEFT JOIN model_runs r ON r.run_id = a.run_id
            WHERE j.verdict IS NOT NULL AND a.strategy <> 'user' ORDER BY j.seq"""  # noqa: S608
        ).fetchall()
        relevance = conn.execute(
            f"""SELECT j.judgment_id, j.prompt_id, j.attribute_id, j.relevant, j.relevance_level,
            p.origin, p.personal, j.sampling, j.inclusion_prob, j.repeat_of, j.latency_ms,
            (SELECT f.relevant FROM standing_relevance f WHERE f.judgment_id = j.repeat_of)
            FROM ({_both("relevance_in_force", "relevance_repeats")}) j
            JOIN user_prompts p ON p.prompt_id = j.prompt_id
            WHERE j.relevant IS NOT NULL ORDER BY j.seq"""  # noqa: S608
        ).fetchall()
        responses = conn.execute(
            f"""SELECT j.judgment_id, j.pair_id, p.prompt_id, p.arm,
            p.generic_id = p.personalized_id, g.model_tag, s.model_tag, j.shown_left,
            j.raw_rating, j.rating, j.attribute_ratings, s.explicit_mention, j.len_generic,
            j.len_personalized, j.sampling, j.inclusion_prob, j.repeat_of, j.latency_ms,
            (SELECT f.rating FROM standing_response f WHERE f.judgment_id = j.repeat_of)
            FROM ({_both("response_in_force", "response_repeats")}) j
            JOIN response_pairs p ON p.pair_id = j.pair_id
            JOIN responses g ON g.response_id = p.generic_id
            JOIN responses s ON s.response_id = p.personalized_id ORDER BY j.seq"""  # noqa: S608
        ).fetchall()
        models = conn.execute(
            "SELECT kind, model_tag, attribute_id, prompt_id, pair_id, verdict, relevant, rating,"
            " probability, flipped, (SELECT p.arm FROM response_pairs p"
            " WHERE p.pair_id = model_judgments.pair_id) FROM model_judgments ORDER BY judgment_id"
        ).fetchall()
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
            count(*) FILTER (WHERE strategy <> 'user') FROM attributes
            WHERE attribute_id NOT IN (SELECT attribute_id FROM hidden_attributes)"""
        ).fetchone()
    return AuditData(
        AttributeColumns(*_columns(attributes, 16, flags=(4, 5))),
        RelevanceColumns(*_columns(relevance, 12, flags=(3, 6, 11))),
        ResponseColumns(*_columns(responses, 19, flags=(4, 11), maps=(10,))),
        ModelColumns(*_columns(models, 11, flags=(6, 9))),
        SyntheticColumns(*_columns(played, 11, flags=(8,))),
        CatchColumns(*_columns(catches, 2)),
        added,
        inferred,
        SyntheticItems(*_columns(items, 8)),
    )


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


def _both(first: str, second: str) -> str:
    return f"SELECT * FROM {first} UNION ALL SELECT * FROM {second}"  # noqa: S608


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
