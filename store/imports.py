"""What importers read, brought into the journal: added, updated or found unchanged."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store import fts
from store.db import Store, new_id, utc_now
from store.faults import guarded
from store.records import ConversationDraft, ImportCounts, MessageDraft
from store.text import clean, clean_or_none, id_list, to_db

_INSERT_CONVERSATION = """INSERT INTO conversations (conversation_id, source, external_id, title,
    created_at, updated_at, content_sha256, model, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_INSERT_MESSAGE = """INSERT INTO messages (n, message_id, conversation_id, position, role,
    created_at, status, model, external_id, imported, text)
    VALUES (?, ?, ?, ?, ?, ?, 'complete', ?, ?, 1, ?)"""


@dataclass(slots=True)
class _Clean:
    """A draft whose every text can be stored, with its hash."""

    draft: ConversationDraft
    external_id: str
    title: str
    texts: list[str]
    externals: list[str | None]
    sha256: str


@guarded
def upsert(store: Store, drafts: Sequence[ConversationDraft]) -> ImportCounts:
    """Bring a batch of conversations in, in one transaction.

    A conversation is known by its source and external id. Equal content counts as unchanged.
    Where it changed, messages that are the same (by external id and text, or by position, role
    and text) keep their ids, so that evidence and judgments stay; others are superseded, new ones
    are added, superseded ones that are back (another branch) are active again, and what was written here after the import stays at the end.
    """
    counts = ImportCounts()
    with store.write() as conn:
        waiting = [_prepare(draft) for draft in drafts]
        while waiting:  # a conversation that comes twice in a batch waits for the next round
            batch: dict[tuple[str, str], _Clean] = {}
            again: list[_Clean] = []
            for item in waiting:
                key = (item.draft.source, item.external_id)
                if key in batch:
                    again.append(item)
                else:
                    batch[key] = item
            counts += _upsert_batch(conn, batch)
            waiting = again
    return counts


def _prepare(draft: ConversationDraft) -> _Clean:
    title = clean(draft.title)
    texts = [clean(message.text) for message in draft.messages]
    externals = [clean_or_none(message.external_id) for message in draft.messages]
    parts = [title, clean(draft.model or "")]
    for message, text, external in zip(draft.messages, texts, externals, strict=True):
        parts += (message.role, external or "", text)
    # NUL cannot occur in the parts any more, so it separates them without doubt.
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return _Clean(draft, clean(draft.external_id), title, texts, externals, digest)


def _upsert_batch(conn: sqlite3.Connection, batch: dict[tuple[str, str], _Clean]) -> ImportCounts:
    known = {
        (source, external): (conversation_id, sha256)
        for source, external, conversation_id, sha256 in conn.execute(
            "SELECT c.source, c.external_id, c.conversation_id, c.content_sha256"
            " FROM json_each(?) k JOIN conversations c ON c.source ="
            " json_extract(k.value, '$[0]') AND c.external_id = json_extract(k.value, '$[1]')",
            (id_list([list(key) for key in batch]),),
        )
    }
    added = [item for key, item in batch.items() if key not in known]
    messages = _insert(conn, added)
    updated = unchanged = 0
    for key, item in batch.items():
        if key not in known:
            continue
        conversation_id, sha256 = known[key]
        if sha256 == item.sha256:
            unchanged += 1
        else:
            updated += 1
            messages += _update(conn, conversation_id, item)
    return ImportCounts(len(added), updated, unchanged, messages)


def _next_n(conn: sqlite3.Connection) -> int:
    return int(conn.execute("SELECT coalesce(max(n), 0) + 1 FROM messages").fetchone()[0])


def _span(draft: ConversationDraft, now: datetime) -> tuple[datetime, datetime]:
    times = [message.created_at for message in draft.messages if message.created_at is not None]
    created = draft.created_at or (times[0] if times else draft.updated_at or now)
    return created, draft.updated_at or (times[-1] if times else created)


def _insert(conn: sqlite3.Connection, items: list[_Clean]) -> int:
    if not items:
        return 0
    now = utc_now()
    n = first = _next_n(conn)
    conversation_rows: list[tuple[object, ...]] = []
    message_rows: list[tuple[object, ...]] = []
    index_rows: list[tuple[int, str]] = []
    for item in items:
        draft = item.draft
        created, updated = _span(draft, now)
        begun = to_db(created)
        conversation_id = new_id()
        conversation_rows.append(
            (conversation_id, draft.source, item.external_id, item.title, begun, to_db(updated),
             item.sha256, clean_or_none(draft.model), clean_or_none(draft.language))
        )  # fmt: skip
        for position, message in enumerate(draft.messages):
            text = item.texts[position]
            message_rows.append(
                _row(n, conversation_id, position, message, text, item.externals[position], begun)
            )
            index_rows.append((n, text))
            n += 1
    conn.executemany(_INSERT_CONVERSATION, conversation_rows)
    conn.executemany(_INSERT_MESSAGE, message_rows)
    fts.add(conn, "messages_fts", index_rows)
    return n - first


def _row(
    n: int,
    conversation_id: str,
    position: int,
    message: MessageDraft,
    text: str,
    external: str | None,
    begun: str,
) -> tuple[object, ...]:
    at = begun if message.created_at is None else to_db(message.created_at)
    model = clean_or_none(message.model)
    return (n, new_id(), conversation_id, position, message.role, at, model, external, text)


def _update(conn: sqlite3.Connection, conversation_id: str, item: _Clean) -> int:
    """Bring one changed conversation to what the export says now; how many messages are new."""
    old = conn.execute(
        "SELECT n, position, role, external_id, imported, superseded_at IS NULL, text"
        " FROM messages WHERE conversation_id = ? AND (imported OR superseded_at IS NULL)"
        " ORDER BY superseded_at IS NULL, position, n",  # active ones last: they win below
        (conversation_id,),
    ).fetchall()
    by_external = {(ext, role, text): n for n, _, role, ext, *_, text in old if ext is not None}
    by_place = {(pos, role, text): n for n, pos, role, *_, text in old}
    created, updated = _span(item.draft, utc_now())
    begun = to_db(created)
    kept: dict[int, int] = {}
    new_rows: list[tuple[object, ...]] = []
    index_rows: list[tuple[int, str]] = []
    next_n = _next_n(conn)
    for position, message in enumerate(item.draft.messages):
        text, external = item.texts[position], item.externals[position]
        n = by_external.get((external, message.role, text)) if external is not None else None
        if n is None:
            n = by_place.get((position, message.role, text))
        if n is not None and n not in kept:
            kept[n] = position
            continue
        new_rows.append(_row(next_n, conversation_id, position, message, text, external, begun))
        index_rows.append((next_n, text))
        next_n += 1
    gone = [n for n, *_, imported, active, _ in old if active and imported and n not in kept]
    ours = [n for n, *_, imported, _, _ in old if not imported and n not in kept]
    back = [n for n, *_, active, _ in old if not active and n in kept]
    end = len(item.draft.messages)
    places = {n: end + i for i, n in enumerate(ours)} | kept
    moved = [(places[n], n) for n, position, *_ in old if n in places and places[n] != position]
    now = to_db(utc_now())
    conn.executemany("UPDATE messages SET superseded_at = ? WHERE n = ?", [(now, n) for n in gone])
    conn.executemany("UPDATE messages SET superseded_at = NULL WHERE n = ?", [(n,) for n in back])
    conn.executemany("UPDATE messages SET position = ? WHERE n = ?", moved)
    conn.executemany(_INSERT_MESSAGE, new_rows)
    fts.add(conn, "messages_fts", index_rows)
    conn.execute(
        "UPDATE conversations SET title = CASE title_by_user WHEN 1 THEN title ELSE ? END,"
        " updated_at = max(?, CASE WHEN ? THEN updated_at ELSE '' END), content_sha256 = ?,"
        " model = coalesce(?, model), language = coalesce(?, language) WHERE conversation_id = ?",
        (item.title, to_db(updated), bool(ours), item.sha256, clean_or_none(item.draft.model),
         clean_or_none(item.draft.language), conversation_id),
    )  # fmt: skip
    return len(new_rows)
