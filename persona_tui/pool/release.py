"""The pooled tables as Parquet: what was given, with rare coarse values held back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persona_tui.donation.schema import COLUMNS, Table
from persona_tui.pool.arrow_types import DONOR, fields_of
from persona_tui.pool.coarse import coarsened, donors_in
from persona_tui.pool.combinations import released

if TYPE_CHECKING:
    from persona_tui.pool.engine import Engine

WHO = "contributor_id"


@dataclass(frozen=True, slots=True)
class Released:
    """One table of the release."""

    table: Table
    columns: tuple[str, ...]
    rows: int
    donors: int


def write_tables(engine: Engine, out: Path, *, k: int, texts: bool) -> Iterator[Released]:
    """Write ``out/TABLE/part-N.parquet`` for each table that ``k`` donors or more have rows in. Each
    row names its contributor, so that a later withdrawal can be followed."""
    who: Any = engine.tables["contributors"]
    who = who.select(DONOR, WHO)
    for table, donors in donors_in(engine).items():
        if donors < k:
            continue
        names = tuple(field.name for field in fields_of(table, texts=texts))
        if table == "contributors":
            rows = _write_contributors(engine, out / table, k)
        else:
            made = coarsened(engine, table, k).join(who, DONOR)
            names = (WHO, *names)
            engine.write(made.select(*names), out / table)
            rows = _rows_in(out / table)
        yield Released(table, names, rows, donors)


def _write_contributors(engine: Engine, folder: Path, k: int) -> int:
    import pyarrow.parquet as pq

    expression: Any = engine.tables["contributors"]
    made = released(engine.fetch(expression.select(*COLUMNS["contributors"])), k)
    folder.mkdir(parents=True)
    pq.write_table(made, folder / "part-0.parquet", compression="zstd")
    return int(made.num_rows)


def _rows_in(folder: Path) -> int:
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))
