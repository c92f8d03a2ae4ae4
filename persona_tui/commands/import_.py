"""``persona-tui import``: chats from other programs into the journal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit, journal, visible
from persona_tui.errors import UserError
from persona_tui.importers.base import FORMATS

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from persona_tui.jobs.importing import ImportProgress, ImportReport
    from store.db import Store

_LISTED = 20

Show = Callable[["ImportProgress"], None]


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="The format, where it is not to be detected.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a PATH, one a line.")
@click.option("--quiet", is_flag=True, help="No progress, and no summary unless with --json.")
def command(paths: tuple[Path, ...], format_: str | None, as_json: bool, quiet: bool) -> None:
    """Import the chats at PATH: a file, a folder or an export's zip.

    ChatGPT and Claude exports, WildChat (JSONL, Parquet), ShareGPT, OpenAI-style JSONL, databases
    of the llm tool, and transcripts in Markdown or plain text. Importing the same again adds
    nothing; a chat that has grown is brought up to date and keeps its judgments. What cannot be
    read is listed with its place, and the rest goes in.

    Exit code 0 if anything could be read, 1 if nothing could.
    """
    handled = 0
    with journal() as store:
        for path in paths:
            report = _one(store, path, format_, quiet)
            if report is None:
                continue
            handled += report.handled
            if as_json:
                emit(report.as_json())
            elif not quiet:
                _summary(path, report, name_it=len(paths) > 1)
    if not handled:
        raise click.exceptions.Exit(1)


def _one(store: Store, path: Path, format_: str | None, quiet: bool) -> ImportReport | None:
    """Import one path; an error is told on standard error, and the next path gets its turn."""
    from persona_tui.jobs.importing import import_path

    report: ImportReport | None = None
    try:
        with _shown(path, quiet) as show:
            for progress in import_path(store, path, format=format_):
                show(progress)
                report = progress.report or report
    except UserError as error:
        click.echo(f"persona-tui: {visible(str(error))}", err=True)
    return report


def _summary(path: Path, report: ImportReport, *, name_it: bool) -> None:
    counts = report.counts
    prefix = f"{visible(str(path))}: " if name_it else ""
    click.echo(
        f"{prefix}{_counted(counts.added, 'conversation')} added, {counts.updated} updated, "
        f"{counts.unchanged} unchanged; {_counted(counts.messages_added, 'message')} added "
        f"({report.format}, {report.seconds:.1f} s)."
    )
    if report.skipped_total:
        click.echo(f"Skipped {report.skipped_total}:")
    for item in report.skipped[:_LISTED]:
        click.echo(f"  {visible(item.position)}: {visible(item.reason)}")
    if report.skipped_total > _LISTED:
        click.echo(f"  … and {report.skipped_total - _LISTED} more; --json lists the first 1,000.")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _shown(path: Path, quiet: bool) -> AbstractContextManager[Show]:
    if quiet or not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    return _Bar(path)


class _Bar:
    """A progress bar with the time left, on standard error."""

    def __init__(self, path: Path) -> None:
        self._name = visible(path.name)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Show:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(self._name, total=None, note="")
        self._bar.start()
        return self._show

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self, progress: ImportProgress) -> None:
        from persona_tui.jobs.progress import time_text

        if self._bar is None or self._task is None:
            return
        note = time_text(progress.seconds_left)
        if progress.skipped:
            note += f" · {progress.skipped} skipped"
        self._bar.update(self._task, total=progress.total, completed=progress.done, note=note)
