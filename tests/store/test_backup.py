"""Backups: whole, private, never over something else, while others write."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from store import backup, conversations
from store.db import Store, open_store
from store.errors import DiskFullError, StoreError
from tests.helpers import mode_of
from tests.store.conftest import say


def test_a_backup_is_a_private_whole_journal(store: Store, tmp_path: Path) -> None:
    message = say(store, "hello")
    target = backup.backup(store, tmp_path / "new" / "copy.db")
    assert mode_of(target) == "0600"
    assert [p.name for p in target.parent.iterdir()] == ["copy.db"]
    assert backup.known(store) == [target]
    with open_store(target) as copy:
        assert conversations.get(copy, message.conversation_id).messages == 1
        assert copy.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_never_replaces_a_file(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(StoreError, match="never replaces"):
        backup.backup(store, target)
    assert target.read_text() == "mine"
    with pytest.raises(StoreError, match="is a directory"):
        backup.backup(store, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir() if "part" in p.name) == []


def test_a_journal_that_cannot_be_written_can_still_be_saved(
    store: Store, database: Path, tmp_path: Path
) -> None:
    message = say(store, "hello")
    read_only = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
    with Store(database, read_only) as looked_at:
        target = backup.backup(looked_at, tmp_path / "copy.db")
    with open_store(target) as copy:
        assert conversations.get(copy, message.conversation_id).messages == 1


def test_a_full_disk_of_the_copy_is_named(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(backup, "copy_to", full)
    with pytest.raises(DiskFullError, match=r"usb.copy\.db is full"):
        backup.backup(store, tmp_path / "usb" / "copy.db")


def test_a_file_system_without_hard_links_will_do(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    target = backup.backup(store, tmp_path / "copy.db")
    assert mode_of(target) == "0600"
    with pytest.raises(StoreError, match="never replaces"):
        backup.backup(store, target)


def test_others_write_while_it_is_made(store: Store, database: Path, tmp_path: Path) -> None:
    first = say(store, "0 " + "word " * 2000)
    for i in range(200):
        say(store, f"{i} " + "word " * 2000, first.conversation_id)
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        with open_store(database) as other:
            while not stop.is_set():
                written.append(say(other, "more", first.conversation_id).position)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [backup.backup(store, tmp_path / f"{i}.db") for i in range(3)]
    finally:
        stop.set()
        writer.join()
    assert written
    for copy in copies:
        with open_store(copy) as opened:
            found = conversations.get(opened, first.conversation_id).messages
            assert found >= 201
            assert opened.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
