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
    them); every answer is saved before the next question. What BM25, sentence embeddings and the
    model of this machine say of the same is shown when you have finished a prompt, never before.
    """
    if not plain:
        if limit is not None or prompt_id is not None:
            raise click.UsageError("--limit and --prompt go with --plain.")
        from persona_tui.launch import run_app

        raise click.exceptions.Exit(run_app("relevance"))
    from persona_tui.config import load_settings
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.relevance.beside import Beside
    from persona_tui.paths import default_paths
    from persona_tui.plain.relevance import PlainRelevance
    from store import user_prompts

    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # a stray byte in a pipe is no reason to stop
    paths = default_paths()
    settings = load_settings(paths)
    is_person = sys.stdin.isatty() and sys.stdout.isatty()
    with (
        journal() as store,
        Beside(paths.database, settings.judging, lambda: Backends(settings, paths)) as beside,
    ):
        note = beside.prepare()
        if note is not None:
            click.echo(note, err=True)
        chosen = None if prompt_id is None else user_prompts.get(store, prompt_id).prompt_id
        PlainRelevance(
            store,
            settings.judging,
            sys.stdin,
            sys.stdout,
            prompt=is_person,
            prompt_id=chosen,
            beside=beside,
        ).run(limit=limit)
        if is_person:
            click.echo("Models judge what they have not yet (Ctrl+C leaves that for later) …")
        beside.finish()
