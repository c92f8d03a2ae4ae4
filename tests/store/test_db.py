"""Opening: private from the first byte, migrated with a backup, refused without a trace."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store import conversations, db, files, messages, migrations
from store.db import Store, new_id, open_store
from store.errors import (
    BusyError,
    DamagedError,
    DiskFullError,
    NewerDatabaseError,
    ReadOnlyError,
    StoreError,
)
from tests.helpers import mode_of
from tests.store.conftest import say


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277, 0o777])
def test_every_file_is_private_under_any_umask(database: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with open_store(database) as store:
            conversations.create(store, title="x")
            found = {path.name: mode_of(path) for path in database.parent.iterdir()}
    finally:
        os.umask(before)
    assert mode_of(database.parent) == "0700"
    assert found == {
        "persona.db": "0600",
        "persona.db-wal": "0600",
        "persona.db-shm": "0600",
    }


def test_wide_permissions_are_taken_back(database: Path) -> None:
    open_store(database).close()
    database.chmod(0o644)
    database.parent.chmod(0o755)
    open_store(database).close()
    assert (mode_of(database), mode_of(database.parent)) == ("0600", "0700")


def test_a_sticky_directory_is_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    open_store(shared / "p.db").close()
    assert mode_of(shared) == "1777"


def test_the_connection_is_as_durable_as_promised(store: Store) -> None:
    def pragma(name: str) -> object:
        return store.conn.execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL
    assert pragma("foreign_keys") == 1
    assert pragma("secure_delete") == 1
    assert pragma("application_id") == files.APPLICATION_ID


def test_every_table_of_ours_is_strict(store: Store) -> None:
    loose = store.conn.execute(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict"
        " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_%' ESCAPE '\\'"
    ).fetchall()
    assert loose == []


def test_every_reference_has_an_index(store: Store) -> None:
    """Without one, deleting a parent reads the whole child table."""
    missing = []
    for (table,) in store.conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        first = {
            store.conn.execute(f"SELECT name FROM pragma_index_info('{index}')").fetchone()[0]
            for (index,) in store.conn.execute(f"SELECT name FROM pragma_index_list('{table}')")
        }
        for (column,) in store.conn.execute(
            f"SELECT \"from\" FROM pragma_foreign_key_list('{table}')"
        ):
            if column not in first:
                missing.append(f"{table}.{column}")
    # extraction_settings are few and are deleted only with everything else.
    assert [m for m in missing if not m.endswith("settings_id")] == []


def test_ids_sort_by_time_of_creation() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(set(made))


# --- refused, untouched -------------------------------------------------------------------------


def _state(path: Path) -> dict[str, tuple[bytes, int]]:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in path.parent.iterdir()}


def test_a_newer_database_is_refused_untouched(database: Path) -> None:
    with open_store(database) as store:
        store.conn.execute(f"PRAGMA user_version = {migrations.NEWEST + 1}")
    before = _state(database)
    with pytest.raises(NewerDatabaseError, match="newer persona-tui"):
        open_store(database)
    assert _state(database) == before
    assert list(before) == ["persona.db"]


def test_a_newer_version_that_is_only_in_the_log_is_refused_untouched(
    database: Path, tmp_path: Path
) -> None:
    with open_store(database) as store:
        store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.conn.execute(f"PRAGMA user_version = {migrations.NEWEST + 1}")
        crashed = tmp_path / "crashed"
        shutil.copytree(database.parent, crashed)
    (crashed / "persona.db-shm").unlink()
    before = _state(crashed / "persona.db")
    with pytest.raises(NewerDatabaseError):
        open_store(crashed / "persona.db")
    assert _state(crashed / "persona.db") == before


@pytest.mark.parametrize("content", [b"not a database, but text\n" * 20, b"SQLite format 3\x00"])
def test_what_is_no_database_is_refused_untouched(database: Path, content: bytes) -> None:
    database.parent.mkdir()
    database.write_bytes(content)
    before = _state(database)
    with pytest.raises(DamagedError, match="left as it is"):
        open_store(database)
    assert _state(database) == before


@pytest.mark.parametrize("marked", [True, False])
def test_the_database_of_another_program_is_refused_untouched(database: Path, marked: bool) -> None:
    database.parent.mkdir()
    other = sqlite3.connect(database)
    other.execute("CREATE TABLE theirs (x)")
    if marked:
        other.execute("PRAGMA user_version = 7")
    other.commit()
    other.close()
    before = database.read_bytes()
    with pytest.raises(DamagedError, match="another program"):
        open_store(database)
    assert database.read_bytes() == before


def test_a_damaged_file_is_told_and_left_alone(database: Path) -> None:
    with open_store(database) as store:
        for i in range(200):
            say(store, f"some words {i} " * 20)
    content = bytearray(database.read_bytes())
    for page in range(20, len(content) // 4096, 2):
        content[page * 4096 : page * 4096 + 400] = b"\xa5" * 400
    database.write_bytes(content)
    with pytest.raises(DamagedError, match="restore a backup"):
        open_store(database)
    assert database.read_bytes() == bytes(content)


def test_a_directory_in_place_of_the_file_is_told(database: Path) -> None:
    database.mkdir(parents=True)
    with pytest.raises(StoreError, match="directory"):
        open_store(database)


# --- where nothing can be written ---------------------------------------------------------------


@pytest.fixture
def immutable() -> Iterator[list[Path]]:
    """Paths put in here lose the immutable flag at the end."""
    flagged: list[Path] = []
    yield flagged
    for path in flagged:
        subprocess.run(["chattr", "-i", path], check=False, capture_output=True)


def _freeze(path: Path, flagged: list[Path]) -> None:
    if os.geteuid() == 0:  # permission bits do not bind root; the immutable flag does
        chattr = shutil.which("chattr")
        if (
            chattr is None
            or subprocess.run([chattr, "+i", path], check=False, capture_output=True).returncode
        ):
            pytest.skip("nothing here can be made read-only for root")
        flagged.append(path)
    else:
        path.chmod(path.stat().st_mode & ~0o222)


def test_a_read_only_directory_is_told(database: Path, immutable: list[Path]) -> None:
    database.parent.mkdir()
    _freeze(database.parent, immutable)
    with pytest.raises(ReadOnlyError, match="cannot be written"):
        open_store(database)


def test_a_read_only_file_is_told(database: Path, immutable: list[Path]) -> None:
    open_store(database).close()
    _freeze(database, immutable)
    with pytest.raises(ReadOnlyError, match="cannot be written"):
        open_store(database)


def test_a_connection_that_cannot_write_says_so(database: Path) -> None:
    open_store(database).close()
    conn = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
    with Store(database, conn) as store, pytest.raises(ReadOnlyError, match="cannot be written"):
        conversations.create(store, title="x")


def _fill(store: Store, conversation_id: str) -> None:
    for _ in range(1000):
        say(store, "more words " * 500, conversation_id)


def test_a_full_database_keeps_what_it_has_and_says_so(store: Store) -> None:
    """``max_page_count`` provokes SQLite's own SQLITE_FULL, the code of a full disk."""
    kept = say(store, "kept")
    pages = store.conn.execute("PRAGMA page_count").fetchone()[0]
    store.conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFullError, match="free some space"):
        _fill(store, kept.conversation_id)
    assert not store.conn.in_transaction
    store.conn.execute("PRAGMA max_page_count = 1000000")
    there = conversations.get(store, kept.conversation_id).messages
    assert say(store, "again", kept.conversation_id).position == there
    assert store.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_really_full_disk_is_told(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk],
            check=False,
            capture_output=True,
        ).returncode
    )
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    try:
        with open_store(disk / "data" / "p.db") as store:
            first = say(store, "kept")
            with pytest.raises(DiskFullError, match="full"):
                _fill(store, first.conversation_id)
            assert store.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert conversations.get(store, first.conversation_id).messages >= 1
    finally:
        subprocess.run(["umount", disk], check=True)


# --- two at once --------------------------------------------------------------------------------


def test_two_instances_both_work(database: Path) -> None:
    with open_store(database) as one, open_store(database) as two:
        message = say(one, "from one")
        say(two, "from two", message.conversation_id)
        assert conversations.get(one, message.conversation_id).messages == 2


def test_many_may_create_it_at_once(database: Path) -> None:
    def start(number: int) -> str:
        with open_store(database) as store:
            return conversations.create(store, title=f"{number}").title

    with ThreadPoolExecutor(8) as threads:
        titles = set(threads.map(start, range(8)))
    with open_store(database) as store:
        assert {c.title for c in conversations.list_all(store)} == titles
        assert store.conn.execute("SELECT count(*) FROM _sqlite_migrations").fetchone() == (
            migrations.NEWEST,
        )
    assert not (database.parent / "backups").exists()


def test_creating_it_loads_nothing_heavy(database: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from store.db import open_store;"
        f"open_store(Path({str(database)!r})).close();"
        "print([m for m in ('numpy', 'pandas', 'pydantic', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_writer_who_waits_too_long_is_told(database: Path) -> None:
    with open_store(database) as one, open_store(database, wait_seconds=0.05) as two:
        with one.write(), pytest.raises(BusyError, match="Another persona-tui"):
            conversations.create(two, title="x")
        assert conversations.create(two, title="x").title == "x"


def test_a_reader_does_not_wait_for_a_writer(database: Path) -> None:
    with open_store(database) as one, open_store(database, wait_seconds=0) as two:
        with one.write():
            conversations.create(one, title="not yet seen")
            assert conversations.list_all(two) == []
        assert len(conversations.list_all(two)) == 1


# --- the check at the start ---------------------------------------------------------------------


def test_the_check_at_the_start_gives_up_rather_than_delay(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(database) as store:
        first = say(store, "0")
        for i in range(300):
            say(store, f"word{i} " * 100, first.conversation_id)
    monkeypatch.setattr(db, "QUICK_CHECK_SECONDS", -1.0)
    with open_store(database) as store:
        assert conversations.get(store, first.conversation_id).messages == 301


def test_damage_that_only_the_check_sees_is_told(database: Path) -> None:
    with open_store(database) as store:
        say(store, "words")
        store.conn.execute("PRAGMA foreign_keys = OFF")
        store.conn.execute("PRAGMA ignore_check_constraints = ON")
        store.conn.execute("UPDATE messages SET position = -1")
    with pytest.raises(DamagedError, match="CHECK constraint failed"):
        open_store(database)
    assert files.read_header(database) is not None


def test_an_sqlite_that_is_too_old_is_told(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(StoreError, match=r"3\.37\.0 or newer"):
        open_store(database)
    assert not database.exists()


def test_what_cannot_be_stored_is_told(store: Store) -> None:
    message = say(store, "x")
    with pytest.raises(StoreError, match="characters"):
        messages.get(store, "\ud800")
    with pytest.raises(StoreError, match="too large"):
        messages.versions(store, message.conversation_id, 1 << 70)
