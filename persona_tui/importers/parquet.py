"""Rows of a Parquet file, batch by batch. Needs the optional package pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.extras import how_to_add
from persona_tui.importers.base import Read, Record, Skipped
from persona_tui.importers.source import Opened

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 64
BUFFER_BYTES = 1 << 20
"""How much of each column is fetched at once."""


def rows(opened: Opened, conversation: Callable[[object, str], Iterator[Read]]) -> Iterator[Read]:
    """Yield what ``conversation(row, position)`` makes of each row.

    A row that cannot be decoded is skipped and reported; a file that cannot be read further ends
    with a :class:`Skipped`.

    Raises:
        UserError: pyarrow is not installed.
    """
    for record in _records(opened):
        if isinstance(record, Skipped):
            yield record
        else:
            yield from conversation(record.value, record.position)


def _records(opened: Opened) -> Iterator[Record | Skipped]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UserError(
            f"{opened.name} is a Parquet file, which needs the optional package pyarrow: "
            f"import the JSONL file instead, or, {how_to_add('parquet')}"
        ) from error
    number = 0
    try:
        # Left to itself, pyarrow fetches every column of every row group before the first row.
        with pq.ParquetFile(opened.path, pre_buffer=False, buffer_size=BUFFER_BYTES) as file:
            total = max(1, file.metadata.num_rows)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                for value in _values(_in_microseconds(batch)):
                    number += 1
                    opened.bytes_done = min(
                        opened.bytes_total, opened.bytes_total * number // total
                    )
                    position = f"row {number}"
                    if isinstance(value, Exception):
                        yield Skipped(position, f"it cannot be decoded: {_why(value)}")
                    else:
                        yield Record(value, position)
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Skipped(f"row {number + 1}", f"reading stopped here: {_why(error)}")


def _values(batch: pa.RecordBatch) -> Iterator[object]:
    """Each row as a dictionary, or as the exception that decoding it raises (text that is not
    UTF-8, a date after the year 9999)."""
    import pyarrow as pa

    try:
        yield from batch.to_pylist()
    except (pa.ArrowException, ValueError, OverflowError):
        for at in range(batch.num_rows):
            try:
                yield batch.slice(at, 1).to_pylist()[0]
            except (pa.ArrowException, ValueError, OverflowError) as error:
                yield error


def _in_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its times, nested ones too, in microseconds of UTC: Python's ``datetime`` has no
    nanoseconds, and not every system knows every zone."""
    import pyarrow as pa

    plain = pa.schema([field.with_type(_plain(field.type)) for field in batch.schema])
    return batch if plain.equals(batch.schema) else batch.cast(plain, safe=False)


def _plain(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC")
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind])
    for is_kind, make in (
        (pa.types.is_list, pa.list_),
        (pa.types.is_large_list, pa.large_list),
    ):
        if is_kind(kind):
            return make(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "its text is not UTF-8"
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")
