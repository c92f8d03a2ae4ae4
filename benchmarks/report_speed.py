"""Computing a report over 100,000 judgments, against one pass over the same columns.

.venv/bin/python -m benchmarks.report_speed
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from persona_tui.report.build import build_report
from tests.persona_tui.report_data import simulated


def main() -> None:
    """Print seconds and how they grow."""
    build_report(simulated(), now=datetime.now(UTC), app_version="0")  # imports
    seconds = {}
    for thousands in (10, 100):
        data = simulated(thousands * 300, thousands * 20, 20, thousands * 300)
        judged = thousands * 1000
        runs = []
        for _ in range(3):
            start = time.perf_counter()
            build_report(data, now=datetime.now(UTC), app_version="0")
            runs.append(time.perf_counter() - start)
        start = time.perf_counter()
        sum(verdict == "ok" for verdict in data.attributes.verdict)
        sum(bool(yes) for yes in data.relevance.relevant)
        naive = time.perf_counter() - start
        seconds[judged] = min(runs)
        print(
            f"{judged:>8,} judgments: {min(runs):.2f} s best, {max(runs):.2f} s worst of 3; "
            f"{min(runs) / naive:.0f} × one pass over the columns; {min(runs) / 1.0:.2f} of the limit"
        )
    print(f"10 times as many judgments: {seconds[100_000] / seconds[10_000]:.1f} times as long")


if __name__ == "__main__":
    main()
