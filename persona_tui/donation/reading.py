"""Reading a bundle that somebody else made: refused at the first thing that is not as it must be.

First names and sizes, then the manifest, then all hashes, then the consent, and only then the rows.
Parquet files are held against their hash and never opened: the JSONL is what counts.
"""

from __future__ import annotations

import hashlib
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from persona_tui.donation import consent as consents
from persona_tui.donation.checking import ID, MONTH, SHA256, UNSEEN, row_has_text
from persona_tui.donation.reading_files import (
    SMALL_FILES,
    DirectoryFiles,
    Files,
    Limits,
    Refused,
    ZipFiles,
    pieces,
)
from persona_tui.donation.references import References
from persona_tui.donation.schema import BUNDLE_SCHEMA, TABLE_NAMES, Table
from persona_tui.donation.serialize import parse, parse_document
from persona_tui.errors import UserError

__all__ = ["BundleError", "Limits", "ReadBundle", "open_tables", "read_bundle"]

_BROKEN = (OSError, ValueError, EOFError, RuntimeError, ArithmeticError, LookupError, struct.error,
           zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile)  # fmt: skip
"""What the readers of the standard library raise at broken input."""
_MANIFEST_KEYS = ["schema", "contributor_id", "donated_month", "canary", "files"]
_CANARY_LIMIT = 200


class BundleError(UserError):
    """A bundle was refused: one sentence with its name and the reason, never a value from it."""


@dataclass(frozen=True)
class ReadBundle:
    """A verified bundle. Use it in ``with``: what a zip was unpacked to is removed at the end."""

    manifest: Mapping[str, object]
    consent: Mapping[str, object]
    contributor: Mapping[str, object]
    """The one row of ``contributors``."""
    counts: Mapping[Table, int]
    tables: Mapping[Table, Path]
    """Verified JSONL, for reading in a stream; only tables that have rows."""
    unpacked: Path | None = None
    """Where a zip was unpacked to."""
    limits: Limits = field(default_factory=Limits)

    def rows(self, table: Table) -> Iterator[dict[str, object]]:
        """The rows of ``table``, in the file's order; none if it has none."""
        if table in self.tables:
            yield from _rows(self.tables[table], table, self.limits)

    def close(self) -> None:
        """Remove what was unpacked."""
        if self.unpacked is not None:
            shutil.rmtree(self.unpacked, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()


def read_bundle(
    path: Path, *, limits: Limits | None = None, workdir: Path | None = None
) -> ReadBundle:
    """Verify all of the bundle at ``path`` (a directory or a zip) and give access to it.

    Everything is verified before this returns: names, sizes, hashes, every row, unique ids,
    references. ``workdir``: where a zip is unpacked to (default: the system's place for temporary
    files). Memory stays bounded: one line, and 16 bytes of each id. Raises :class:`BundleError`.
    """
    allowed = limits or Limits()
    unpacked: Path | None = None
    try:
        files = _opened(path, allowed)
        try:
            if isinstance(files, ZipFiles):
                unpacked = Path(tempfile.mkdtemp(prefix="persona-donation-", dir=workdir))
            return _verified(files, path, unpacked, allowed)
        finally:
            files.close()
    except BaseException as error:
        if unpacked is not None:
            shutil.rmtree(unpacked, ignore_errors=True)
        if isinstance(error, _BROKEN):
            raise BundleError(_sentence(path, error)) from error
        raise


open_tables = read_bundle
"""The same, by the name that pooling uses: ``with open_tables(path) as bundle: bundle.tables``."""


def _sentence(path: Path, error: BaseException) -> str:
    shown = UNSEEN.sub("?", path.name).encode("utf-8", "replace").decode()[:80]
    if isinstance(error, FileNotFoundError) and not path.exists():
        return f"{shown} is not there; check the path of the donation."
    # A message of the standard library could quote the file: only our own are shown.
    known = isinstance(error, ValueError) and type(error).__module__.startswith("persona_tui.")
    why = str(error) if known else "it is damaged or cannot be read"
    return f"{shown} is refused as a donation, because {why}; ask for a new copy."


def _opened(path: Path, limits: Limits) -> Files:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return DirectoryFiles(path, limits)
    if stat.S_ISREG(mode):
        return ZipFiles(path, limits)
    raise Refused("it is neither a directory nor a zip")


def _verified(files: Files, path: Path, unpacked: Path | None, limits: Limits) -> ReadBundle:
    small = dict.fromkeys(SMALL_FILES, b"")
    small["manifest.json"] = b"".join(pieces(files, "manifest.json"))
    manifest = _document("manifest.json", small["manifest.json"])
    entries = _manifest(manifest, files.sizes)
    tables: dict[Table, Path] = {}
    for name, entry in entries.items():
        table = _table_of(name)
        where = None if unpacked is None or table is None else unpacked / f"{table}.jsonl"
        content = _hashed(files, name, str(entry["sha256"]), where, keep=name in SMALL_FILES)
        if name in SMALL_FILES:
            small[name] = content
        if table is not None:
            tables[table] = where or path / name
    consent = _consent(small["consent.json"], manifest)
    for name in SMALL_FILES:
        _text(name, small[name])
    counts, contributor = _all_rows(tables, limits, texts=consent["level"] == "texts")
    _agrees(contributor, manifest, consent)
    for table in TABLE_NAMES:
        for name in (f"data/{table}.jsonl", f"data/{table}.parquet"):
            if name in entries and entries[name].get("rows") != counts.get(table, 0):
                raise Refused(f"the manifest counts other rows in {table}")
    ordered = {table: tables[table] for table in TABLE_NAMES if table in tables}
    return ReadBundle(manifest, consent, contributor, counts, ordered, unpacked, limits)


def _document(name: str, raw: bytes) -> dict[str, object]:
    try:
        return parse_document(raw)
    except ValueError as error:
        raise Refused(f"{name} {error}") from error


def _text(name: str, raw: bytes) -> None:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{name} is not UTF-8") from error


def _table_of(name: str) -> Table | None:
    return next((table for table in TABLE_NAMES if name == f"data/{table}.jsonl"), None)


def _manifest(
    manifest: Mapping[str, object], sizes: Mapping[str, int]
) -> Mapping[str, Mapping[str, object]]:
    """The entries of the manifest, if it is one and lists exactly the other files."""
    if manifest.get("schema") != BUNDLE_SCHEMA:
        raise Refused(f"it is not of the version {BUNDLE_SCHEMA}")
    canary, entries = manifest.get("canary"), manifest.get("files")
    good = (
        list(manifest) == _MANIFEST_KEYS
        and _is(ID.fullmatch, manifest["contributor_id"])
        and _is(MONTH.fullmatch, manifest["donated_month"])
        and isinstance(canary, str)
        and len(canary) <= _CANARY_LIMIT
        and not UNSEEN.search(canary)
        and isinstance(entries, dict)
    )
    if not good or not isinstance(entries, dict):
        raise Refused("manifest.json has not the form of one")
    if set(entries) != set(sizes) - {"manifest.json"}:
        raise Refused("the manifest lists other files than there are")
    for name, entry in entries.items():
        if not isinstance(entry, dict) or not _is(SHA256.fullmatch, entry.get("sha256")):
            raise Refused("manifest.json has not the form of one")
        if entry.get("bytes") != sizes[name] or type(entry.get("bytes")) is not int:
            raise Refused(f"{name} has not the size that the manifest says")
    return entries


def _is(match: object, value: object) -> bool:
    return isinstance(value, str) and callable(match) and bool(match(value))


def _hashed(files: Files, name: str, sha256: str, where: Path | None, *, keep: bool) -> bytes:
    """Hold ``name`` against its hash; copy it to ``where``, if given; gives its bytes if kept."""
    digest, kept = hashlib.sha256(), bytearray()
    out = None if where is None else where.open("xb")
    try:
        for piece in pieces(files, name):
            digest.update(piece)
            if out is not None:
                out.write(piece)
            if keep:
                kept += piece
    finally:
        if out is not None:
            out.close()
    if digest.hexdigest() != sha256:
        raise Refused(f"{name} is not what its hash in the manifest says")
    return bytes(kept)


def _consent(raw: bytes, manifest: Mapping[str, object]) -> Mapping[str, object]:
    record = _document("consent.json", raw)
    agreed, version = record.get("agreed"), record.get("consent_version")
    try:
        made = consents.agree(
            str(record.get("license")),
            "texts" if record.get("level") == "texts" else "labels",
            agreed if isinstance(agreed, list) else [],
            version if isinstance(version, str) else "",
        )
    except (ValueError, TypeError) as error:
        raise Refused("the consent in it is not one that a donation can have") from error
    if record != consents.record(made, str(manifest["donated_month"])):
        raise Refused("the consent in it is not one that a donation can have")
    return record


def _all_rows(
    tables: Mapping[Table, Path], limits: Limits, *, texts: bool
) -> tuple[dict[Table, int], Mapping[str, object]]:
    """Verify every row; gives the counts and the contributor."""
    seen, left = References(), limits.rows
    counts: dict[Table, int] = {}
    contributor: Mapping[str, object] = {}
    for table in TABLE_NAMES:
        if table not in tables:
            continue
        counts[table] = 0
        for row in _rows(tables[table], table, limits):
            left -= 1
            if left < 0:
                raise Refused("it has too many rows")
            counts[table] += 1
            seen.add(table, row)
            if not texts and row_has_text(table, row):
                raise Refused(f"{table} holds texts, and only labels were agreed to")
            if table == "contributors":
                contributor = row
        if not counts[table]:
            raise Refused(f"{table} has no rows")
    seen.check()
    return counts, contributor


def _rows(path: Path, table: Table, limits: Limits) -> Iterator[dict[str, object]]:
    with path.open("rb") as source:
        number = 0
        while raw := source.readline(limits.line_bytes + 1):
            number += 1
            if len(raw) > limits.line_bytes:
                raise Refused(f"line {number} of {table} is too long")
            try:
                row = parse(table, raw)
            except ValueError as error:
                raise Refused(f"line {number} of {table} is not allowed ({error})") from error
            yield row


def _agrees(
    contributor: Mapping[str, object], manifest: Mapping[str, object], consent: Mapping[str, object]
) -> None:
    for name, other in (
        ("contributor_id", manifest),
        ("donated_month", manifest),
        ("license", consent),
        ("consent_version", consent),
        ("consent_text_sha256", consent),
    ):
        if contributor[name] != other[name]:
            raise Refused(f"contributors.{name} is not what the other files say")
