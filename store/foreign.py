"""Somebody else's SQLite file, read and never written (the logs database of ``llm``)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from store.errors import StoreError
from store.files import MAGIC


def _unreadable(path: Path, why: object) -> StoreError:
    return StoreError(f"{path} cannot be read as an SQLite database ({why}); check the file.")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Raise as a :class:`StoreError` what reading a damaged or hostile file raises."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite's own message quotes bytes of the file
        raise _unreadable(path, "its pages are damaged") from error
    except (sqlite3.Error, OverflowError) as error:
        raise _unreadable(path, error) from error


class ForeignDatabase:
    """A read-only connection to a database that is not ours."""

    def __init__(self, path: Path, conn: sqlite3.Connection) -> None:
        self.path = path
        self._conn = conn

    def tables(self) -> list[str]:
        """The names of its tables. Views are left out: one of a hostile file need never end."""
        found = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [str(name) for (name,) in found]

    def columns(self, table: str) -> list[str]:
        """The columns of a table; none where there is no such table."""
        return [
            str(name) for (name,) in self.rows("SELECT name FROM pragma_table_info(?)", [table])
        ]

    def rows(self, sql: str, params: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one by one. Text that is not UTF-8 comes with U+FFFD in it.

        :raises StoreError: the file is damaged, the query does not fit it, or a number in
            ``params`` is larger than SQLite's 64 bits.
        """
        with _told(self.path):
            yield from self._conn.execute(sql, params)

    def close(self) -> None:
        """Close the connection."""
        self._conn.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def is_sqlite(path: Path) -> bool:
    """Whether the file begins like an SQLite database."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def open_foreign(path: Path) -> ForeignDatabase:
    """Open a database for reading only.

    Where another program has it open (there is a ``-wal`` with something in it) it is read through
    that, so that the newest rows are seen; else as an immutable file, which leaves no trace.

    :raises StoreError: it is not an SQLite database, or cannot be read.
    """
    path = Path(path).absolute()
    if not is_sqlite(path):
        raise _unreadable(path, "it does not begin like one")
    wal = path.with_name(path.name + "-wal")
    live = wal.exists() and wal.stat().st_size > 0
    uri = f"file:{quote(os.fsencode(path))}?mode=ro" + ("" if live else "&immutable=1")
    with _told(path):
        conn = sqlite3.connect(uri, uri=True, timeout=5, check_same_thread=False)
        try:
            conn.text_factory = lambda raw: raw.decode("utf-8", "replace")
            conn.execute("PRAGMA query_only = ON")
            conn.execute("PRAGMA trusted_schema = OFF")  # its views must not call anything
            conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            conn.close()
            raise
    return ForeignDatabase(path, conn)
