"""The synthetic foil: conversations that a model played, what was inferred from them, what was said
of that. Their messages are conversations like others, marked by their source; the rest is in tables
of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from store import context, fts
from store.audit import SyntheticAttribute, SyntheticConversation, SyntheticJudgment
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.records import Conversation, JudgmentContext, Message
from store.text import clean, clean_or_none, from_db, to_db, to_json


@guarded
def add_conversation(
    store: Store,
    about: SyntheticConversation,
    conversation: Conversation,
    messages: Sequence[Message],
) -> None:
    """Keep a played conversation with its messages, under the ids that they have."""
    with store.write() as conn:
        conn.execute(
            "INSERT INTO conversations (conversation_id, source, title, created_at, updated_at,"
            " model) VALUES (?, 'synthetic', ?, ?, ?, ?)",
            (conversation.conversation_id, clean(conversation.title),
             to_db(conversation.created_at), to_db(conversation.updated_at),
             clean(about.assistant_model)),
        )  # fmt: skip
        for one in messages:
            cursor = conn.execute(
                "INSERT INTO messages (message_id, conversation_id, position, role, created_at,"
                " status, model, run_id, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (one.message_id, one.conversation_id, one.position, one.role,
                 to_db(one.created_at), one.status, clean_or_none(one.model), about.run_id,
                 clean(one.text)),
            )  # fmt: skip
            fts.add(conn, "messages_fts", [(cursor.lastrowid or 0, clean(one.text))])
        conn.execute(
            "INSERT INTO synthetic_conversations (conversation_id, persona_key, persona_sha256,"
            " user_model, assistant_model, turns, run_id, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (about.conversation_id, about.persona_key, about.persona_sha256,
             clean(about.user_model), clean(about.assistant_model), about.turns, about.run_id,
             to_db(about.created_at)),
        )  # fmt: skip


@guarded
def conversations(store: Store) -> list[SyntheticConversation]:
    """Every played conversation, the oldest first."""
    rows = store.conn.execute(
        "SELECT s.conversation_id, s.persona_key, s.persona_sha256, s.user_model, s.assistant_model,"
        " s.turns, s.created_at, s.run_id, json_extract(r.parameters, '$.extraction_sha256')"
        " FROM synthetic_conversations s LEFT JOIN model_runs r ON r.run_id = s.run_id"
        " ORDER BY s.conversation_id"
    )
    return [
        SyntheticConversation(
            key, persona, sha256, user, assistant, turns, from_db(created), run, settings
        )
        for key, persona, sha256, user, assistant, turns, created, run, settings in rows
    ]


@guarded
def add_attributes(store: Store, found: Sequence[SyntheticAttribute]) -> None:
    """Keep what was inferred from played conversations."""
    with store.write() as conn:
        conn.executemany(
            "INSERT OR IGNORE INTO synthetic_attributes (attribute_id, conversation_id,"
            " confidence, model, run_id, created_at, evidence, text, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (one.attribute_id, one.conversation_id, one.confidence, clean_or_none(one.model),
                 one.run_id, to_db(one.created_at), json.dumps(one.evidence), clean(one.text),
                 clean_or_none(one.reason))
                for one in found
            ],
        )  # fmt: skip


@guarded
def attributes(store: Store, conversation_id: str | None = None) -> list[SyntheticAttribute]:
    """What was inferred from played conversations (or one of them), the oldest first."""
    rows = store.conn.execute(
        "SELECT attribute_id, conversation_id, text, confidence, created_at, evidence, model,"
        " run_id, reason FROM synthetic_attributes WHERE ?1 IS NULL OR conversation_id = ?1"
        " ORDER BY attribute_id",
        (conversation_id,),
    )
    return [_attribute(row) for row in rows]


def _attribute(row: Sequence[Any]) -> SyntheticAttribute:
    key, conversation, text, confidence, created, evidence, model, run, reason = row
    spans = tuple((str(i), int(start), int(end)) for i, start, end in json.loads(evidence))
    return SyntheticAttribute(
        key, conversation, text, confidence, from_db(created), spans, model, run, reason
    )


@guarded
def judge(store: Store, judgments: Sequence[SyntheticJudgment]) -> None:
    """Add judgments; the newest of a rater (and prompt) on an attribute is in force.

    :raises NotFoundError: an attribute is gone.
    """
    with store.write() as conn:
        for one in judgments:
            if conn.execute(
                "SELECT 1 FROM synthetic_attributes WHERE attribute_id = ?", (one.attribute_id,)
            ).fetchone() is None:  # fmt: skip
                raise NotFoundError("This attribute is gone; it was forgotten in the meantime.")
            conn.execute(
                "INSERT INTO synthetic_judgments (judgment_id, attribute_id, rater, model_tag,"
                " created_at, verdict, failure_mode, prompt_key, relevant, probability, context,"
                " retracted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (one.judgment_id or new_id(), one.attribute_id, one.rater,
                 clean_or_none(one.model_tag), to_db(one.created_at), one.verdict,
                 one.failure_mode, one.prompt_key, one.relevant, one.probability,
                 _context(one.context), one.retracted),
            )  # fmt: skip


@guarded
def retract(store: Store, taken: SyntheticJudgment) -> None:
    """Take back what a rater said of an attribute (and prompt): nothing of theirs is in force."""
    judge(
        store,
        [
            SyntheticJudgment(
                "", taken.attribute_id, taken.rater, utc_now(), taken.model_tag, taken.verdict,
                None, taken.prompt_key, taken.relevant, retracted=True,
            )
        ],
    )  # fmt: skip


def _context(given: JudgmentContext | None) -> str | None:
    if given is None:
        return None
    names = [name.strip() for name in context.NAMES.split(",")]
    return to_json(dict(zip(names, context.values(given), strict=True)))


@guarded
def asked(store: Store, model_tag: str, wordings: Sequence[str]) -> set[tuple[str, str | None]]:
    """What a model was asked in these words (by hash): attribute, and prompt if about relevance."""
    rows = store.conn.execute(
        "SELECT attribute_id, prompt_key FROM synthetic_judgments WHERE rater = 'model'"
        " AND model_tag = ? AND retracted = 0 AND json_extract(context, '$.guideline_sha256') IN"
        " (SELECT value FROM json_each(?))",
        (clean(model_tag), json.dumps(list(wordings))),
    )
    return {(attribute, prompt) for attribute, prompt in rows}


IN_FORCE = """synthetic_judgments j WHERE j.retracted = 0 AND NOT EXISTS (
    SELECT 1 FROM synthetic_judgments later WHERE later.attribute_id = j.attribute_id
    AND later.rater = j.rater AND later.model_tag IS j.model_tag
    AND later.prompt_key IS j.prompt_key
    AND (later.verdict IS NULL) = (j.verdict IS NULL) AND later.seq > j.seq)"""
"""Package-private: the judgments in force, as what stands after FROM."""


@guarded
def judgments(store: Store) -> list[SyntheticJudgment]:
    """Judgments in force, the oldest first (without their context)."""
    rows = store.conn.execute(
        "SELECT judgment_id, attribute_id, rater, created_at, model_tag, verdict, failure_mode,"  # noqa: S608
        f" prompt_key, relevant, probability FROM {IN_FORCE} ORDER BY seq"
    )
    return [
        SyntheticJudgment(
            row[0], row[1], row[2], from_db(row[3]), row[4], row[5], row[6], row[7],
            None if row[8] is None else bool(row[8]), row[9],
        )
        for row in rows
    ]  # fmt: skip
