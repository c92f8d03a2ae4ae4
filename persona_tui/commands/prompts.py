"""``persona-tui prompts``: what you are asked about in Relevance and Compare."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from persona_tui.commands._common import confirm, emit, journal, visible


@click.group("prompts")
def group() -> None:
    """Prompts to judge relevance for, and to compare answers to.

    They come from your own past chats, from a bank of everyday prompts, and from you.
    """


@group.command("list")
@click.option("--origin", type=click.Choice(["bank", "user", "message"]), help="Only these.")
@click.option("--removed", is_flag=True, help="Those that you removed, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(origin: str | None, removed: bool, as_json: bool) -> None:
    """List the prompts that there are."""
    from persona_tui.jobs.prompts import add_bank
    from store import user_prompts

    with journal() as store:
        add_bank(store)
        for one in user_prompts.list_all(store, origin=origin, removed=removed):  # type: ignore[arg-type]
            if as_json:
                emit(
                    {
                        "prompt_id": one.prompt_id,
                        "prompt": one.text,
                        "origin": one.origin,
                        "topic": one.topic,
                        "personal": one.personal,
                        "bank_key": one.bank_key,
                        "removed": one.removed_at is not None,
                    }
                )
            else:
                mark = " (removed)" if one.removed_at else ""
                words = visible(one.text)
                short = words if len(words) <= 90 else words[:89] + "…"
                click.echo(f"{one.prompt_id}  {one.origin:8}{short}{mark}")


@group.command("add")
@click.argument("text")
def add(text: str) -> None:
    """Add a prompt; '-' reads one from standard input."""
    from store import user_prompts

    if text == "-":
        text = sys.stdin.read()
    with journal() as store:
        click.echo(user_prompts.add(store, text).prompt_id)


@group.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_(files: tuple[Path, ...]) -> None:
    """Add the prompts of files: text (one a line, or blocks between blank lines), CSV, JSON, JSONL.

    In CSV and JSON the prompt is in a field called 'prompt' or 'text'.
    """
    from persona_tui.jobs.prompts import import_file

    with journal() as store:
        for path in files:
            new, known = import_file(store, path)
            also = f", {known} were there" if known else ""
            click.echo(f"{path.name}: {new} new {'prompt' if new == 1 else 'prompts'}{also}.")


@group.command("remove")
@click.argument("prompt_ids", nargs=-1, required=True, metavar="ID...")
def remove(prompt_ids: tuple[str, ...]) -> None:
    """Do not ask about a prompt any more; its words and what you judged on it stay (see forget)."""
    from store import user_prompts

    with journal() as store:
        for prompt_id in prompt_ids:
            click.echo(f"Removed: {visible(user_prompts.remove(store, prompt_id).text)}")


@group.command("restore")
@click.argument("prompt_ids", nargs=-1, required=True, metavar="ID...")
def restore(prompt_ids: tuple[str, ...]) -> None:
    """Ask about a removed prompt again."""
    from store import user_prompts

    with journal() as store:
        for prompt_id in prompt_ids:
            click.echo(f"Back: {visible(user_prompts.restore(store, prompt_id).text)}")


@group.command("forget")
@click.argument("prompt_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(prompt_id: str, yes: bool) -> None:
    """Delete a prompt for good, with your judgments on it, its answers and their comparisons.

    There is no undo. What models of your own learned goes along, and is learned again from what stays.
    One that was drawn from your chats is not drawn again; its words stay in the chat. One of the bank is emptied and not asked about any more.
    """
    from persona_tui.commands.train import learn_again, learned_kinds
    from persona_tui.errors import UserError
    from store import relevance, responses, user_prompts
    from store.forgetting import forget_prompt

    with journal() as store:
        found = user_prompts.get(store, prompt_id)
        judged = len(relevance.in_force(store, prompt_id=found.prompt_id))
        pairs = sum(pair.prompt_id == found.prompt_id for pair in responses.pairs(store))
        along = f"{judged} judgments on relevance and {pairs} pairs of answers go along."
        confirm(f"Forget '{visible(found.text)}' for good? {along}", yes=yes)
        learned = learned_kinds(store)
        gone = forget_prompt(store, found.prompt_id)
    click.echo(f"Forgotten: the prompt, {gone.judgments} judgments, {pairs} pairs of answers.")
    for path in gone.backups_remaining:
        click.echo(f"An older copy remains and may hold them: {path}")
    learn_again(learned)
    if gone.note is not None:
        raise UserError(gone.note)


@group.command("draw")
@click.option("--count", type=click.IntRange(1, 1000), default=40, show_default=True,
              help="How many of them there shall be.")  # fmt: skip
def draw(count: int) -> None:
    """Draw openings of your own past chats at random; near-duplicates are dropped."""

    async def work() -> int:
        from models.embeddings import default_embedder
        from persona_tui.db import StoreThread
        from persona_tui.jobs.prompts import draw_own
        from persona_tui.paths import default_paths

        async with StoreThread(default_paths().database) as db:
            return await draw_own(db, default_embedder(), count)

    new = asyncio.run(work())
    click.echo(f"{new} of your own prompts were drawn." if new else "There is none to draw.")
