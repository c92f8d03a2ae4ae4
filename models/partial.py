"""The file that a download grows: locked, private, hashed as it is written."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from models.errors import ModelError

BLOCK = 1 << 20
"""Bytes read at a time when what is there already is hashed."""


def parts_of(directory: Path, name: str) -> list[Path]:
    """Every partial file of ``name``; one for each version of it that was begun."""
    return sorted(directory.glob(f".{name}.*.part"))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a whole file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Partial:
    """``.NAME.SHA.part`` (0600), open for one process at a time, with the hash of what is in it.

    Blocks: use it from a thread. ``done`` is the number of bytes that are written and hashed.
    """

    def __init__(self, directory: Path, name: str, sha256: str) -> None:
        self.target = directory / name
        self.path = directory / f".{name}.{sha256[:16]}.part"
        self._sha256 = sha256
        self._digest = hashlib.sha256()
        self.done = 0

    def __enter__(self) -> Partial:
        """Open and lock. Raises :class:`ModelError` if that is not possible."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ModelError(
                f"Nothing can be written into {self.path.parent}: {error.strerror}."
            ) from error
        self._file: BinaryIO = os.fdopen(fd, "r+b", buffering=0)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise ModelError(
                f"{self.target.name} is being downloaded by another persona-tui already."
            ) from error
        for other in parts_of(self.path.parent, self.target.name):
            if other != self.path:  # of an earlier version of the file on the hub
                other.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if not self.done:
            self.path.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes in the file, hashed or not."""
        return os.fstat(self._file.fileno()).st_size

    def hash_what_is_there(self, size: int) -> None:
        """Hash what an earlier call left; more than ``size`` bytes cannot be right and go."""
        self._digest = hashlib.sha256()
        self.done = 0
        if self.size > size:
            self.restart()
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            self._digest.update(block)
            self.done += len(block)

    def append(self, block: bytes) -> None:
        """Write and hash ``block``. Raises :class:`OSError`."""
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) or 0 :]
        self._digest.update(block)
        self.done += len(block)

    def restart(self) -> None:
        """Drop everything."""
        self._file.truncate(0)
        self._file.seek(0)
        self._digest = hashlib.sha256()
        self.done = 0

    def is_right(self) -> bool:
        """Whether the hash is the one that the hub names."""
        return self._digest.hexdigest() == self._sha256

    def complete(self) -> Path:
        """Give the file its name. Raises :class:`OSError`."""
        os.fsync(self._file.fileno())
        self.path.replace(self.target)
        return self.target

    def target_is_right(self, size: int) -> bool:
        """Whether the whole file is there already."""
        target = self.target
        if not target.is_file() or target.stat().st_size != size:
            return False
        return sha256_of(target) == self._sha256
