"""Computing a report over 100,000 judgments of a person, with the default three models beside relevance
and a judge of comparisons, against one pass over the same columns.

    .venv/bin/python -m benchmarks.report_speed [--thousands 100]

Seconds of this process's processor time, best of several: what else the machine does is not measured.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

from persona_tui.report.build import build_report
from store.audit import AuditData
from tests.persona_tui.report_data import simulated, with_baselines

LIMIT = 1.0
"""Seconds that a report over 100,000 judgments may take (processor time)."""


def of(thousands: int) -> AuditData:
    """So many thousand judgments: three of ten of attributes, four of relevance, three of pairs."""
    return with_baselines(simulated(thousands * 300, thousands * 20, 20, thousands * 300))


def seconds(data: AuditData, runs: int = 7) -> list[float]:
    """Processor time of each of ``runs`` reports."""
    found = []
    for _ in range(runs):
        start = time.process_time()
        build_report(data, now=datetime.now(UTC), app_version="0")
        found.append(time.process_time() - start)
    return found


def one_pass(data: AuditData) -> float:
    """Processor time of looking at each of the person's answers once, in Python; best of five."""
    found = []
    for _ in range(5):
        start = time.process_time()
        sum(verdict == "ok" for verdict in data.attributes.verdict)
        sum(bool(yes) for yes in data.relevance.relevant)
        sum((rating or 0) > 3 for rating in data.responses.rating)
        found.append(time.process_time() - start)
    return min(found)


def main(arguments: list[str] | None = None) -> None:
    """Print seconds and how they grow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--thousands", type=int, default=100, help="judgments, in thousands")
    most = parser.parse_args(arguments).thousands
    build_report(simulated(), now=datetime.now(UTC), app_version="0")  # imports
    best = {}
    for thousands in (max(1, most // 10), most):
        data = of(thousands)
        runs = seconds(data)
        best[thousands] = min(runs)
        print(
            f"{thousands * 1000:>8,} judgments and {len(data.models.kind):,} of models: "
            f"{min(runs):.2f} s best, {max(runs):.2f} s worst of {len(runs)} (processor time); "
            f"{min(runs) / one_pass(data):.0f} × one pass over the columns; "
            f"{min(runs) / LIMIT:.2f} of the limit"
        )
    few, many = best
    print(f"{many / few:.0f} times as many judgments: {best[many] / best[few]:.1f} times as long")


if __name__ == "__main__":
    main()
