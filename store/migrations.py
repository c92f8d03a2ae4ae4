"""Ordered, named migrations, each one whole or not at all, with a backup before.

sqlite-utils keeps the record of what was applied (table ``_sqlite_migrations``); ``user_version``
says the same as a number that can be read without opening the file.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from store import (
    files,
    schema_audit,
    schema_donation,
    schema_journal,
    schema_learning,
    schema_stages,
)
from store.copying import copy_to
from store.faults import translate, unwritable

if TYPE_CHECKING:
    from sqlite_utils import Database

MIGRATIONS: list[tuple[str, list[str]]] = [
    ("0001_journal", schema_journal.STATEMENTS),
    ("0002_relevance_and_responses", schema_stages.STATEMENTS),
    ("0003_audit", schema_audit.STATEMENTS),
    ("0004_donations", schema_donation.STATEMENTS),
    ("0005_learning", schema_learning.STATEMENTS),
]
"""Never change one that was released; add the next."""

NEWEST = len(MIGRATIONS)


def migrate(conn: sqlite3.Connection, path: Path) -> None:
    """Bring the open database to the newest version; do nothing where it is there already.

    Several processes may try at once: the write lock decides, the others find it done.
    """
    if _version(conn) >= NEWEST:
        return
    if _version(conn) > 0:
        backup_before(conn, path)
    conn.execute("BEGIN IMMEDIATE")
    try:
        if _version(conn) < NEWEST:
            _apply(conn)
            conn.execute(f"PRAGMA application_id = {files.APPLICATION_ID}")
            conn.execute(f"PRAGMA user_version = {NEWEST}")
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def backup_before(conn: sqlite3.Connection, path: Path) -> Path:
    """Copy the database as it is before a migration into ``backups`` beside it.

    :raises StoreError: it cannot be written; without it nothing is migrated.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = path.parent / "backups" / f"{path.stem}-v{_version(conn)}-{stamp}.db"
    try:
        files.private_directory(target.parent)
        copy_to(conn, target)
    except OSError as error:
        raise unwritable("backup before the update", target, error) from error
    except sqlite3.Error as error:
        raise translate(error, target) from error  # the disk of the copy, not that of the journal
    return target


def _version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def _apply(conn: sqlite3.Connection) -> None:
    with _without_numpy():
        from sqlite_utils import Database
        from sqlite_utils.migrations import Migrations

    chain = Migrations("persona-tui")

    def register(name: str, statements: Sequence[str]) -> None:
        @chain(name=name)
        def step(db: Database) -> None:
            for statement in statements:
                db.conn.execute(statement)

    for name, statements in MIGRATIONS:
        register(name, statements)
    chain.apply(Database(conn, execute_plugins=False))


class _NoNumpy:
    """An import hook that finds no numpy, for one thread."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in {"numpy", "pandas"} and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(name)
        return None


@contextmanager
def _without_numpy() -> Iterator[None]:
    """Import sqlite-utils without numpy, which it would load (75 ms) only to know its types."""
    hook = _NoNumpy()
    sys.meta_path.insert(0, hook)
    try:
        yield
    finally:
        sys.meta_path.remove(hook)
