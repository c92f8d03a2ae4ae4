"""Opening what a person points at: a file, a folder or an export's zip, as a list of readables.

Nothing is ever unpacked to disk. From a zip only members with the names that exports use are read,
and only after their declared size and packing ratio were checked.
"""

from __future__ import annotations

import codecs
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from persona_tui.errors import UserError
from persona_tui.importers.base import Skipped

HEAD_BYTES = 65_536
MAX_UNPACKED_BYTES = 20_000_000_000
"""A zip that declares more than this in the files that are read is refused."""
MAX_RATIO = 300
"""A member packed tighter than this is refused: real exports reach about 30."""
RATIO_FROM_BYTES = 50_000_000
"""Below this size the ratio does not matter."""

_EXPORT_NAME = re.compile(r"conversations(?:[-_]\d+)?\.json", re.IGNORECASE)
_LOOSE_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".parquet", ".db", ".md", ".txt"})
FOLDER_LIMIT = 10_000
"""So many files of a folder are read; what is over it is told."""
_READ_ERRORS = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    RuntimeError,  # zipfile: a password is needed
    NotImplementedError,  # zipfile: an unknown compression
    ValueError,
    IndexError,  # zipfile: a member without a name
    struct.error,  # zipfile: a cut header
)


class ReadError(Exception):
    """The bytes cannot be read (any further); ``str(error)`` says why."""


class Opened:
    """One file or zip member that can be read from the beginning as often as needed.

    Attributes:
        name: what to call it in reports.
        path: the real file, or None inside a zip.
        bytes_total: its size, unpacked.
        bytes_done: how far the reading is: for progress.
    """

    def __init__(
        self, name: str, size: int, opener: Callable[[], IO[bytes]], path: Path | None = None
    ) -> None:
        self.name = name
        self.path = path
        self.bytes_total = size
        self.bytes_done = 0
        self._opener = opener
        self._head: bytes | None = None

    def head(self) -> bytes:
        """The first 64 KiB; raises :class:`ReadError`."""
        if self._head is None:
            done = self.bytes_done  # looking is no progress
            try:
                with self.stream() as stream:
                    self._head = stream.read(HEAD_BYTES)
            finally:
                self.bytes_done = done
        return self._head

    def stream(self) -> Stream:
        """Open it for reading; raises :class:`ReadError`."""
        try:
            return Stream(self._opener(), self)
        except _READ_ERRORS as error:
            raise ReadError(_why(error)) from error

    def encoding(self) -> str:
        """The encoding of its text, by byte order mark and by where the NULs are; else UTF-8."""
        return encoding_of(self.head())


class Stream:
    """A byte stream that counts and whose every failure is a :class:`ReadError`."""

    def __init__(self, raw: IO[bytes], opened: Opened) -> None:
        self._raw = raw
        self._opened = opened
        self._opened.bytes_done = 0

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        try:
            data = self._raw.read(size)
        except _READ_ERRORS as error:
            raise ReadError(_why(error)) from error
        self._opened.bytes_done += len(data)
        return data


class TextStream:
    """Decoded text in chunks. Bytes that are no text become lone surrogates, which are cleaned
    later, so that a damaged byte costs one character and not the file."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._stream = stream
        self.ended = False

    def read(self, size: int) -> str:
        """About ``size`` characters; empty only at the end."""
        while not self.ended:
            data = self._stream.read(size)
            self.ended = not data
            text = self._decoder.decode(data, final=self.ended)
            if text:
                return text
        return ""


def encoding_of(head: bytes) -> str:
    """``utf-8-sig``, ``utf-16`` or ``utf-32`` (with a mark) or ``utf-16-le``/``-be`` (without)."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 4 and head[0] and head[2] and not head[1] and not head[3]:
        return "utf-16-le"
    if len(head) >= 4 and head[1] and head[3] and not head[0] and not head[2]:
        return "utf-16-be"
    return "utf-8-sig"


def mark_length(head: bytes) -> int:
    """How many bytes the byte order mark takes."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return 4
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return 2
    return 3 if head.startswith(codecs.BOM_UTF8) else 0


def open_source(path: Path) -> tuple[list[Opened], list[Skipped]]:
    """Everything at ``path`` that may hold conversations, and what there was refused.

    Raises:
        UserError: nothing is there, it cannot be read, or it holds nothing of the kind.
    """
    try:
        info = path.stat()
    except (OSError, ValueError) as error:
        reason = "there is no such file or folder" if _missing(error) else _why(error)
        raise UserError(f"{path} cannot be opened: {reason}.") from error
    if stat.S_ISDIR(info.st_mode):
        return _open_folder(path)
    if not stat.S_ISREG(info.st_mode):
        raise UserError(f"{path} is neither a file nor a folder; name an export to import.")
    if info.st_size == 0:
        raise UserError(f"{path} is empty; export your chats again.")
    return _open_file(path)


def _open_file(path: Path) -> tuple[list[Opened], list[Skipped]]:
    opened = _plain(path)
    try:
        head = opened.head()
    except ReadError as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _open_zip(path)
    return [opened], []


def _plain(path: Path) -> Opened:
    return Opened(path.name, path.stat().st_size, lambda: path.open("rb"), path)


def _open_folder(path: Path) -> tuple[list[Opened], list[Skipped]]:
    try:
        with os.scandir(path) as entries:
            files = sorted(
                Path(entry.path)
                for entry in entries
                if entry.is_file() and not entry.name.startswith(".")
            )
    except OSError as error:
        raise UserError(f"{path} cannot be read: {_why(error)}.") from error
    exports = [file for file in files if _EXPORT_NAME.fullmatch(file.name)]
    chosen = exports or [file for file in files if file.suffix.lower() in _LOOSE_SUFFIXES]
    if not chosen:
        archives = [file for file in files if file.suffix.lower() == ".zip"]
        if len(archives) == 1:
            return _open_file(archives[0])
        raise UserError(
            f"{path} holds no export: no conversations.json and no other file that can be imported."
        )
    skipped: list[Skipped] = []
    if len(chosen) > FOLDER_LIMIT:
        more = len(chosen) - FOLDER_LIMIT
        reason = (
            f"{more:,} files over the limit of {FOLDER_LIMIT:,} were not read; import them apart"
        )
        skipped.append(Skipped(chosen[FOLDER_LIMIT].name, reason))
    return [_plain(file) for file in chosen[:FOLDER_LIMIT] if file.stat().st_size], skipped


def _open_zip(path: Path) -> tuple[list[Opened], list[Skipped]]:
    try:
        # Open as long as a member may be read: its directory is parsed once, not once a member.
        archive = zipfile.ZipFile(path)
        members = sorted(
            (info for info in archive.infolist() if info.filename and not info.is_dir()),
            key=lambda info: info.filename,
        )
    except _READ_ERRORS as error:
        raise UserError(
            f"{path} is not a whole zip file ({_why(error)}); download it again."
        ) from error
    found: list[Opened] = []
    skipped: list[Skipped] = []
    names: set[str] = set()
    total = 0
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if not _EXPORT_NAME.fullmatch(parts[-1]) or "__MACOSX" in parts:
            continue
        reason = _refused(member, parts)
        if reason is None and member.filename in names:
            reason = "a file with this name occurs twice in the zip"
        if reason is None and total + member.file_size > MAX_UNPACKED_BYTES:
            reason = f"the zip would unpack to more than {MAX_UNPACKED_BYTES // 10**9} GB"
        if reason is not None:
            skipped.append(Skipped(_shown(member.filename), reason))
            continue
        names.add(member.filename)
        total += member.file_size
        found.append(_member(archive, member))
    if not found and not skipped:
        raise UserError(
            f"{path} holds no conversations.json; it is not the zip of a ChatGPT or Claude export."
        )
    if not found:
        raise UserError(f"{path} was not read: {skipped[0].position}: {skipped[0].reason}.")
    return found, skipped


def _refused(member: zipfile.ZipInfo, parts: list[str]) -> str | None:
    """Why a member is not read, if so."""
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        return "its name leads out of the zip"
    if member.flag_bits & 0x1:
        return "it is locked with a password; unpack it first"
    packed = max(1, member.compress_size)
    if member.file_size > RATIO_FROM_BYTES and member.file_size / packed > MAX_RATIO:
        return (
            f"it would unpack from {packed:,} to {member.file_size:,} bytes, "
            f"more than {MAX_RATIO} times its size, as no real export does"
        )
    return None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Opened:
    return Opened(_shown(member.filename), member.file_size, lambda: archive.open(member))


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in name[:200])


def _missing(error: Exception) -> bool:
    return isinstance(error, FileNotFoundError | NotADirectoryError)


def _why(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "you may not read it (permissions)"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).rstrip(".") or type(error).__name__
