"""Pooling: seconds and memory for 10⁵, 10⁶ and 10⁷ judgments, on DuckDB and on a local Spark.

.venv/bin/python -m benchmarks.pool                 # 10⁵ and 10⁶ on both
.venv/bin/python -m benchmarks.pool --largest       # and 10⁷ on DuckDB
.venv/bin/python -m benchmarks.pool --bundles       # reading and verifying bundles of 10⁵ judgments

Judgments are those of simulated donors, 1,000 each, and what models said of two thirds of them comes on
top. Each run is a process of its own, whose memory (with that of Java) is looked at every 50 ms.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import psutil

from benchmarks._table import Row, show
from persona_tui.pool.options import EngineName

T = TypeVar("T")
PER_DONOR = 1000
CHUNK = 250
"""Donors that are made at once."""
MEMORY_GB = 4.0


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", action="store_true")
    parser.add_argument("--bundles", action="store_true")
    parser.add_argument("--only", choices=["duckdb", "spark"])
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        make(Path(asked.make[0]), int(asked.make[1]))
    elif asked.run:
        print(json.dumps(run(Path(asked.run[0]), asked.run[1])))
    elif asked.bundles:
        bundles()
    else:
        compare(asked.only, largest=asked.largest)


def compare(only: str | None, *, largest: bool) -> None:
    """All sizes on all engines."""
    sizes: dict[EngineName, list[int]] = {
        "duckdb": [100_000, 1_000_000, *([10_000_000] if largest else [])],
        "spark": [100_000, 1_000_000],
    }
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="persona-tui-bench-") as root:
        for size in sorted({one for name in sizes for one in sizes[name]}):
            staged = Path(root, str(size))
            _child(["--make", str(staged), str(size)])
            for name, wanted in sizes.items():
                if size in wanted and only in (None, name):
                    rows.append(_measured(staged, name, size, rows))
            shutil.rmtree(staged)
    show(
        "Pooling staged judgments",
        rows,
        note=f"The engine may use {MEMORY_GB:g} GB. 'growth': times as long as ten times fewer judgments.",
    )


def _measured(staged: Path, name: EngineName, size: int, before: list[Row]) -> Row:
    said, peak = _child(["--run", str(staged), name])
    seconds: dict[str, float] = json.loads(said.splitlines()[-1])
    total = sum(seconds.values())
    smaller = [r for r in before if r["engine"] == name and r["judgments"] == f"{size // 10:,}"]
    last = smaller[0]["total s"] if smaller else None
    return {
        "engine": name,
        "judgments": f"{size:,}",
        **{f"{key} s": round(value, 1) for key, value in seconds.items()},
        "total s": round(total, 1),
        "growth": f"{total / last:.1f} ×" if isinstance(last, float) else "",
        "µs a judgment": round(1e6 * total / size, 1),
        "peak MB": round(peak / 1e6),
    }


def _child(argv: list[str]) -> tuple[str, int]:
    """Output and peak memory of this script with other arguments, all its processes together."""
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.pool", *argv],
        stdout=subprocess.PIPE,
        text=True,
    )
    process, peak = psutil.Process(child.pid), 0
    while child.poll() is None:
        try:
            family = [process, *process.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in family))
        except psutil.Error:
            pass
        time.sleep(0.05)
    said = child.stdout.read() if child.stdout else ""
    if child.returncode:
        raise SystemExit(f"{argv} failed")
    return said, peak


def make(folder: Path, judgments: int) -> None:
    """Staged tables of simulated donors, written piece by piece."""
    import pyarrow.parquet as pq

    from tests.persona_tui.pool_data import tables

    donors = judgments // PER_DONOR
    for number, first in enumerate(range(0, donors, CHUNK)):
        # 0.6 of twice as many are drawn, and a tenth is judged again: 1,000 a donor, about.
        made = tables(
            min(CHUNK, donors - first), attributes=233, pairs=336, comparisons=246,
            seed=number, first_donor=first,
        )  # fmt: skip
        for table, rows in made.items():
            (folder / table).mkdir(parents=True, exist_ok=True)
            pq.write_table(rows, folder / table / f"part-{number}.parquet", compression="zstd")


def run(staged: Path, name: EngineName) -> dict[str, float]:
    """Seconds of each step."""
    from persona_tui.pool.compute import exact_report
    from persona_tui.pool.duplicates import without_duplicates
    from persona_tui.pool.engine import connect
    from persona_tui.pool.release import write_tables
    from persona_tui.pool.sums import compute

    seconds: dict[str, float] = {}

    def timed(step: str, what: Callable[[], T]) -> T:
        start = time.perf_counter()
        found = what()
        seconds[step] = time.perf_counter() - start
        return found

    with tempfile.TemporaryDirectory(dir=staged.parent) as root:
        scratch = Path(root)
        opened = connect(name, staged, master="local[*]", memory_gb=MEMORY_GB, scratch=scratch)
        engine = timed("start", opened.__enter__)
        try:
            engine, _ = timed("copies", lambda: without_duplicates(engine, scratch))
            sums = timed("sums", lambda: compute(engine))
            timed(
                "figures",
                lambda: exact_report(sums, 5, now=datetime.now(UTC), app_version="0"),
            )
            timed("tables", lambda: list(write_tables(engine, scratch / "out", k=5, texts=False)))
        finally:
            opened.__exit__(None, None, None)
    return seconds


def bundles() -> None:
    """Reading, verifying and staging bundles."""
    from persona_tui.pool.incoming import Incoming
    from persona_tui.pool.staging import Staging
    from persona_tui.pool.withdrawals import Requests
    from tests.persona_tui.pool.bundles import donor_rows, write_bundles

    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="persona-tui-bench-") as root:
        for donors in (10, 100):
            folder = Path(root, str(donors))
            made = donor_rows(donors, attributes=230, pairs=330, comparisons=240)
            write_bundles(made, folder / "in")
            (folder / "work").mkdir()
            start = time.perf_counter()
            incoming = Incoming(Requests({}), folder / "work")
            with Staging(folder / "staged", texts=False) as staging:
                for bundle in incoming.accepted([folder / "in"]):
                    staging.add(bundle)
            spent = time.perf_counter() - start
            lines = sum(staging.rows.values())
            rows.append(
                {
                    "donors": donors,
                    "rows of all tables": f"{lines:,}",
                    "seconds": round(spent, 1),
                    "µs a row": round(1e6 * spent / lines, 1),
                }
            )
    show("Reading bundles", rows)


if __name__ == "__main__":
    main()
