"""An online backup: a whole, private copy of the journal, made while it is used."""

from __future__ import annotations

from pathlib import Path

from store.copying import copy_to
from store.db import Store, utc_now
from store.errors import StoreError
from store.faults import guarded, unwritable
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
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_to(store.conn, target)
    except FileExistsError as error:
        raise StoreError(
            f"There is something at {target} already; a backup never replaces a file: choose "
            "another name."
        ) from error
    except OSError as error:
        raise unwritable("backup", target, error) from error
    with store.write() as conn:
        conn.execute(
            "INSERT OR REPLACE INTO backups (path, created_at) VALUES (?, ?)",
            (str(target).encode("utf-8", "replace").decode(), to_db(utc_now())),
        )
    return target


@guarded
def known(store: Store) -> list[Path]:
    """Copies of the journal that still exist: those made here and those before migrations."""
    rows = store.conn.execute("SELECT path FROM backups ORDER BY path")
    made = {Path(path) for (path,) in rows}
    folder = store.path.parent / "backups"
    kept = set(folder.glob("*.db")) if folder.is_dir() else set()
    return sorted(path for path in made | kept if path.exists())
