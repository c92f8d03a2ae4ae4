"""Conversations: create, find, list, rename."""

from __future__ import annotations

from typing import Any

from store import fts
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.records import Conversation, Source
from store.text import clean, clean_or_none, from_db, to_db

_COLUMNS = """c.conversation_id, c.source, c.title, c.created_at, c.updated_at, c.external_id,
    c.content_sha256, c.model, c.language, (SELECT count(*) FROM messages m
    WHERE m.conversation_id = c.conversation_id AND m.superseded_at IS NULL)"""


def _conversation(row: tuple[Any, ...]) -> Conversation:
    i, source, title, created, updated, external, sha, model, language, messages = row
    return Conversation(
        i,
        source,
        title,
        from_db(created),
        from_db(updated),
        external,
        sha,
        model,
        language,
        messages,
    )


@guarded
def create(
    store: Store, *, title: str, source: Source = "chat", model: str | None = None
) -> Conversation:
    """Begin an empty conversation."""
    now = utc_now()
    made = Conversation(new_id(), source, clean(title), now, now, model=clean_or_none(model))
    with store.write() as conn:
        conn.execute(
            "INSERT INTO conversations (conversation_id, source, title, created_at, updated_at,"
            " model) VALUES (?, ?, ?, ?, ?, ?)",
            (made.conversation_id, source, made.title, to_db(now), to_db(now), made.model),
        )
    return made


@guarded
def get(store: Store, conversation_id: str) -> Conversation:
    """The conversation with this id, or with the one id that begins so.

    :raises NotFoundError: there is none, or more than one.
    """
    wanted = clean(conversation_id).strip().lower()
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM conversations c"  # noqa: S608
        " WHERE conversation_id >= ?1 AND conversation_id < ?1 || 'g' LIMIT 2",
        (wanted,),
    ).fetchall()
    if not wanted or not rows:
        raise NotFoundError(f"There is no conversation {conversation_id!a}; list them to see ids.")
    if len(rows) > 1 and rows[0][0] != wanted:
        raise NotFoundError(
            f"More than one conversation begins with {conversation_id!a}; give more of its id."
        )
    return _conversation(rows[0])


@guarded
def list_all(
    store: Store,
    *,
    query: str | None = None,
    source: Source | None = None,
    synthetic: bool = True,
    limit: int | None = None,
    offset: int = 0,
) -> list[Conversation]:
    """Conversations, the newest updated first.

    ``query`` keeps those whose title contains it or in whose messages all its words are found;
    without ``synthetic`` those that a model played are left out.
    """
    where, values = _where(query, source)
    if not synthetic:
        where += " AND c.source <> 'synthetic'"
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM conversations c WHERE {where}"  # noqa: S608
        " ORDER BY updated_at DESC, conversation_id DESC LIMIT ? OFFSET ?",
        (*values, -1 if limit is None else limit, offset),
    )
    return [_conversation(row) for row in rows]


@guarded
def count(store: Store, *, query: str | None = None, source: Source | None = None) -> int:
    """How many conversations :func:`list_all` finds."""
    where, values = _where(query, source)
    row = store.conn.execute(
        f"SELECT count(*) FROM conversations c WHERE {where}",  # noqa: S608
        values,
    ).fetchone()
    return int(row[0])


def _where(query: str | None, source: Source | None) -> tuple[str, tuple[str, ...]]:
    clauses = ["1"]
    values: list[str] = []
    if source is not None:
        clauses.append("c.source = ?")
        values.append(source)
    text = clean(query or "").strip()
    if text:
        clause = "instr(fold(c.title), ?)"
        values.append(text.casefold())
        match = fts.query(text)
        if match is not None:
            clause += """ OR c.conversation_id IN (SELECT m.conversation_id FROM messages_fts f
                JOIN messages m ON m.n = f.rowid
                WHERE messages_fts MATCH ? AND m.superseded_at IS NULL)"""
            values.append(match)
        clauses.append(f"({clause})")
    return " AND ".join(clauses), tuple(values)


@guarded
def rename(store: Store, conversation_id: str, title: str) -> Conversation:
    """Give it another title; a later import does not take that back.

    :raises NotFoundError: there is no such conversation.
    """
    with store.write() as conn:
        found = get(store, conversation_id)
        conn.execute(
            "UPDATE conversations SET title = ?, title_by_user = 1 WHERE conversation_id = ?",
            (clean(title), found.conversation_id),
        )
    return get(store, found.conversation_id)
