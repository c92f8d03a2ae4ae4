"""Prompt and guideline texts, each kept once under its hash."""

from __future__ import annotations

import hashlib

from store.db import Store, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.text import clean, to_db


def sha256_of(text: str) -> str:
    """The hash that a text is remembered under: of its UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


@guarded
def remember(store: Store, sha256: str, text: str) -> None:
    """Keep ``text`` under its hash; doing so again changes nothing (and writes nothing)."""
    known = store.conn.execute("SELECT 1 FROM prompts WHERE sha256 = ?", (sha256,)).fetchone()
    if known is None:
        with store.write() as conn:
            conn.execute(
                "INSERT OR IGNORE INTO prompts (sha256, created_at, text) VALUES (?, ?, ?)",
                (sha256, to_db(utc_now()), clean(text)),
            )


@guarded
def text(store: Store, sha256: str) -> str:
    """The text with this hash.

    :raises NotFoundError: it was never remembered.
    """
    row = store.conn.execute("SELECT text FROM prompts WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise NotFoundError(f"There is no prompt text with the hash {sha256!a}.")
    return str(row[0])
