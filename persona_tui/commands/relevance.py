"""``persona-tui relevance``: judge which attributes matter, on the full screen or line by line."""

from __future__ import annotations

import sys

import click

from persona_tui.commands._common import journal


@click.command("relevance")
@click.option("--plain", is_flag=True, help="Line by line: for screen readers, pipes and phones.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many answers (--plain).")
@click.option("--prompt", "prompt_id", metavar="ID", help="Begin with this prompt (--plain).")
def command(plain: bool, limit: int | None, prompt_id: str | None) -> None:
    """Judge which of your accepted attributes should change the answer to a prompt.

    Goes on where you left. With --plain it reads one answer a line from standard input ('?' lists
    them); every answer is saved before the next question. What models say of the same is shown when
    you have finished a prompt, never before.
    """
    if not plain:
        if limit is not None or prompt_id is not None:
            raise click.UsageError("--limit and --prompt go with --plain.")
        from persona_tui.launch import run_app

        raise click.exceptions.Exit(run_app("relevance"))
    from persona_tui.config import load_settings
    from persona_tui.jobs.prompts import add_bank
    from persona_tui.paths import default_paths
    from persona_tui.plain.relevance import PlainRelevance
    from store import user_prompts

    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # a stray byte in a pipe is no reason to stop
    settings = load_settings(default_paths())
    with journal() as store:
        add_bank(store)
        chosen = None if prompt_id is None else user_prompts.get(store, prompt_id).prompt_id
        PlainRelevance(
            store,
            settings.judging,
            sys.stdin,
            sys.stdout,
            prompt=sys.stdin.isatty() and sys.stdout.isatty(),
            prompt_id=chosen,
        ).run(limit=limit)
