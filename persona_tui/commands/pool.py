"""``persona-tui pool``: many donations together, for those who receive them."""

from __future__ import annotations

from pathlib import Path

import click

from persona_tui.commands._common import visible
from persona_tui.errors import UsageError


@click.command("pool")
@click.argument("bundles", nargs=-1, required=True, metavar="BUNDLE…")
@click.option("--out", required=True, metavar="DIR", help="Where the release goes; must not exist.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True,
              help="DuckDB in this process, or Spark.")  # fmt: skip
@click.option("--master", metavar="URL", help="Of Spark; 'local[*]' if left out.")
@click.option("--k", type=click.IntRange(2, 1000), default=5, show_default=True,
              help="Hold back what fewer donors share.")  # fmt: skip
@click.option("--withdrawn", multiple=True, metavar="FILE|DIR",
              help="A withdrawal request, or a directory of them; may be repeated.")  # fmt: skip
@click.option("--epsilon", type=click.FloatRange(0.01, 50),
              help="Differentially private figures, and no tables.")  # fmt: skip
@click.option("--texts", is_flag=True, help="Release redacted texts, too.")
@click.option("--memory", type=click.FloatRange(0.5), default=4.0, show_default=True,
              help="Gigabytes that the engine may use.")  # fmt: skip
def command(
    bundles: tuple[str, ...],
    out: str,
    engine: str,
    master: str | None,
    k: int,
    withdrawn: tuple[str, ...],
    epsilon: float | None,
    texts: bool,
    memory: float,
) -> None:
    """Verify donated bundles and pool them: tables, figures over all donors, a report, a card.

    A BUNDLE is a directory, a .zip, or a directory of bundles. Broken ones are refused with a
    sentence each, and the others are pooled. Needs the extra [pool]; Spark needs [cluster] and Java.
    """
    from datetime import UTC, datetime

    from persona_tui import __version__
    from persona_tui.pool.options import PoolOptions
    from persona_tui.pool.run import pool

    if master is not None and engine != "spark":
        raise UsageError("--master is of Spark: add --engine spark, or leave it out.")
    if epsilon is not None and texts:
        raise UsageError("--epsilon releases no tables, so --texts has no use: leave one out.")
    options = PoolOptions(
        [Path(one).expanduser() for one in bundles],
        Path(out).expanduser(),
        "spark" if engine == "spark" else "duckdb",
        master or "local[*]",
        k,
        [Path(one).expanduser() for one in withdrawn],
        epsilon,
        texts,
        memory,
    )
    done = pool(options, now=datetime.now(UTC), app_version=__version__)
    for sentence in (*done.refused, *done.warnings):
        click.echo(f"Note: {visible(sentence)}", err=True)
    left_out = [
        f"{count:,} {what}"
        for count, what in (
            (len(done.refused), "refused"),
            (done.withdrawn, "withdrawn"),
            (done.duplicates, "given twice"),
            (done.dropped_rows, "rows that stood in two bundles"),
        )
        if count
    ]
    click.echo(
        f"Pooled {done.donors:,} donations"
        + (f"; left out: {', '.join(left_out)}." if left_out else "."),
        err=True,
    )
    if done.all_held_back:
        click.echo(
            f"Every figure is held back, because fewer than {k} donors share it: pool more donations, "
            "or lower --k if you keep the result to yourself.",
            err=True,
        )
    click.echo(f"Written to {visible(str(options.out))}.", err=True)
