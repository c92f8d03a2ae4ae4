"""The columns of a donation as Arrow types: the allow-list of the schema, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from persona_tui.donation.parquet import arrow_type
from persona_tui.donation.schema import TABLES, Field, Table

if TYPE_CHECKING:
    import pyarrow as pa

DONOR = "donor"
"""Number of the donor within one run: what everything is clustered by."""


def is_text(field: Field) -> bool:
    """Whether it may hold words of the person: left out unless texts are asked for."""
    return field.is_text or field.kind == "evidence"


def fields_of(table: Table, *, texts: bool) -> list[Field]:
    """The columns that are taken over."""
    return [field for field in TABLES[table] if texts or not is_text(field)]


def json_schema(table: Table) -> pa.Schema:
    """All columns, for reading JSONL: an unknown one is refused by the reader."""
    import pyarrow as pa

    return pa.schema([pa.field(field.name, arrow_type(field)) for field in TABLES[table]])


def staged_schema(table: Table, *, texts: bool) -> pa.Schema:
    """What is staged: the donor's number and the columns that are taken over."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field(DONOR, pa.int32()),
            *[pa.field(field.name, arrow_type(field)) for field in fields_of(table, texts=texts)],
        ]
    )
