"""``persona-tui report``: all figures, on the terminal or as a file to keep."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from persona_tui.commands._common import journal, visible
from persona_tui.errors import UsageError


@click.command("report")
@click.option("--html", is_flag=True, help="One self-contained HTML file.")
@click.option("--md", is_flag=True, help="Markdown.")
@click.option("--json", "as_json", is_flag=True, help="JSON (docs/report.md says how).")
@click.option("--output", "-o", metavar="FILE", help="Write to this file; '-' is standard output.")
@click.option("--method", is_flag=True, help="Say how each figure is computed (plain text).")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(
    html: bool, md: bool, as_json: bool, output: str | None, method: bool, force: bool
) -> None:
    """Report what your judgments show, each figure with its interval beside the study's.

    Plain text by default. HTML goes to a file unless standard output is a pipe. What cannot be
    computed yet says what is missing.
    """
    from persona_tui.jobs.reporting import rendered, report_now
    from persona_tui.paths import write_private

    forms = [name for name, on in (("html", html), ("md", md), ("json", as_json)) if on]
    if len(forms) > 1:
        raise UsageError("One report has one form: choose --html, --md or --json, not several.")
    form = forms[0] if forms else None
    if output is None and form == "html" and sys.stdout.isatty():
        output = "persona-report.html"
    path = None if output in (None, "-") else Path(output or "").expanduser()
    if path is not None and path.exists() and not force:
        raise UsageError(f"{path} is there already: add --force to replace it.")
    with journal() as store:
        report = report_now(store)
    if form is None:
        from persona_tui.report.text import as_text

        width = min(100, shutil.get_terminal_size().columns)
        text = as_text(report, method=method, width=width)
    else:
        text = rendered(report, form)
    if path is None:
        click.echo(text, nl=False)
        return
    write_private(path, text.encode("utf-8"))
    click.echo(f"Written to {visible(str(path))}.", err=True)
