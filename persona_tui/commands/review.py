"""``persona-tui review``: judge attributes, on the full screen or line by line."""

from __future__ import annotations

import sys

import click

from persona_tui.commands._common import journal


@click.command("review")
@click.option("--plain", is_flag=True, help="Line by line: for screen readers, pipes and phones.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many verdicts (--plain).")
def command(plain: bool, limit: int | None) -> None:
    """Judge what was inferred about you, one attribute at a time.

    Goes on where you left. With --plain it reads one answer a line from standard input ('?' lists
    them) and writes plain lines; every answer is saved before the next question, and the end of
    the input ends it.
    """
    if not plain:
        if limit is not None:
            raise click.UsageError("--limit goes with --plain.")
        from persona_tui.launch import run_app

        raise click.exceptions.Exit(run_app("review"))
    from persona_tui.config import load_settings
    from persona_tui.paths import default_paths
    from persona_tui.plain.review import PlainReview

    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # a stray byte in a pipe is no reason to stop
    settings = load_settings(default_paths())
    with journal() as store:
        PlainReview(
            store,
            sys.stdin,
            sys.stdout,
            prompt=sys.stdin.isatty() and sys.stdout.isatty(),
            config=settings.judging,
        ).run(limit=limit)
