"""Messages: append, stream, edit and retry, and those that wait to be extracted from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from store import conversations, fts
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError, StoreError
from store.faults import guarded
from store.records import Conversation, Message, MessageStatus, Role
from store.text import clean, clean_or_none, from_db, from_db_or_none, id_list, to_db

_COLUMNS = """m.message_id, m.conversation_id, m.position, m.role, m.text, m.created_at, m.status,
    m.model, m.external_id, m.run_id, m.superseded_at"""


def _message(row: tuple[Any, ...]) -> Message:
    i, conversation, position, role, text, created, status, model, external, run, gone = row
    return Message(
        i, conversation, position, role, text, from_db(created), status, model, external, run,
        from_db_or_none(gone),
    )  # fmt: skip


@guarded
def append(
    store: Store,
    conversation_id: str,
    role: Role,
    text: str,
    *,
    status: MessageStatus = "complete",
    model: str | None = None,
    run_id: str | None = None,
) -> Message:
    """Add a message at the end of the active path.

    :raises NotFoundError: there is no such conversation.
    """
    text = clean(text)
    now = utc_now()
    with store.write() as conn:
        changed = conn.execute(
            "UPDATE conversations SET updated_at = ?, model = coalesce(?, model)"
            " WHERE conversation_id = ?",
            (to_db(now), clean_or_none(model), conversation_id),
        ).rowcount
        if not changed:
            raise NotFoundError("This conversation is gone; it was deleted in the meantime.")
        position = conn.execute(
            "SELECT coalesce(max(position) + 1, 0) FROM messages"
            " WHERE conversation_id = ? AND superseded_at IS NULL",
            (conversation_id,),
        ).fetchone()[0]
        made = Message(
            new_id(), conversation_id, position, role, text, now, status, clean_or_none(model),
            run_id=run_id,
        )  # fmt: skip
        cursor = conn.execute(
            "INSERT INTO messages (message_id, conversation_id, position, role, created_at,"
            " status, model, run_id, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (made.message_id, conversation_id, position, role, to_db(now), status, made.model,
             run_id, text),
        )  # fmt: skip
        assert cursor.lastrowid is not None  # noqa: S101
        fts.add(conn, "messages_fts", [(cursor.lastrowid, text)])
    return made


@guarded
def active(store: Store, conversation_id: str) -> list[Message]:
    """The messages of the active path, in order."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM messages m"  # noqa: S608
        " WHERE conversation_id = ? AND superseded_at IS NULL ORDER BY position, n",
        (conversation_id,),
    )
    return [_message(row) for row in rows]


@guarded
def get(store: Store, message_id: str) -> Message:
    """One message, superseded or not.

    :raises NotFoundError: there is none with this id.
    """
    row = store.conn.execute(
        f"SELECT {_COLUMNS} FROM messages m WHERE message_id = ?",  # noqa: S608
        (message_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no message {message_id!a}.")
    return _message(row)


@guarded
def newest_of_user(store: Store, limit: int) -> list[str]:
    """What the person wrote last, in no synthetic conversation, the newest first."""
    rows = store.conn.execute(
        "SELECT m.text FROM messages m JOIN conversations c USING (conversation_id)"
        " WHERE m.role = 'user' AND m.superseded_at IS NULL AND c.source <> 'synthetic'"
        " ORDER BY m.n DESC LIMIT ?",
        (limit,),
    )
    return [row[0] for row in rows]


@guarded
def finish(
    store: Store,
    message_id: str,
    text: str,
    status: MessageStatus,
    run_id: str | None = None,
) -> Message:
    """Replace the text and status of a message that is being streamed (as often as wanted).

    :raises NotFoundError: there is none with this id.
    :raises StoreError: an attribute's evidence points to words that the new text has not.
    """
    text = clean(text)
    with store.write() as conn:
        row = conn.execute(
            "SELECT n, text FROM messages WHERE message_id = ?", (message_id,)
        ).fetchone()
        if row is None:
            raise NotFoundError(f"There is no message {message_id!a}.")
        n, before = row
        if text != before:
            _refuse_moving_evidence(store, message_id, before, text)
            fts.remove(conn, "messages_fts", [(n, before)])
            fts.add(conn, "messages_fts", [(n, text)])
        conn.execute(
            "UPDATE messages SET text = ?, status = ?, run_id = coalesce(?, run_id) WHERE n = ?",
            (text, status, run_id, n),
        )
    return get(store, message_id)


def _refuse_moving_evidence(store: Store, message_id: str, before: str, after: str) -> None:
    reach = store.conn.execute(
        'SELECT max("end") FROM (SELECT "end" FROM candidate_evidence WHERE message_id = ?1'
        ' UNION ALL SELECT "end" FROM attribute_evidence WHERE message_id = ?1)',
        (message_id,),
    ).fetchone()[0]
    if reach is not None and before[:reach] != after[:reach]:
        raise StoreError(
            "This message is the evidence of an attribute and cannot change; edit it as a new "
            "version instead."
        )


@guarded
def supersede_from(store: Store, conversation_id: str, position: int) -> int:
    """Mark the active messages from ``position`` on as superseded (edit, retry); say how many.

    Their text, their evidence and what was judged on it stay.
    """
    with store.write() as conn:
        return conn.execute(
            "UPDATE messages SET superseded_at = ?"
            " WHERE conversation_id = ? AND superseded_at IS NULL AND position >= ?",
            (to_db(utc_now()), conversation_id, position),
        ).rowcount


@guarded
def versions(store: Store, conversation_id: str, position: int) -> list[Message]:
    """Every message that stood or stands at ``position``, the oldest first."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM messages m"  # noqa: S608
        " WHERE conversation_id = ? AND position = ? ORDER BY n",
        (conversation_id, position),
    )
    return [_message(row) for row in rows]


# --- waiting to be extracted from ---------------------------------------------------------------

_PENDING = """m.superseded_at IS NULL AND m.role IN (SELECT value FROM json_each(:roles))
    AND NOT EXISTS (SELECT 1 FROM extractions e JOIN extraction_settings s USING (settings_id)
        WHERE e.n = m.n AND s.sha256 = :settings)
    AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.conversation_id = m.conversation_id
        AND c.source = 'synthetic')"""
"""Package-private. What a model played is no word of the person's: it never waits."""


@guarded
def pending_conversations(
    store: Store,
    settings_sha256: str,
    conversation_ids: Sequence[str] | None = None,
    roles: Sequence[Role] = ("user",),
) -> list[tuple[str, int]]:
    """Ids of conversations with messages not yet extracted with these settings, and how many each.

    Oldest first. A list, not a cursor: results may be saved while it is gone through.
    """
    chosen = "1" if conversation_ids is None else (
        "m.conversation_id IN (SELECT value FROM json_each(:ids))"
    )  # fmt: skip
    rows = store.conn.execute(
        f"SELECT m.conversation_id, count(*) FROM messages m WHERE {chosen} AND {_PENDING}"  # noqa: S608
        " GROUP BY m.conversation_id ORDER BY m.conversation_id",
        {
            "settings": settings_sha256,
            "roles": id_list(roles),
            "ids": id_list(conversation_ids or ()),
        },
    )
    return rows.fetchall()


@guarded
def pending(
    store: Store,
    settings_sha256: str,
    conversation_id: str,
    roles: Sequence[Role] = ("user",),
) -> list[Message]:
    """The messages of one conversation not yet extracted with these settings, in order."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM messages m WHERE m.conversation_id = :id AND {_PENDING}"  # noqa: S608
        " ORDER BY position, n",
        {"settings": settings_sha256, "roles": id_list(roles), "id": conversation_id},
    )
    return [_message(row) for row in rows]


def iter_pending(
    store: Store,
    settings_sha256: str,
    conversation_ids: Sequence[str] | None = None,
    roles: Sequence[Role] = ("user",),
) -> Iterator[tuple[Conversation, list[Message]]]:
    """Each conversation that has messages not yet extracted with these settings, with those.

    The messages are the pending ones only; :func:`active` gives what stands around them. It holds
    no lock between two items. On another thread (``StoreThread``) use
    :func:`pending_conversations` and :func:`pending` instead.
    """
    for conversation_id, _ in pending_conversations(
        store, settings_sha256, conversation_ids, roles
    ):
        waiting = pending(store, settings_sha256, conversation_id, roles)
        if waiting:
            yield conversations.get(store, conversation_id), waiting
