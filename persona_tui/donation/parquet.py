"""Rows as Parquet, with pyarrow (the extra ``donate``): fixed schema, deterministic bytes.

pyarrow writes its own version into every file, which tells of the machine: it is replaced. Other
versions of pyarrow may lay the same rows out differently; JSONL is what counts.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from persona_tui.donation.schema import TABLES, Field, Table

if TYPE_CHECKING:
    import pyarrow as pa

CREATED_BY = b"persona-tui"
_MAGIC = b"PAR1"


def available() -> bool:
    """Whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def schema_of(table: Table) -> pa.Schema:
    """The Arrow schema of ``table``: the same whatever the rows hold."""
    import pyarrow as pa

    return pa.schema(
        [pa.field(f.name, arrow_type(f), nullable=not f.required) for f in TABLES[table]]
    )


def arrow_type(field: Field) -> pa.DataType:
    """The type of one column."""
    import pyarrow as pa

    if field.kind in ("bool", "int", "number"):
        return {"bool": pa.bool_(), "int": pa.int64(), "number": pa.float64()}[field.kind]
    if field.kind == "numbers":
        return pa.list_(pa.float64())
    if field.kind == "texts":
        return pa.list_(pa.string())
    if field.kind == "ratings":
        return pa.list_(pa.struct([("attribute_id", pa.string()), ("rating", pa.int64())]))
    if field.kind == "evidence":
        return pa.list_(
            pa.struct(
                [
                    ("conv_idx", pa.int64()),
                    ("turn_idxs", pa.list_(pa.int64())),
                    ("quote", pa.string()),
                ]
            )
        )
    return pa.string()


def parquet(table: Table, rows: Sequence[dict[str, object]]) -> bytes:
    """``rows``, which must be valid, as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = pa.Table.from_pylist(list(rows), schema=schema_of(table))
    out = io.BytesIO()
    pq.write_table(
        made, out, version="2.6", compression="zstd", compression_level=9, use_dictionary=True,
        write_statistics=False, store_schema=False, data_page_version="1.0",
        row_group_size=100_000,
    )  # fmt: skip
    return _without_version(out.getvalue())


def _without_version(data: bytes) -> bytes:
    """``data`` with :data:`CREATED_BY` in place of what pyarrow says of itself.

    The footer is Thrift's compact protocol, in which a text is its length (a varint) and its bytes,
    and nothing refers to places within the footer.
    """
    size = int.from_bytes(data[-8:-4], "little")
    start = len(data) - 8 - size
    footer = data[start:-8]
    import pyarrow.parquet as pq

    said = pq.read_metadata(io.BytesIO(data)).created_by.encode()
    old = _varint(len(said)) + said
    at = footer.rfind(old)
    if at < 0 or footer.count(said) != 1:
        raise ValueError("the Parquet file does not say who made it where it should")
    footer = footer[:at] + _varint(len(CREATED_BY)) + CREATED_BY + footer[at + len(old) :]
    return data[:start] + footer + len(footer).to_bytes(4, "little") + _MAGIC


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
