"""One SQLite connection to the journal: opened, migrated, configured, closed."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from store import erasing, files, migrations
from store.errors import NewerDatabaseError, StoreError
from store.faults import damaged, told

OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables."""
QUICK_CHECK_BYTES = 16 << 20
QUICK_CHECK_SECONDS = 0.05


def new_id() -> str:
    """A UUIDv7: it sorts by time of creation, strictly within one process."""
    import uuid_utils

    return str(uuid_utils.uuid7())


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


class Store:
    """One connection to the journal. It may move between threads, but serves one at a time."""

    def __init__(self, path: Path, conn: sqlite3.Connection) -> None:
        self.path = path
        self.conn = conn
        """Private to the package ``store``."""

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing.

        It takes the write lock at once, so that what is read inside is still true when it is
        written. Inside another one it is simply a part of that.

        :raises StoreError: in place of any error of SQLite.
        """
        if self.conn.in_transaction:
            yield self.conn
            return
        with told(self.path):
            self.conn.execute("BEGIN IMMEDIATE")
            try:
                yield self.conn
                self.conn.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self.conn.in_transaction:  # SQLite itself rolls back when the disk is full
            self.conn.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection; the last one to close folds the log into the file.

        What forgetting had to leave undone (a crash, another window) is done first, if it can be.
        """
        try:
            erasing.finish(self.conn, self.path)
        finally:
            self.conn.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(path: Path, *, wait_seconds: float = 10.0, as_it_is: bool = False) -> Store:
    """Open the journal at ``path``; create it where there is none, migrate it where it is older.

    ``wait_seconds`` is how long a step waits for another process to finish writing. ``as_it_is``
    opens one that is there for looking at it (``doctor``): permissions, version and mode stay.

    :raises NewerDatabaseError: a newer version wrote it; it was not touched.
    :raises DamagedError: it is not a journal, or not a healthy one; it was left as it is.
    :raises ReadOnlyError: it cannot be written.
    :raises BusyError: another process holds it.
    :raises DiskFullError: there is no room.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"This Python brings SQLite {sqlite3.sqlite_version}, but the journal needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or newer; use a newer Python."
        )
    path = Path(path).expanduser().absolute()
    header = files.read_header(path)
    if header is not None:
        _refuse_unfit(path, header)
    if not as_it_is:
        files.prepare(path)
    with told(path):
        conn = sqlite3.connect(
            f"file:{quote(os.fsencode(path))}?mode=rw",  # it is there, private; never create another one
            uri=True,
            timeout=wait_seconds,
            isolation_level=None,  # transactions are begun in one place: Store.write
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            _configure(conn, path)
            if not as_it_is:
                _write_ahead(conn, time.monotonic() + wait_seconds)
                if header is not None and path.stat().st_size <= QUICK_CHECK_BYTES:
                    _quick_check(conn, path)
                migrations.migrate(conn, path)
        except BaseException:
            conn.close()
            raise
    return Store(path, conn)


def _refuse_unfit(path: Path, header: files.Header) -> None:
    if header.application_id == files.APPLICATION_ID:
        if header.user_version > migrations.NEWEST:
            raise NewerDatabaseError(
                f"The journal {path} was written by a newer persona-tui (version "
                f"{header.user_version} of its format, this program knows {migrations.NEWEST}); "
                "it was not touched: update persona-tui."
            )
    elif header.application_id or header.user_version:
        raise damaged(path, "it is the database of another program")


def _configure(conn: sqlite3.Connection, path: Path) -> None:
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA synchronous = FULL")  # an acknowledged row survives a power cut
    conn.execute("PRAGMA secure_delete = ON")
    conn.execute("PRAGMA temp_store = MEMORY")  # sorting must not write a person's words to /tmp
    conn.execute("PRAGMA cache_size = -16000")  # KiB
    conn.execute("PRAGMA wal_autocheckpoint = 4000")  # pages: fewer, longer checkpoints in imports
    conn.execute("PRAGMA journal_size_limit = 67108864")
    conn.execute("PRAGMA recursive_triggers = ON")  # REPLACE must not get past append-only
    conn.create_function("fold", 1, str.casefold, deterministic=True)
    conn.execute("BEGIN")  # one moment: another process may be creating it
    is_ours = conn.execute("PRAGMA application_id").fetchone()[0] == files.APPLICATION_ID
    tables = conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    conn.execute("COMMIT")
    if tables and not is_ours:
        raise damaged(path, "it is the database of another program")


def _write_ahead(conn: sqlite3.Connection, deadline: float) -> None:
    """Switch to WAL; SQLite does not wait by itself where another process is just doing so."""
    while True:
        try:
            conn.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _quick_check(conn: sqlite3.Connection, path: Path) -> None:
    """Look for damage, but never delay the start: give up after 50 ms (``doctor`` looks fully)."""
    deadline = time.monotonic() + QUICK_CHECK_SECONDS
    conn.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        found = conn.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    finally:
        conn.set_progress_handler(None, 0)
    if found is not None and found[0] != "ok":
        raise damaged(path, str(found[0]).splitlines()[0])
