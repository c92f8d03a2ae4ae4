"""Reading a bundle that somebody else made: refused at the first thing that is not as it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from persona_tui.donation.schema import Table
from persona_tui.errors import UserError


class BundleError(UserError):
    """A bundle was refused: one sentence with its name and the reason, never a value from it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a stranger's file is read at most."""

    file_bytes: int = 2_000_000_000
    """Of one file, unpacked."""
    total_bytes: int = 4_000_000_000
    small_bytes: int = 1_000_000
    """Of README.md, croissant.json, consent.json and manifest.json each."""
    line_bytes: int = 8_000_000
    rows: int = 5_000_000
    """Of all tables together."""
    ratio: int = 200
    """Unpacked to packed, in a zip."""


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

    def rows(self, table: Table) -> Iterator[dict[str, object]]:
        """The rows of ``table``, in the file's order; none if it has none."""
        raise NotImplementedError

    def close(self) -> None:
        """Remove what was unpacked."""

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
    raise NotImplementedError


open_tables = read_bundle
"""The same, by the name that pooling uses: ``with open_tables(path) as bundle: bundle.tables``."""
