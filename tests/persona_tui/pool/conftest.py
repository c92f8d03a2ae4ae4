"""One pooled release that many tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from persona_tui.donation.schema import Table
from persona_tui.pool.engine import Engine, connect
from persona_tui.pool.options import EngineName, PoolOptions
from persona_tui.pool.run import Account, pool

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
Staged = dict[Table, pa.Table]


def stage(made: Staged, folder: Path) -> Path:
    """Tables as staging writes them."""
    for table, rows in made.items():
        (folder / table).mkdir(parents=True)
        pq.write_table(rows, folder / table / "part-0.parquet")
    return folder


@contextmanager
def engine_of(made: Staged, folder: Path, name: EngineName = "duckdb") -> Iterator[Engine]:
    """An engine with these tables."""
    staged = stage(made, folder / "staged")
    with connect(
        name, staged, master="local[1]", memory_gb=1, scratch=folder / "scratch"
    ) as engine:
        yield engine


def run(bundles: list[Path], out: Path, **options: object) -> Account:
    """Pool them."""
    return pool(PoolOptions(bundles, out, **options), now=NOW, app_version="1")  # type: ignore[arg-type]


def near(one: Any, other: Any) -> bool:
    """Equal, but for the order in which floats were added."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(near(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(near, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-9, abs=1e-9)
    return bool(one == other)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of 40 donors with 60 or so judgments each."""
    from tests.persona_tui.pool.bundles import donor_rows, write_bundles

    root = tmp_path_factory.mktemp("pooled")
    donors = donor_rows(40, attributes=30, pairs=40, comparisons=30, seed=5)
    bundles = write_bundles(donors, root / "bundles")
    run(bundles, root / "out")
    return root / "out"
