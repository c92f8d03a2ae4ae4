"""An online backup: a whole, private copy of the journal, made while it is used."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from store import copying
from store.copying import copy_to
from store.db import Store, utc_now
from store.errors import StoreError
from store.faults import guarded, translate, unwritable
from store.text import to_db


@guarded
def backup(store: Store, target: Path) -> Path:
    """Copy the journal to ``target`` (0600); it takes that name only once it is complete.

    Its place is remembered, so that forgetting can name the copies that remain.

    :raises StoreError: there is something at ``target`` already, or it cannot be written.
    :raises DiskFullError: there is no room.
    """
    target = Path(target).expanduser().absolute()
    if target.is_dir():
        raise StoreError(f"{target} is a directory; give the backup a file name in it.")
    try:
        if os.path.lexists(target):
            raise FileExistsError(target)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remember(store, target)
        copy_to(store.conn, target)
    except FileExistsError as error:
        raise StoreError(
            f"There is something at {target} already; a backup never replaces a file: choose "
            "another name."
        ) from error
    except OSError as error:
        raise unwritable("backup", target, error) from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise translate(error, target) from error  # its disk, not that of the journal
        raise
    return target


def _remember(store: Store, target: Path) -> None:
    """Write down where a copy goes, before it is made: should that be killed, its beginning is found.

    Somebody whose disk is full must still be able to save the journal to another one.
    """
    with suppress(StoreError), store.write() as conn:
        conn.execute(
            "INSERT OR REPLACE INTO backups (path, created_at) VALUES (?, ?)",
            (str(target).encode("utf-8", "replace").decode(), to_db(utc_now())),
        )


@guarded
def known(store: Store) -> list[Path]:
    """Copies of the journal that still exist: those made here and those before migrations."""
    folder = store.path.parent / "backups"
    kept = set(folder.glob("*.db")) if folder.is_dir() else set()
    return sorted(path for path in _made(store) | kept if path.exists())


@guarded
def sweep(store: Store) -> None:
    """Remove what is left of copies whose making was killed: nobody knows of them."""
    for folder in {path.parent for path in _made(store)} | {store.path.parent / "backups"}:
        with suppress(OSError):
            for part in copying.leftovers(folder):
                part.unlink(missing_ok=True)


def _made(store: Store) -> set[Path]:
    return {Path(path) for (path,) in store.conn.execute("SELECT path FROM backups")}
