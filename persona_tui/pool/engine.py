"""Where expressions run: DuckDB in this process, or Spark. Nothing else knows which it is."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persona_tui.donation.schema import TABLE_NAMES, Table
from persona_tui.errors import UserError
from persona_tui.extras import how_to_add
from persona_tui.pool.options import EngineName

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

NEEDS_POOL = f"Pooling needs packages that are not installed; {how_to_add('pool')}"
NEEDS_CLUSTER = f"Spark needs pyspark, which is not installed; {how_to_add('cluster')}"
NEEDS_JAVA = (
    "Spark needs Java 17 or newer, and none was found: install it or set JAVA_HOME, or leave out "
    "--engine spark."
)


@dataclass(frozen=True, slots=True)
class Engine:
    """A connected engine that has the staged tables."""

    name: EngineName
    backend: Any
    """An Ibis backend; Ibis has no type for any of them."""
    tables: dict[Table, ir.Table]

    def fetch(self, expression: ir.Table) -> pa.Table:
        """The result in memory: for results that are small."""
        return self.backend.to_pyarrow(expression)

    def read(self, folder: Path) -> ir.Table:
        """Parquet files that :meth:`write` wrote."""
        return _table(self.name, self.backend, folder)

    def write(self, expression: ir.Table, folder: Path) -> None:
        """The result as Parquet files in ``folder``, in a stream."""
        folder.mkdir(parents=True)
        if self.name == "duckdb":
            self.backend.to_parquet(expression, folder / "part-0.parquet", compression="zstd")
            return
        made = folder / "spark"
        self.backend.to_parquet_dir(expression, _place(made), options={"compression": "zstd"})
        for number, part in enumerate(sorted(made.glob("part-*.parquet"))):
            part.replace(folder / f"part-{number}.parquet")
        shutil.rmtree(made)


@contextmanager
def connect(
    name: EngineName, staged: Path, *, master: str, memory_gb: float, scratch: Path
) -> Iterator[Engine]:
    """An engine with the tables under ``staged``. Raises :class:`~persona_tui.errors.UserError`
    where what it needs is missing."""
    opened = _spark(master, memory_gb, scratch) if name == "spark" else _duckdb(memory_gb, scratch)
    with opened as backend:
        tables = {table: _table(name, backend, staged / table) for table in TABLE_NAMES}
        yield Engine(name, backend, tables)


def _table(name: EngineName, backend: Any, folder: Path) -> ir.Table:
    if name == "spark":
        return backend.read_parquet(_place(folder))
    # A folder that is called "a*b" or "of[1]" is no pattern.
    return backend.read_parquet(f"{glob.escape(str(folder))}/*.parquet")


def _place(folder: Path) -> str:
    """For Spark, whose default file system may be another one."""
    return folder.resolve().as_uri()


@contextmanager
def _duckdb(memory_gb: float, scratch: Path) -> Iterator[Any]:
    try:
        import ibis
    except ImportError as error:
        raise UserError(NEEDS_POOL) from error
    backend = ibis.duckdb.connect(
        memory_limit=f"{round(memory_gb * 1000)}MB",
        temp_directory=str(scratch / "duckdb"),
        preserve_insertion_order=False,  # rows need no order, and keeping it costs memory
        autoinstall_known_extensions=False,  # nothing is fetched from anywhere
        autoload_known_extensions=False,
    )
    try:
        yield backend
    finally:
        backend.disconnect()


def missing_for_spark() -> str | None:
    """Why Spark cannot run here, in a sentence; ``None`` if it can be tried."""
    import importlib.util

    if importlib.util.find_spec("pyspark") is None:
        return NEEDS_CLUSTER
    home = os.environ.get("JAVA_HOME")
    there = Path(home, "bin", "java").exists() if home else shutil.which("java") is not None
    return None if there else NEEDS_JAVA


@contextmanager
def _spark(master: str, memory_gb: float, scratch: Path) -> Iterator[Any]:
    if missing := missing_for_spark():
        raise UserError(missing)
    try:
        import ibis
    except ImportError as error:
        raise UserError(NEEDS_POOL) from error
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    build = SparkSession.builder.master(master).appName("persona-tui pool")
    settings = {
        "spark.driver.memory": f"{round(memory_gb * 1000)}m",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    if master.startswith("local"):
        settings |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.local.dir": str(scratch / "spark"),
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
            "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 2)),
        }
    for key, value in settings.items():
        build = build.config(key, value)
    try:
        session = build.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        raise UserError(
            f"Spark did not start at {master} ({type(error).__name__}): check --master and that Java "
            "17 or newer runs."
        ) from error
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield ibis.pyspark.from_connection(session)
    finally:
        session.stop()
