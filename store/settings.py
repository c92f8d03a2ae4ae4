"""Small facts that belong to the journal rather than to the configuration, by name."""

from __future__ import annotations

from collections.abc import Iterable

from store.db import Store
from store.faults import guarded
from store.text import clean


@guarded
def get(store: Store, key: str) -> str | None:
    """The value kept under ``key``, or ``None``."""
    row = store.conn.execute("SELECT value FROM settings_kv WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


@guarded
def put(store: Store, key: str, value: str) -> None:
    """Keep ``value`` under ``key``."""
    with store.write() as conn:
        conn.execute(
            "INSERT INTO settings_kv (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (clean(key), clean(value)),
        )


@guarded
def remove(store: Store, keys: Iterable[str]) -> None:
    """Keep nothing under these any more."""
    with store.write() as conn:
        conn.executemany("DELETE FROM settings_kv WHERE key = ?", [(clean(key),) for key in keys])
