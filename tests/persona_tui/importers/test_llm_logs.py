"""Databases of the ``llm`` tool, made by its own migrations and its own writer."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from llm import migrations
from llm.parts import AttachmentPart, Message, ReasoningPart, TextPart, ToolCallPart, ToolResultPart

from persona_tui.errors import UserError
from persona_tui.importers.detect import Import
from tests.persona_tui.importers.helpers import fragment, log_store, read, told, turns


def _migrated(path: Path, last: str) -> sqlite_utils.Database:
    """A database as an older llm left it: migrations up to and including ``last``."""
    db = sqlite_utils.Database(path)
    for migration in migrations.MIGRATIONS:
        migration(db)
        if migration.__name__ == last:
            return db
    raise AssertionError(last)


def test_older_conversations_and_responses(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    db = _migrated(path, "m022_response_reasoning")
    db.table("conversations").insert({"id": "c1", "name": "Bees", "model": "gpt-4o"})
    rows: list[dict[str, Any]] = [
        {
            "id": "r2",
            "prompt": "And in winter?",
            "response": "They cluster.",
            "system": "Be brief.",
        },
        {"id": "r1", "prompt": "I keep bees.", "response": "Lovely.", "system": "Be brief."},
    ]
    for row in rows:
        when = f"2025-01-0{row['id'][1]}T10:00:00.000000"
        db.table("responses").insert(
            row | {"conversation_id": "c1", "model": "gpt-4o", "datetime_utc": when}
        )
    db.table("responses").insert({"id": "r9", "prompt": "Alone", "response": None, "model": "m"})
    db.table("fragments").insert(
        {"id": 1, "hash": "h", "content": "Not my words.", "source": "a.txt"}
    )
    db.table("prompt_fragments").insert({"response_id": "r1", "fragment_id": 1, "order": 0})
    db.close()
    assert Import(path).format == "llm"
    drafts, skipped = read(path)
    assert skipped == []
    first = next(draft for draft in drafts if draft.external_id == "c1")
    assert turns(first) == [
        ("system", "Be brief."),
        ("user", "I keep bees.\n\n```text\n[attachment: a.txt]\nNot my words.\n```"),
        ("assistant", "Lovely."),
        ("user", "And in winter?"),
        ("assistant", "They cluster."),
    ]
    assert (first.title, first.model) == ("Bees", "gpt-4o")
    assert first.created_at is not None
    assert first.created_at.isoformat() == "2025-01-01T10:00:00+00:00"
    assert turns(next(d for d in drafts if d.external_id == "r9")) == [("user", "Alone")]


def test_newer_threads_of_content_addressed_messages(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    db = sqlite_utils.Database(path)
    store = log_store(db)
    book = fragment("A whole novel, written by somebody else.", "novel.txt")
    talk = [
        Message("system", [TextPart("Be kind.")]),
        Message("user", [TextPart(f"I teach French.\n{book}\nWhat is it about?")]),
        Message("assistant", [ReasoningPart("Hmm."), TextPart("Love."), ToolCallPart("t", {})]),
        Message("tool", [ToolResultPart("t", "42")]),
        Message("user", [TextPart("Thanks."), AttachmentPart(None)]),
    ]
    tip = store.ensure_chain(talk, fragments=[book])
    store.create_thread(name="Novel", tip=tip, id="thread-1")
    store.fork(store.ensure_chain(talk[:2], fragments=[book]) or "", name="Fork")
    db.table("turns").insert(
        {
            "id": "turn-1",
            "thread_id": "thread-1",
            "tip_message_hash": store.ensure_chain(talk[:3], fragments=[book]),
            "model": "gpt-4o",
            "resolved_model": None,
            "datetime_utc": "2026-05-01T08:00:00+00:00",
        }
    )
    db.close()
    drafts, skipped = read(path)
    assert skipped == []
    assert [draft.title for draft in drafts] == ["Novel", "Fork"]
    first = drafts[0]
    assert turns(first) == [
        ("system", "Be kind."),
        (
            "user",
            (
                "I teach French.\n\nWhat is it about?\n\n"
                "```text\n[attachment: fragment]\nA whole novel, written by somebody else.\n```"
            ),
        ),
        ("assistant", "Love."),
        ("tool", "42"),
        ("user", "Thanks.\n\n[attachment: attachment]"),
    ]
    assert first.external_id == "thread-1"
    assert first.model == "gpt-4o"
    assert first.messages[1].created_at is not None
    assert len({message.external_id for message in first.messages}) == 5


def test_a_conversation_with_a_thread_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    db = sqlite_utils.Database(path)
    store = log_store(db)
    db.table("conversations").insert({"id": "c1", "name": "Old", "model": "m"})
    db.table("responses").insert(
        {"id": "r1", "conversation_id": "c1", "prompt": "a", "response": "b"}
    )
    tip = store.ensure_chain([Message("user", [TextPart("a")])])
    store.create_thread(name="New", tip=tip, id="c1")
    db.close()
    assert [draft.title for draft in read(path)[0]] == ["New"]


def test_oldest_log_table(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    db = _migrated(path, "m008_fix_column_order_in_logs")
    first = db.table("logs").insert({"prompt": "I ski.", "response": "Nice.", "model": "m"}).last_pk
    db.table("logs").insert(
        {"prompt": "Often.", "response": "Good.", "model": "m", "chat_id": first}
    )
    db.close()
    (draft,), _ = read(path)
    assert [text for _, text in turns(draft)] == ["I ski.", "Nice.", "Often.", "Good."]


def test_wrong_types_and_cycles_in_the_database(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    conn = sqlite3.connect(path)
    conn.executescript("""
        CREATE TABLE threads (id, name, tip_message_hash, datetime_utc);
        CREATE TABLE messages (hash, parent_hash, role);
        CREATE TABLE parts (message_hash, position, type, text, payload);
        INSERT INTO threads VALUES (x'00ff', 1.5, 7, x'80'), ('t', NULL, 'a', 9e99), (1, 2, 3, 4);
        INSERT INTO messages VALUES ('a', 'b', 'user'), ('b', 'a', 'assistant'), (3, 'x', 12);
        INSERT INTO parts VALUES ('a', 0, 'text', 'I swim.', NULL), ('b', 0, 'text', NULL, '[[');
        INSERT INTO parts VALUES ('a', 1, 'text', NULL, '{"text_ref": [1, {"fragment": "x"}]}');
    """)
    conn.close()
    drafts, skipped = read(path)
    assert [turns(draft) for draft in drafts] == [[("user", "I swim.")]]
    assert any("circle" in item.reason for item in skipped)


def test_a_text_of_many_megabytes_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    db = _migrated(path, "m022_response_reasoning")
    db.table("responses").insert({"id": "r", "prompt": "x" * 3_000_000, "response": "Long."})
    db.close()
    drafts, skipped = read(path)
    assert turns(drafts[0]) == [("assistant", "Long.")]
    assert "3,000,000 characters" in skipped[0].reason


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE t (a)")
    conn.close()
    with pytest.raises(UserError, match="not a log of the llm tool"):
        read(path)


def test_a_database_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    db = _migrated(path, "m022_response_reasoning")
    for number in range(200):
        db.table("responses").insert({"id": f"r{number}", "prompt": "p" * 500, "response": "q"})
    db.close()
    data = path.read_bytes()
    for size in (17, 200, len(data) // 2, len(data) - 5000):
        path.write_bytes(data[:size])
        assert told(path)


def test_a_view_that_never_ends_is_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    db = sqlite_utils.Database(path)
    db.execute(
        "CREATE VIEW logs AS WITH RECURSIVE r(id, prompt, response) AS "
        "(SELECT 1, 'a', 'b' UNION ALL SELECT id + 1, 'a', 'b' FROM r) SELECT * FROM r"
    )
    db.close()
    with pytest.raises(UserError, match="not a log of the llm tool"):
        read(path)
