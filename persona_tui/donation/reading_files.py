"""The files of a stranger's bundle, as a directory or a zip: by name from a closed list, in small
pieces, and never more than the limits allow."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from persona_tui.donation.schema import TABLE_NAMES

DATA_FILES = frozenset(
    f"data/{table}.{suffix}" for table in TABLE_NAMES for suffix in ("jsonl", "parquet")
)
SMALL_FILES = ("manifest.json", "consent.json", "README.md", "croissant.json")
NAMES = DATA_FILES | frozenset(SMALL_FILES)
"""Every name there can be: no other one is ever looked at."""
CHUNK = 1 << 20
_END = 22
"""Bytes of a zip's last record, without a comment."""
_DIRECTORY_LIMIT = 65_536
"""Bytes of a zip's list of names."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a stranger's file is read at most."""

    file_bytes: int = 2_000_000_000
    """Of one file, unpacked."""
    total_bytes: int = 4_000_000_000
    small_bytes: int = 1_000_000
    """Of README.md, croissant.json, consent.json and manifest.json each."""
    line_bytes: int = 8_000_000
    rows: int = 2_000_000
    """Of all tables together."""
    ratio: int = 200
    """Unpacked to packed, in a zip."""


class Refused(ValueError):  # noqa: N818 - it reads as what happened
    """Why a bundle is refused: the end of a sentence, never a value from it."""


class Files(Protocol):
    """What there is to read."""

    sizes: Mapping[str, int]
    """Name → bytes, names all among :data:`NAMES`."""

    def open(self, name: str) -> IO[bytes]:
        """To be read once, from the start."""

    def close(self) -> None:
        """Let go of it."""


def pieces(files: Files, name: str) -> Iterator[bytes]:
    """The bytes of ``name``; refused when there are more, or fewer, than it was said to have."""
    left = files.sizes[name]
    with closing(files.open(name)) as source:
        while piece := source.read(min(CHUNK, left + 1)):
            left -= len(piece)
            if left < 0:
                break
            yield piece
    if left:
        raise Refused(f"{name} is longer or shorter than it says")


def checked(sizes: Mapping[str, int], limits: Limits) -> None:
    """Raise :class:`Refused` where names or sizes are not as they must be."""
    for name in (*SMALL_FILES, "data/contributors.jsonl"):
        if name not in sizes:
            raise Refused(f"it has no {name}")
    for name, size in sizes.items():
        if size > (limits.small_bytes if name in SMALL_FILES else limits.file_bytes):
            raise Refused(f"{name} is too large")
    if sum(sizes.values()) > limits.total_bytes:
        raise Refused("it is too large")


class DirectoryFiles:
    """A bundle that lies unpacked."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        found: dict[str, int] = {}
        for prefix, folder in (("", path), ("data/", path / "data")):
            if prefix and not stat.S_ISDIR(folder.lstat().st_mode):
                raise Refused("data is not a directory")
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if name == "data":
                        continue
                    if name not in NAMES:
                        raise Refused("it holds a file that a donation does not have")
                    about = entry.stat(follow_symlinks=False)
                    if not stat.S_ISREG(about.st_mode):
                        raise Refused(f"{name} is not a plain file")
                    found[name] = about.st_size
        self.sizes: Mapping[str, int] = found
        checked(found, limits)

    def open(self, name: str) -> IO[bytes]:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        handle = os.open(self._path / name, flags)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Refused(f"{name} is not a plain file")
        return os.fdopen(handle, "rb")

    def close(self) -> None:
        """Nothing is held open."""


class ZipFiles:
    """A bundle in one file. Nothing is unpacked by the name that stands in it."""

    def __init__(self, path: Path, limits: Limits) -> None:
        _check_end(path, limits)
        self._zip = zipfile.ZipFile(path)
        try:
            self.sizes: Mapping[str, int] = self._names(limits)
            checked(self.sizes, limits)
        except BaseException:
            self._zip.close()
            raise

    def _names(self, limits: Limits) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for entry in self._zip.infolist():
            name = entry.orig_filename
            if name not in NAMES or name != entry.filename:
                raise Refused("it holds a file that a donation does not have")
            if name in found:
                raise Refused("it holds a file twice")
            if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
                raise Refused(f"{name} is not a plain file")
            if entry.flag_bits & 0x1:
                raise Refused("it is encrypted")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused("it is compressed in a way that a donation is not")
            if entry.file_size > limits.ratio * max(entry.compress_size, 1_000):
                raise Refused(f"{name} unpacks to far more than it is")
            found[name] = entry.file_size
        return found

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def close(self) -> None:
        self._zip.close()


def _check_end(path: Path, limits: Limits) -> None:
    """Look at the zip's last record before anything else reads it: it says how long the list of
    names is, which is read at once."""
    with path.open("rb") as source:
        size = source.seek(0, os.SEEK_END)
        if size > limits.total_bytes:
            raise Refused("it is too large")
        if size < _END:
            raise Refused("it is neither a directory nor a zip")
        source.seek(size - _END)
        end = source.read(_END)
        source.seek(0)
        start = source.read(4)
    if end[:4] != b"PK\5\6" or start != b"PK\3\4":
        raise Refused("it is neither a directory nor a zip as a donation is one")
    count = int.from_bytes(end[10:12], "little")
    length, offset = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
    if count > len(NAMES) or length > _DIRECTORY_LIMIT or offset + length + _END != size:
        raise Refused("it is not a zip as a donation is one")
