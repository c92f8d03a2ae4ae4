"""Migrations: from blank, from an older version with a backup, all or nothing."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store import conversations, files, health, migrations, settings
from store.db import open_store
from store.errors import DiskFullError, ReadOnlyError, StoreError
from tests.helpers import mode_of


def _old(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database as the first migration alone left it, with something in it."""
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        patch.setattr(migrations, "NEWEST", 1)
        with open_store(database) as store:
            settings.put(store, "planted", "before")


def test_an_old_database_is_backed_up_and_migrated(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old(database, monkeypatch)
    with open_store(database) as store:
        assert settings.get(store, "planted") == "before"
        assert store.conn.execute("SELECT count(*) FROM responses").fetchone() == (0,)
        names = store.conn.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
    assert names == [(name,) for name, _ in migrations.MIGRATIONS]
    (copy,) = (database.parent / "backups").iterdir()
    assert (mode_of(copy), mode_of(copy.parent)) == ("0600", "0700")
    header = files.read_header(copy)
    assert header is not None
    assert header.user_version == 1


def test_a_migration_that_fails_changes_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(database).close()
    broken = ("0099_broken", ["CREATE TABLE half (x TEXT) STRICT", "CREATE TABLE half (x TEXT)"])
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", [*migrations.MIGRATIONS, broken])
        patch.setattr(migrations, "NEWEST", migrations.NEWEST + 1)
        with pytest.raises(StoreError, match="half"):
            open_store(database)
    with open_store(database) as store:
        found = store.conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone()
        assert found is None
        assert store.conn.execute("PRAGMA user_version").fetchone() == (migrations.NEWEST,)


def test_without_a_backup_nothing_is_migrated(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old(database, monkeypatch)
    (database.parent / "backups").write_text("not a directory")
    with pytest.raises(ReadOnlyError, match="backup before the update"):
        open_store(database)
    header = files.read_header(database)
    assert header is not None
    assert header.user_version == 1


def test_a_disk_without_room_for_the_backup_is_told(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old(database, monkeypatch)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "copy_to", full)
        with pytest.raises(DiskFullError, match="free some space"):
            open_store(database)
    with open_store(database) as store:
        assert settings.get(store, "planted") == "before"


def test_two_windows_migrate_at_once(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _old(database, monkeypatch)

    def start(_: int) -> str | None:
        with open_store(database) as store:
            return settings.get(store, "planted")

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(start, range(4))) == ["before"] * 4
    with open_store(database) as store:
        count = store.conn.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()
    assert count == (migrations.NEWEST,)


def test_an_empty_file_becomes_a_journal(database: Path) -> None:
    database.parent.mkdir()
    database.touch()
    with open_store(database) as store:
        assert conversations.count(store) == 0
    assert not (database.parent / "backups").exists()


def test_what_was_learned_before_learning_hinders_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rows of one kind would break the index on kind and version."""
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:4])
        patch.setattr(migrations, "NEWEST", 4)
        with open_store(database) as store, store.write() as conn:
            for key in "ab":
                conn.execute(
                    "INSERT INTO learned_models (learned_id, kind, created_at, app_version,"
                    " trained_on, coefficients) VALUES (?, 'verifier', '', '0', '{}', '{}')",
                    (key,),
                )
    with open_store(database, as_it_is=True) as store:
        assert not health.is_current(store)
    with open_store(database) as store:
        assert store.conn.execute("SELECT count(*) FROM learned_models").fetchone() == (0,)
        assert health.is_current(store)
