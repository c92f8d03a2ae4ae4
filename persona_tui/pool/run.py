"""Pooling from bundles to a release."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from persona_tui.errors import UserError
from persona_tui.pool.incoming import Incoming
from persona_tui.pool.options import PoolOptions
from persona_tui.pool.staging import Staging
from persona_tui.pool.withdrawals import read_requests


@dataclass(frozen=True, slots=True)
class Account:
    """What happened to the bundles: for whoever runs it, and nowhere in the release."""

    donors: int
    withdrawn: int
    duplicates: int
    """Bundles that came twice."""
    dropped_rows: int
    """Rows that stood in two bundles."""
    refused: tuple[str, ...]
    warnings: tuple[str, ...]
    all_held_back: bool


def pool(options: PoolOptions, *, now: datetime, app_version: str) -> Account:
    """Read, verify, count, and write ``options.out``. Raises
    :class:`~persona_tui.errors.UserError`."""
    check_packages()
    from persona_tui.pool.compute import make
    from persona_tui.pool.duplicates import without_duplicates
    from persona_tui.pool.engine import connect
    from persona_tui.pool.output import making, write

    requests = read_requests(options.withdrawn)
    with making(options.out) as folder, _workdir(folder) as work:
        incoming = Incoming(requests, work)
        with Staging(work / "staged", texts=options.texts) as staging:
            for bundle in incoming.accepted(options.bundles):
                staging.add(bundle)
        if not staging.donors:
            raise UserError(_nothing(incoming))
        with connect(
            options.engine, work / "staged", master=options.master, memory_gb=options.memory_gb,
            scratch=work / "scratch",
        ) as connected:  # fmt: skip
            # With ε a copied row stays with both donors: were it taken from one of them, a bundle would
            # change what others count, and the bound of one donor would not hold.
            engine, dropped = (
                without_duplicates(connected, work / "scratch")
                if options.epsilon is None
                else (connected, 0)
            )
            pooled = make(engine, options, folder, now=now, app_version=app_version)
        write(pooled, folder)
    return Account(
        staging.donors,
        incoming.withdrawn,
        incoming.duplicates,
        dropped,
        tuple(incoming.refused),
        tuple(incoming.warnings),
        all(one.value is None for one in pooled.report.figures),
    )


def check_packages() -> None:
    """Say before anything is read that the extra is not installed."""
    from persona_tui.pool.engine import NEEDS_POOL

    if any(importlib.util.find_spec(name) is None for name in ("ibis", "duckdb", "pyarrow")):
        raise UserError(NEEDS_POOL)


@contextmanager
def _workdir(folder: Path) -> Iterator[Path]:
    """Where bundles are unpacked and staged, on the disk of the release: a cluster must see it, too.
    Removed at the end: nothing that was held back stays."""
    work = folder / ".work"
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _nothing(incoming: Incoming) -> str:
    if incoming.refused:
        count = len(incoming.refused)
        if count == 1:
            return f"There is nothing to pool: {incoming.refused[0]}"
        return f"None of the bundles could be taken; {count} were refused, the first because: {incoming.refused[0]}"
    if incoming.withdrawn:
        return "All bundles were withdrawn: there is nothing to pool."
    return "There is no bundle to pool: name bundles, or a directory that holds some."
