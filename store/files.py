"""The journal as a file: private from its first byte, and looked at before SQLite touches it."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from store.errors import ReadOnlyError
from store.faults import damaged, unwritable

APPLICATION_ID = 0x50545549
"""``PTUI``, in the header of every journal."""
MAGIC = b"SQLite format 3\x00"
SIDE_FILES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says about itself, the write-ahead log included."""

    application_id: int
    user_version: int


def _private(fd: int) -> None:
    os.fchmod(fd, 0o600)  # the umask may have taken bits from the mode given to open


def create_private(path: Path) -> None:
    """Make an empty file that only its owner may read.

    :raises FileExistsError: there is one already.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _private(fd)
    finally:
        os.close(fd)


def private_directory(path: Path) -> None:
    """Make ``path`` with its parents, 0700; take away what others may do in an existing one of ours.

    A sticky directory (``/tmp``), the person's home and somebody else's directory stay as they are.
    """
    for missing in reversed([p for p in (path, *path.parents) if not p.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
        missing.chmod(0o700)
    state = path.stat()
    if (
        state.st_mode & 0o077
        and not state.st_mode & 0o1000
        and state.st_uid == os.geteuid()
        and path.resolve() != Path.home().resolve()
    ):
        path.chmod(0o700)


def prepare(path: Path) -> None:
    """See that the directory is 0700 and that the file is there, 0600, before SQLite opens it.

    SQLite gives ``-wal``, ``-shm`` and ``-journal`` the mode of the file they belong to.

    :raises ReadOnlyError: the file or its directory cannot be written.
    :raises DiskFullError: there is no room for it.
    """
    try:
        private_directory(path.parent)
        try:
            create_private(path)
        except FileExistsError:
            for file in (path, *(path.with_name(path.name + end) for end in SIDE_FILES)):
                if file.exists() and file.stat().st_mode & 0o077:
                    file.chmod(0o600)
            os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        raise unwritable("journal", path, error) from error


def read_header(path: Path) -> Header | None:
    """What the file and its log say, read without SQLite, so that nothing is touched.

    ``None`` stands for a file that is missing or empty.

    :raises DamagedError: there is something, but not an SQLite database.
    """
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise damaged(path, "it is a directory") from error
    except OSError as error:
        raise ReadOnlyError(
            f"The journal {path} cannot be read ({error.strerror}); check its permissions."
        ) from error
    if not head:
        return None
    if len(head) < 100 or not head.startswith(MAGIC):
        raise damaged(path, "it is not an SQLite database")
    page = _newest_first_page(path.with_name(path.name + "-wal")) or head
    user_version = struct.unpack(">i", page[60:64])[0]
    application_id = struct.unpack(">i", page[68:72])[0]
    return Header(application_id, user_version)


def _newest_first_page(wal: Path) -> bytes | None:
    """The header page as the last committed transaction in the log left it, if it is in there.

    The layout is SQLite's own: a 32-byte header, then frames of 24 bytes and a page each
    (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
    """
    try:
        with wal.open("rb") as file:
            header = file.read(32)
            if len(header) < 32:
                return None
            page_size = struct.unpack(">I", header[8:12])[0]
            salt = header[16:24]
            found: bytes | None = None
            uncommitted: bytes | None = None
            while len(frame := file.read(24)) == 24 and frame[8:16] == salt:
                number, commit = struct.unpack(">II", frame[:8])
                if number == 1:
                    uncommitted = file.read(page_size)[:100]
                else:
                    file.seek(page_size, os.SEEK_CUR)
                if commit and uncommitted is not None:
                    found = uncommitted
            return found if found is not None and len(found) == 100 else None
    except OSError:
        return None
