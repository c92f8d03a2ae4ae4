"""``persona-tui compare``: compare two answers, blinded, on the full screen or line by line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import journal

if TYPE_CHECKING:
    from store.audit import Arm


@click.command("compare")
@click.option("--plain", is_flag=True, help="Line by line: for screen readers, pipes and phones.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many pairs (--plain).")
@click.option(
    "--arm",
    type=click.Choice(["relevant", "all", "model", "personal", "models"]),
    help="Only pairs of this kind (--plain).",
)
def command(plain: bool, limit: int | None, arm: Arm | None) -> None:
    """Compare two answers to one prompt, without knowing which is personalized.

    Goes on where you left. With --plain it reads one answer a line from standard input ('?' lists
    them); every answer is saved before the next question. Which answer is which is told when a pair
    is finished, never before.
    """
    if not plain:
        if limit is not None or arm is not None:
            raise click.UsageError("--limit and --arm go with --plain.")
        from persona_tui.launch import run_app

        raise click.exceptions.Exit(run_app("compare"))
    from persona_tui.config import load_settings
    from persona_tui.paths import default_paths
    from persona_tui.plain.compare import PlainCompare

    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # a stray byte in a pipe is no reason to stop
    settings = load_settings(default_paths())
    with journal() as store:
        tty = sys.stdin.isatty() and sys.stdout.isatty()
        PlainCompare(store, settings.judging, sys.stdin, sys.stdout, prompt=tty, arm=arm).run(limit)
