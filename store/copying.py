"""Copy a live database into a private file, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from store import files

PART = ".part"


def copy_to(conn: sqlite3.Connection, target: Path) -> None:
    """Write what ``conn`` sees now to ``target`` (0600), while others may go on writing.

    The copy is made in a ``.part`` file and takes its name only when it is complete and on disk.

    :raises FileExistsError: there is something of that name.
    """
    if os.path.lexists(target):
        raise FileExistsError(target)
    part = target.with_name(f".{target.name}.{os.getpid()}{PART}")
    part.unlink(missing_ok=True)
    files.create_private(part)
    try:
        copy = sqlite3.connect(part, isolation_level=None)
        try:
            conn.backup(copy)  # all pages in one read transaction: one consistent moment
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, no -wal beside it
        finally:
            copy.close()
        _sync(part)
        try:
            os.link(part, target)  # unlike a rename, this refuses to replace
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(target):
                raise FileExistsError(target) from None
            part.rename(target)
        _sync(target.parent)
    finally:
        for leftover in (part, *(part.with_name(part.name + end) for end in files.SIDE_FILES)):
            leftover.unlink(missing_ok=True)


def leftovers(folder: Path) -> list[Path]:
    """Unfinished copies in ``folder`` whose process was killed."""
    return [part for part in folder.glob(f".*.*{PART}*") if _is_abandoned(part)]


def _is_abandoned(part: Path) -> bool:
    pid = part.name.rpartition(PART)[0].rpartition(".")[2]
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OverflowError, OSError):  # not ours, or somebody else's process
        return False
    return False


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
