"""From tables to what is released: figures and, unless they are private, tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from persona_tui.pool import (
    figures1,
    figures2,
    figures3,
    figures_private,
    figures_quality,
    private,
)
from persona_tui.pool.engine import Engine
from persona_tui.pool.maker import Maker
from persona_tui.pool.options import PoolOptions
from persona_tui.pool.release import Released, write_tables
from persona_tui.pool.result import Pooled, Privacy
from persona_tui.pool.sums import Sums, compute
from persona_tui.report.model import Report


def make(
    engine: Engine, options: PoolOptions, folder: Path, *, now: datetime, app_version: str
) -> Pooled:
    """Figures of the tables of ``engine``; the tables themselves are written under ``folder``,
    unless the figures are private."""
    sums = compute(engine)
    if options.epsilon is not None:
        noisy = private.released(sums, options.epsilon)
        figures = figures_private.build(noisy, options.k, options.epsilon)
        report = Report(now, app_version, tuple(figures), (), {}, _private_notes(options.epsilon))
        return Pooled(report, {}, options.k, (), privacy=Privacy(options.epsilon, noisy))
    tables = tuple(write_tables(engine, folder / "data", k=options.k, texts=options.texts))
    report, donors = exact_report(sums, options.k, now=now, app_version=app_version)
    counts = {
        f"{one.table}.{what}": getattr(one, what) for one in tables for what in ("rows", "donors")
    }
    report = Report(
        now, app_version, report.figures, report.plots, counts, _notes(options, bool(tables))
    )
    return Pooled(report, donors, options.k, _licenses(engine, tables), tables, options.texts)


def exact_report(
    sums: Mapping[str, Sums], k: int, *, now: datetime, app_version: str
) -> tuple[Report, dict[str, int]]:
    """All figures over donors, and how many donors each rests on."""
    made = Maker(k)
    for part in (figures1, figures2, figures3, figures_quality):
        part.build(made, sums)
    return Report(now, app_version, tuple(made.figures), tuple(made.plots), {}), made.donors


def _notes(options: PoolOptions, any_tables: bool) -> tuple[str, ...]:
    k = options.k
    if not any_tables:
        return (
            f"Fewer than {k} donors gave judgments: every figure and every table is held back.",
        )
    said = (
        f"What fewer than {k} donors share is held back. A donor is one bundle: somebody who gave twice "
        "counts as two."
    )
    return (said,)


def _private_notes(epsilon: float) -> tuple[str, ...]:
    said = (
        f"These figures are ε-differentially private (ε = {epsilon:g}, one donor added or removed): "
        "noise was added, and no exact figure is part of this release."
    )
    return (said,)


def _licenses(engine: Engine, tables: tuple[Released, ...]) -> tuple[str, ...]:
    """What donors consented to, if anything of theirs is released."""
    if not tables:
        return ()
    who: Any = engine.tables["contributors"]
    rows = engine.fetch(who.select("license").distinct()).to_pylist()
    return tuple(sorted(row["license"] for row in rows))
