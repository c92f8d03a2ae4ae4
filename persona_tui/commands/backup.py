"""``persona-tui backup``: a copy of the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from persona_tui.commands._common import emit, journal
from persona_tui.paths import default_paths


@click.command("backup")
@click.argument("target", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object: path and size.")
def command(target: Path | None, as_json: bool) -> None:
    """Write a complete copy of the journal to TARGET (a file that does not exist yet).

    Without TARGET it goes to the backups directory, named by the time. The copy is made while the
    app may be running, and only you can read it. 'forget' does not reach into copies.
    """
    from store.backup import backup

    if target is None:
        target = default_paths().backups / f"persona-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"
    elif target.is_dir():
        target = target / f"persona-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"
    with journal() as store:
        path = backup(store, target)
    size = path.stat().st_size
    if as_json:
        emit({"path": str(path), "bytes": size})
    else:
        click.echo(f"Wrote {path} ({size / 1e6:.1f} MB). Keep it as private as the journal itself.")
