"""Answers and vectors that need not be computed again after a restart, by the hash of all that they
depend on.

A key is a SHA-256 in hexadecimal, made by the caller of everything that changes the value: the
model's identity, the text, the wording. Nothing here is needed: what is missing is computed again,
so the oldest rows go where there are too many. Forgetting anything empties both tables
(:func:`store.erasing.done`), because a hash tells what was guessed; what was asked before that and
answered after it is not kept (:func:`generation`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from store.db import Store, new_id, utc_now
from store.erasing import CACHE_GENERATION as GENERATION
from store.faults import guarded
from store.text import id_list, to_db

MOST_CHOICES = 1_000_000
"""Rows, about 200 bytes each."""
MOST_VECTORS = 100_000
"""Rows, about 1.7 kB each with 384 dimensions in float32, 4.8 kB with three layers of them."""
_SLICE = "04"
"""Keys below this are a 64th of all, since hashes are spread evenly: counting them is cheap."""
_SHARE = 64
_KEPT = 0.9
"""Share of the rows that stay when the oldest go, so that they do not go one by one."""

_Table = Literal["choice_cache", "vector_cache"]

Scores = tuple[tuple[float, ...], float | None]
"""Of one row of ``choose``: log-probabilities of the options, and their mass (``None``: unknown)."""


@guarded
def generation(store: Store) -> str:
    """What must be read before the text that is asked about is, and given when its answers are
    kept: forgetting begins another generation."""
    with store.write() as conn:
        conn.execute("INSERT OR IGNORE INTO settings_kv VALUES (?, ?)", (GENERATION, new_id()))
        (name,) = conn.execute(
            "SELECT value FROM settings_kv WHERE key = ?", (GENERATION,)
        ).fetchone()
    return str(name)


@guarded
def choices(store: Store, keys: Iterable[str]) -> dict[str, Scores]:
    """What is kept under ``keys``, by key; a key that is not there, or whose row is damaged, is left
    out: it is asked anew."""
    found: dict[str, Scores] = {}
    rows = store.conn.execute(
        "SELECT key, scores FROM choice_cache WHERE key IN (SELECT value FROM json_each(?))",
        (id_list(keys),),
    )
    for key, text in rows:
        with suppress(ValueError, TypeError, RecursionError):
            logprobs, mass = json.loads(text)
            found[key] = tuple(map(float, logprobs)), None if mass is None else float(mass)
    return found


@guarded
def keep_choices(
    store: Store, rows: Mapping[str, Scores], begun: str, *, most: int = MOST_CHOICES
) -> None:
    """Keep ``rows`` by key, about ``most`` in all; those that were kept first go. Nothing is kept if
    ``begun``, the generation in which they were asked, is over."""
    kept = [(key, json.dumps([list(logprobs), mass])) for key, (logprobs, mass) in rows.items()]
    with store.write() as conn:
        _put(conn, "choice_cache", kept, begun, most)


@guarded
def vectors(store: Store, keys: Iterable[str]) -> dict[str, bytes]:
    """What is kept under ``keys``, by key; a key that is not there is left out."""
    rows = store.conn.execute(
        "SELECT key, vector FROM vector_cache WHERE key IN (SELECT value FROM json_each(?))",
        (id_list(keys),),
    )
    return dict(rows)


@guarded
def keep_vectors(
    store: Store, rows: Mapping[str, bytes], begun: str, *, most: int = MOST_VECTORS
) -> None:
    """Keep ``rows`` by key, about ``most`` in all; those that were kept first go. Nothing is kept if
    ``begun``, the generation in which they were computed, is over.

    What the bytes mean (dimensions, type) is the caller's: it belongs into the key.
    """
    with store.write() as conn:
        _put(conn, "vector_cache", list(rows.items()), begun, most)


def _put(
    conn: sqlite3.Connection,
    table: _Table,
    rows: Sequence[tuple[str, str | bytes]],
    begun: str,
    most: int,
) -> None:
    now_is = conn.execute("SELECT value FROM settings_kv WHERE key = ?", (GENERATION,)).fetchone()
    if now_is != (begun,):
        return
    now = to_db(utc_now())
    conn.executemany(
        f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)",  # noqa: S608  a name of our own
        [(*row, now) for row in rows],
    )
    (sample,) = conn.execute(
        f"SELECT count(*) FROM {table} WHERE key < ?",  # noqa: S608
        (_SLICE,),
    ).fetchone()
    if sample * _SHARE > most:
        conn.execute(
            f"DELETE FROM {table} WHERE key IN (SELECT key FROM {table}"  # noqa: S608
            f" ORDER BY created_at LIMIT max(0, (SELECT count(*) FROM {table}) - ?))",
            (int(most * _KEPT),),
        )
