"""Somebody else's database is read and never written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from store.errors import StoreError
from store.foreign import is_sqlite, open_foreign


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    path = tmp_path / "their logs?#%.db"
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE responses (id TEXT, prompt TEXT)")
    conn.execute("INSERT INTO responses VALUES ('1', 'hello'), ('2', CAST(x'ff41' AS TEXT))")
    conn.commit()
    conn.close()
    return path


def test_tables_columns_and_rows_are_read_without_a_trace(theirs: Path) -> None:
    before = (theirs.read_bytes(), theirs.stat().st_mtime_ns, sorted(theirs.parent.iterdir()))
    with open_foreign(theirs) as found:
        assert found.tables() == ["responses"]
        assert found.columns("responses") == ["id", "prompt"]
        assert found.columns("nothing") == []
        rows = list(found.rows("SELECT prompt FROM responses WHERE id >= ?", ["1"]))
        assert rows == [("hello",), ("\ufffdA",)]
        with pytest.raises(StoreError, match="cannot be read"):
            list(found.rows("DELETE FROM responses"))
    after = (theirs.read_bytes(), theirs.stat().st_mtime_ns, sorted(theirs.parent.iterdir()))
    assert after == before


def test_rows_that_are_only_in_the_log_are_seen(theirs: Path) -> None:
    live = sqlite3.connect(theirs)
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("INSERT INTO responses VALUES ('3', 'newest')")
    live.commit()
    with open_foreign(theirs) as found:
        assert ("newest",) in list(found.rows("SELECT prompt FROM responses"))
    live.close()


def test_what_is_not_sqlite_is_told(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("no database")
    assert not is_sqlite(path)
    assert not is_sqlite(tmp_path / "missing")
    for bad in (path, tmp_path / "missing", tmp_path):
        with pytest.raises(StoreError, match="cannot be read as an SQLite database"):
            open_foreign(bad)


def test_a_damaged_schema_whose_message_is_no_text_is_told(theirs: Path) -> None:
    content = theirs.read_bytes()
    assert b"CREATE TABLE responses" in content
    theirs.write_bytes(
        content.replace(b"CREATE TABLE responses", b"CREATE TABLE \xff\xfe\xff'\xffses")
    )
    with pytest.raises(StoreError, match="its pages are damaged"):
        open_foreign(theirs)


def test_a_number_that_sqlite_does_not_know_is_told(theirs: Path) -> None:
    with open_foreign(theirs) as found, pytest.raises(StoreError, match="too large"):
        list(found.rows("SELECT 1 WHERE 1 = ?", [10**30]))


def test_a_damaged_one_is_told(theirs: Path) -> None:
    content = bytearray(theirs.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    theirs.write_bytes(content)
    assert is_sqlite(theirs)
    with pytest.raises(StoreError, match="check the file"):
        open_foreign(theirs)
