"""From SQLite's errors to sentences that a person can act on."""

from __future__ import annotations

import errno
import functools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from store.errors import BusyError, DamagedError, DiskFullError, ReadOnlyError, StoreError


class OfJournal(Protocol):
    """What a fault needs to know of a store: which file it is."""

    @property
    def path(self) -> Path: ...


S = TypeVar("S", bound=OfJournal)
P = ParamSpec("P")
R = TypeVar("R")

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}


def _disk_is_full(path: Path) -> bool:
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < 1 << 20


def translate(error: sqlite3.Error, path: Path) -> StoreError:
    """The :class:`StoreError` that says what ``error`` means for the journal at ``path``."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in _BUSY:
        return BusyError(
            "Another persona-tui is writing to the journal right now; wait until it is done or "
            "close it, then try again."
        )
    if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _disk_is_full(path)):
        return DiskFullError(
            f"The disk that holds {path} is full, so the last step was not saved; free some space "
            "and try again."
        )
    if primary in _READ_ONLY:
        return ReadOnlyError(
            f"The journal {path} cannot be written; check the permissions of the file and of its "
            "directory, or set PERSONA_TUI_HOME to another place."
        )
    if primary in _DAMAGED:
        return damaged(path, str(error))
    if primary == sqlite3.SQLITE_TOOBIG:
        return StoreError("A text is longer than the journal can hold (1 GB), so it was not saved.")
    if primary == sqlite3.SQLITE_IOERR:
        return StoreError(
            f"The disk reported an error while the journal {path} was used ({error}); check the "
            "disk and try again."
        )
    return StoreError(f"The journal {path} refused this step: {error}.")


def unwritable(what: str, path: Path, error: OSError) -> StoreError:
    """``what`` ("journal", "backup") at ``path`` could not be written by the system."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(
            f"The disk that should hold the {what} {path} is full; free some space and try again."
        )
    return ReadOnlyError(
        f"The {what} {path} cannot be written ({error.strerror}); check the permissions of the "
        "file and of its directory, or choose another place."
    )


def damaged(path: Path, detail: str) -> DamagedError:
    """The file is not one of ours, or not healthy. It is left as it is."""
    return DamagedError(
        f"The file {path} is not a healthy persona-tui journal ({detail}); it was left as it is: "
        "move it away and restore a backup, or start afresh without it."
    )


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what SQLite raises inside as a :class:`StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except UnicodeEncodeError as error:
        raise StoreError("That text holds characters that cannot be stored.") from error
    except OverflowError as error:
        raise StoreError("That number is too large to be stored.") from error


def guarded(function: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Decorate a public function of the store so that it raises only :class:`StoreError`."""

    @functools.wraps(function)
    def wrapper(store: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with told(store.path):
            return function(store, *args, **kwargs)

    return wrapper
