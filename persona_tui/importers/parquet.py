"""Rows of a Parquet file, batch by batch. Needs the optional package pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from persona_tui.errors import UserError
from persona_tui.importers.base import Read, Skipped
from persona_tui.importers.source import Opened

BATCH_ROWS = 256


def rows(opened: Opened, conversation: Callable[[object, str], Iterator[Read]]) -> Iterator[Read]:
    """Yield what ``conversation(row, position)`` makes of each row.

    Raises:
        UserError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UserError(
            f"{opened.name} is a Parquet file, which needs the optional package pyarrow: "
            "install persona-tui[parquet], or import the JSONL file instead."
        ) from error
    number = 0
    try:
        file = pq.ParquetFile(opened.path)
        total = max(1, file.metadata.num_rows)
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for row in batch.to_pylist():
                number += 1
                opened.bytes_done = opened.bytes_total * number // total
                yield from conversation(row, f"row {number}")
    except (pa.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Skipped(f"row {number + 1}", f"reading stopped here: {first[:200].rstrip('.')}")
