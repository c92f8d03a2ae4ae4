"""Verified JSONL of many bundles to a few Parquet files, in a stream: what both engines read.

Memory holds one row group of each table, whatever the number of donors.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from persona_tui.donation.reading import ReadBundle
from persona_tui.donation.schema import TABLE_NAMES, Table
from persona_tui.errors import UserError
from persona_tui.pool.arrow_types import json_schema, staged_schema

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

GROUP_ROWS = 131_072
FILE_ROWS = 2_097_152
BLOCK = 4 << 20
"""Bytes of JSONL that are parsed at once; a longer line makes it longer, by the reader's limit."""


class Staging:
    """Writes ``workdir/TABLE/part-N.parquet``. Use it in ``with``; donors are numbered as they come."""

    def __init__(self, workdir: Path, *, texts: bool) -> None:
        self.workdir = workdir
        self.donors = 0
        self.rows: dict[Table, int] = dict.fromkeys(TABLE_NAMES, 0)
        self._writers = {
            table: _Writer(workdir / table, staged_schema(table, texts=texts))
            for table in TABLE_NAMES
        }

    def add(self, bundle: ReadBundle) -> None:
        """Take all rows of one bundle over."""
        for table, path in bundle.tables.items():
            for batch in _batches(table, path):
                self.rows[table] += self._writers[table].write(batch, self.donors)
        self.donors += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        for writer in self._writers.values():
            writer.close()


def _batches(table: Table, path: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import json

    longest = max(BLOCK, 2 * _longest_line(path))
    try:
        yield from json.open_json(
            path,
            read_options=json.ReadOptions(block_size=longest, use_threads=False),
            parse_options=json.ParseOptions(
                explicit_schema=json_schema(table), unexpected_field_behavior="error"
            ),
        )
    except pa.ArrowInvalid as error:  # verified before: only a file that changed since
        raise UserError(f"{path} changed while it was read: run it again.") from error


def _longest_line(path: Path) -> int:
    """Only long files are looked at: a block holds the whole of the others."""
    if path.stat().st_size <= BLOCK:
        return path.stat().st_size
    with path.open("rb") as file:
        return max(map(len, file), default=0)


class _Writer:
    """Row groups of one table, a new file every few millions of rows."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.schema = schema
        self._held: list[pa.RecordBatch] = []
        self._held_rows = self._file_rows = self._files = 0
        self._writer: pq.ParquetWriter | None = None

    def write(self, batch: pa.RecordBatch, donor: int) -> int:
        import pyarrow as pa

        columns = [pa.repeat(pa.scalar(donor, pa.int32()), len(batch))]
        columns += [batch.column(field.name) for field in list(self.schema)[1:]]
        self._held.append(pa.record_batch(columns, schema=self.schema))
        self._held_rows += len(batch)
        if self._held_rows >= GROUP_ROWS:
            self._flush()
        return len(batch)

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            path = self.folder / f"part-{self._files}.parquet"
            self._writer = pq.ParquetWriter(path, self.schema, compression="zstd")
            self._files += 1
        together = pa.Table.from_batches(self._held, schema=self.schema).combine_chunks()
        self._writer.write_table(together, row_group_size=GROUP_ROWS)
        self._file_rows += self._held_rows
        self._held, self._held_rows = [], 0
        if self._file_rows >= FILE_ROWS:
            self._finish()

    def _finish(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._file_rows = None, 0

    def close(self) -> None:
        """Write what is held; a table without rows becomes one empty file, so that it can be read."""
        if self._held or not self._files:
            self._flush()
        self._finish()
