"""What every benchmark prints: one table, and a line about the machine."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

Row = Mapping[str, object]


def show(title: str, rows: Sequence[Row], *, as_json: bool = False, note: str = "") -> None:
    """Print ``rows`` (all with the same keys) as a Markdown table, or as one JSON object."""
    if as_json:
        print(json.dumps({"title": title, "machine": machine(), "note": note, "rows": list(rows)}))
        return
    columns = list(rows[0])
    cells = [columns, *[[_cell(row[column]) for column in columns] for row in rows]]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    cells.insert(1, ["-" * width for width in widths])
    print(f"{title}\n{machine()}\n")
    for line in cells:
        print("| " + " | ".join(one.ljust(w) for one, w in zip(line, widths, strict=True)) + " |")
    if note:
        print(f"\n{note}")


def machine() -> str:
    """Processor, cores, memory and load: the figures mean nothing without them."""
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {load}"
    )


def middle(values: Sequence[float]) -> float:
    """The median: other programs on the machine only ever add time."""
    return statistics.median(values)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cell(value: object) -> str:
    return f"{value:,.3f}" if isinstance(value, float) else str(value)
