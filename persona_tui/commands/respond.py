"""``persona-tui respond``: write pairs of answers ahead, for comparing."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

import click

from persona_tui.commands._common import emit
from persona_tui.errors import UsageError, UserError

ARMS = ("relevant", "all", "model", "personal", "models")


@click.command("respond")
@click.option("--count", type=click.IntRange(min=1), default=2, show_default=True,
              help="How many pairs to write now.")  # fmt: skip
@click.option("--arm", type=click.Choice(ARMS), help="What the personalized answer is told.")
@click.option("--model", help="Which model writes, as 'models list' names it.")
@click.option("--other-model", help="The second model, for --arm models.")
@click.option("--prompt", "prompt_id", metavar="ID", help="Only for this prompt.")
@click.option("--yes", is_flag=True, help="Send words to a model that is not on this machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a pair (nothing unblinds).")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    count: int,
    arm: str | None,
    model: str | None,
    other_model: str | None,
    prompt_id: str | None,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a generic and a personalized answer to prompts that you have judged relevance for.

    They wait for 'persona-tui compare'. Ctrl+C stops: finished pairs are kept.
    """
    try:
        made = asyncio.run(
            _run(count, arm, model, other_model, prompt_id, yes=yes, as_json=as_json, quiet=quiet)
        )
    except KeyboardInterrupt:
        click.echo("\nStopped. Finished pairs are kept.", err=True)
        raise click.exceptions.Exit(130) from None
    if not made:
        raise UserError(
            "There is no prompt left to answer: finish another prompt with at least one yes "
            "(persona-tui relevance), or choose another --arm."
        )
    if not quiet:
        click.echo(
            f"Wrote {made} {'pair' if made == 1 else 'pairs'}: persona-tui compare.", err=True
        )


async def _run(
    count: int,
    arm: str | None,
    model: str | None,
    other_model: str | None,
    prompt_id: str | None,
    *,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    from persona_tui.config import load_settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs import pair_orders
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.responding import make_ahead
    from persona_tui.paths import default_paths
    from store import user_prompts

    paths = default_paths()
    settings = load_settings(paths)
    db = StoreThread(paths.database)
    await db.open()
    backends = Backends(settings, paths)
    made = 0
    try:
        backend = backends.get(model) if model else backends.for_task("compare")
        other = backends.get(other_model) if other_model else backends.for_task("compare_other")
        wanted = arm or settings.compare.arm
        if wanted == "models" and other is backend:
            raise UsageError(pair_orders.NO_SECOND)
        used = (backend, other) if wanted == "models" else (backend,)
        hosts = pair_orders.hosts(used)
        if hosts and not yes:
            what = "Prompts" if wanted == "models" else "Prompts and attributes"
            raise UsageError(
                f"{what} would be sent to {', '.join(hosts)}: add --yes if you want that."
            )
        if prompt_id is not None:
            prompt_id = (await db.run(user_prompts.get, prompt_id)).prompt_id
        steps = make_ahead(
            db, settings, backend=backend, other=other, embedder=backends.embedder, count=count,
            arm=wanted, prompt_id=prompt_id,  # type: ignore[arg-type]
        )  # fmt: skip
        async with aclosing(steps):
            async for step in steps:
                if not quiet and sys.stderr.isatty():
                    click.echo(f"\r\x1b[Kpair {made + 1}: {step.characters} characters", err=True,
                               nl=False)  # fmt: skip
                if step.pair is not None:
                    made += 1
                    if as_json:
                        emit({"pair_id": step.pair.pair_id, "prompt_id": step.pair.prompt_id,
                              "arm": step.pair.arm})  # fmt: skip
    finally:
        if not quiet and sys.stderr.isatty():
            click.echo("\r\x1b[K", err=True, nl=False)
        await backends.close()
        await db.close()
    return made
