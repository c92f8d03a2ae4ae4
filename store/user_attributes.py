"""How an attribute of the person's own is written (package-private; see ``store.attributes``)."""

from __future__ import annotations

from collections.abc import Sequence

from store import fts, spans
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError, StoreError
from store.records import Evidence
from store.text import clean, clean_or_none, to_db


def add(
    store: Store,
    text: str,
    *,
    corrects: str | None = None,
    language: str | None = None,
    evidence: Sequence[Evidence] = (),
) -> str:
    """Insert it inside the caller's transaction; gives its id."""
    text = clean(text).strip()
    if not text:
        raise StoreError("An attribute needs words; nothing was added.")
    conn = store.conn
    there = spans.existing(store, [span.message_id for span in evidence])
    if any(span.message_id not in there for span in evidence):
        raise NotFoundError("The message that was quoted is gone; the attribute was not added.")
    spans.check(evidence, there)
    if corrects is not None:
        row = conn.execute(
            "SELECT language FROM attributes WHERE attribute_id = ?", (corrects,)
        ).fetchone()
        if row is None:
            raise NotFoundError("The attribute to correct is gone; nothing was added.")
        language = language or row[0]
    attribute_id = new_id()
    cursor = conn.execute(
        "INSERT INTO attributes (attribute_id, strategy, created_at, language, corrects, text)"
        " VALUES (?, 'user', ?, ?, ?, ?)",
        (attribute_id, to_db(utc_now()), clean_or_none(language), corrects, text),
    )
    assert cursor.lastrowid is not None  # noqa: S101
    fts.add(conn, "attributes_fts", [(cursor.lastrowid, text)])
    conn.executemany(
        'INSERT INTO attribute_evidence (attribute_id, ordinal, message_id, start, "end")'
        " VALUES (?, ?, ?, ?, ?)",
        [(attribute_id, i, e.message_id, e.start, e.end) for i, e in enumerate(evidence)],
    )
    return attribute_id
