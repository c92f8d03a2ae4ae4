"""What doctor sees."""

from __future__ import annotations

from pathlib import Path

from store import health
from store.db import Store
from tests.store.conftest import attribute, claim, judge, say


def failed(store: Store) -> dict[str, str]:
    return {check.name: check.detail for check in health.checks(store) if not check.ok}


def test_a_healthy_journal_passes_every_check(store: Store) -> None:
    judge(store, attribute(store, claim(store, say(store, "I sing"), "The user sings.")))
    names = [check.name for check in health.checks(store)]
    assert failed(store) == {}
    assert {"quick_check", "integrity_check", "foreign_key_check", "full_text"} <= set(names)


def test_each_trouble_is_named(store: Store, database: Path) -> None:
    message = say(store, "I sing")
    claim(store, message, "The user sings.")
    database.chmod(0o640)
    store.conn.execute("PRAGMA foreign_keys = OFF")
    store.conn.execute("UPDATE messages SET conversation_id = 'nowhere', text = 'I'")
    store.conn.execute("DELETE FROM messages_fts_docsize")
    found = failed(store)
    assert set(found) >= {"permissions", "foreign_key_check", "full_text", "evidence"}
    assert "0640" in found["permissions"]
    assert "conversations" in found["foreign_key_check"]
