"""Prompts that are asked about: from the bank, the person's own openings, typed in or imported."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from store.audit import PromptOrigin, UserPrompt
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError, StoreError
from store.faults import guarded
from store.text import clean, from_db, from_db_or_none, to_db

_COLUMNS = """prompt_id, origin, text, created_at, topic, personal, bank_key, source_message_id,
    language, removed_at"""


NOT_DRAWN = "prompts.not_drawn"
"""In ``settings_kv``: openings whose prompt was forgotten, by message."""


def _row(row: Sequence[Any]) -> UserPrompt:
    prompt_id, origin, text, created, topic, personal, bank_key, source, language, removed = row
    return UserPrompt(
        prompt_id,
        origin,
        text,
        from_db(created),
        topic,
        None if personal is None else bool(personal),
        bank_key,
        source,
        language,
        from_db_or_none(removed),
    )


def text_sha256(text: str) -> str:
    """Hash of what makes a prompt another one: its words, not their case or the space between."""
    return hashlib.sha256(" ".join(clean(text).casefold().split()).encode()).hexdigest()


@guarded
def add(
    store: Store,
    text: str,
    *,
    origin: PromptOrigin = "user",
    topic: str | None = None,
    personal: bool | None = None,
    bank_key: str | None = None,
    source_message_id: str | None = None,
    language: str | None = None,
) -> UserPrompt:
    """Add a prompt. One with the same words is there once: it is given back, and comes back if the
    person typed it in again after having removed it.

    :raises StoreError: there are no words in it.
    """
    text = clean(text).strip()
    if not text:
        raise StoreError("A prompt needs words; this one is empty.")
    key = text_sha256(text)
    with store.write() as conn:
        there = conn.execute(
            "SELECT prompt_id FROM user_prompts WHERE text_sha256 = ?"
            " OR (bank_key IS NOT NULL AND bank_key = ?)",
            (key, bank_key),
        ).fetchone()
        if there is None:
            prompt_id = new_id()
            conn.execute(
                "INSERT INTO user_prompts (prompt_id, origin, source_message_id, language,"
                " created_at, text, topic, personal, bank_key, text_sha256)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (prompt_id, origin, source_message_id, language, to_db(utc_now()), text, topic,
                 personal, bank_key, key),
            )  # fmt: skip
        else:
            prompt_id = there[0]
            if origin == "user":
                conn.execute(
                    "UPDATE user_prompts SET removed_at = NULL WHERE prompt_id = ?", (prompt_id,)
                )
    return get(store, prompt_id)


@guarded
def list_all(
    store: Store, *, origin: PromptOrigin | None = None, removed: bool = False
) -> list[UserPrompt]:
    """Prompts, the oldest first; with ``removed`` those that the person removed, too."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM user_prompts WHERE (?1 IS NULL OR origin = ?1)"  # noqa: S608
        " AND (?2 OR removed_at IS NULL) ORDER BY prompt_id",
        (origin, removed),
    )
    return [_row(row) for row in rows]


@guarded
def get(store: Store, prompt_id: str) -> UserPrompt:
    """One prompt; a unique beginning of its id is enough.

    :raises NotFoundError: there is none, or there are several.
    """
    low = prompt_id.lower()
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM user_prompts"  # noqa: S608
        " WHERE prompt_id >= ? AND prompt_id < ? LIMIT 2",
        (low, low + "\U0010ffff"),
    ).fetchall()
    exact = [row for row in rows if row[0] == low]
    if not low or not (exact or len(rows) == 1):
        what = "There are several prompts" if len(rows) > 1 else "There is no prompt"
        raise NotFoundError(f"{what} with the id {prompt_id!a}.")
    return _row((exact or rows)[0])


@guarded
def find(store: Store, text: str) -> UserPrompt | None:
    """The prompt with these words (see :func:`text_sha256`), removed or not; ``None``: there is none."""
    row = store.conn.execute(
        f"SELECT {_COLUMNS} FROM user_prompts WHERE text_sha256 = ?",  # noqa: S608
        (text_sha256(text),),
    ).fetchone()
    return None if row is None else _row(row)


@guarded
def remove(store: Store, prompt_id: str) -> UserPrompt:
    """Do not ask about it any more; what was judged on it stays.

    :raises NotFoundError: as :func:`get`.
    """
    return _set_removed(store, prompt_id, to_db(utc_now()))


@guarded
def restore(store: Store, prompt_id: str) -> UserPrompt:
    """Ask about it again.

    :raises NotFoundError: as :func:`get`.
    """
    return _set_removed(store, prompt_id, None)


def _set_removed(store: Store, prompt_id: str, when: str | None) -> UserPrompt:
    found = get(store, prompt_id)
    with store.write() as conn:
        conn.execute(
            "UPDATE user_prompts SET removed_at = ? WHERE prompt_id = ?", (when, found.prompt_id)
        )
    return get(store, found.prompt_id)


@guarded
def opening_messages(
    store: Store, *, limit: int | None = None
) -> list[tuple[str, str, str, str | None]]:
    """``(message_id, conversation_id, text, language)`` of the first thing that the person said in
    each conversation, the newest conversation first; synthetic ones are not theirs."""
    rows = store.conn.execute(
        """SELECT m.message_id, c.conversation_id, m.text, c.language FROM conversations c
        JOIN messages m ON m.n = (SELECT first.n FROM messages first
            WHERE first.conversation_id = c.conversation_id AND first.role = 'user'
            AND first.superseded_at IS NULL ORDER BY first.position LIMIT 1)
        WHERE c.source <> 'synthetic' ORDER BY c.updated_at DESC, c.conversation_id LIMIT ?""",
        (-1 if limit is None else limit,),
    )
    return rows.fetchall()


@guarded
def told_in_chat(store: Store) -> set[str]:
    """Hashes (:func:`text_sha256`) of what the person wrote in a chat whose model was told attributes
    for it: which ones a model chose stood under the answer, so that they cannot be asked blind."""
    rows = store.conn.execute(
        """SELECT DISTINCT u.text FROM model_runs r JOIN messages a ON a.run_id = r.run_id
        JOIN messages u ON u.conversation_id = a.conversation_id AND u.role = 'user'
        AND u.position = (SELECT max(b.position) FROM messages b
            WHERE b.conversation_id = a.conversation_id AND b.role = 'user'
            AND b.position < a.position)
        WHERE r.purpose = 'chat' AND json_array_length(r.parameters, '$.told') > 0"""
    )
    return {text_sha256(text) for (text,) in rows}
