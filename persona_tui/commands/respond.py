"""``persona-tui respond``: write pairs of answers ahead, for comparing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit, journal
from persona_tui.errors import UsageError, UserError

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.config import Settings
    from persona_tui.jobs.compare.cost import Spending
    from persona_tui.jobs.compare.orders import Order
    from store.audit import Arm

_NOTHING_LEFT = {
    "": (
        "There is no prompt left to answer: finish another prompt with at least one yes "
        "(persona-tui relevance), or choose another --arm."
    ),
    "personal": (
        "There is no prompt left on which your relevance model can be tried, because it would use "
        "nothing or has learned from them all: add prompts (persona-tui prompts add), or choose "
        "another --arm."
    ),
}
ARMS = ("relevant", "all", "model", "personal", "models")


@click.command("respond")
@click.option("--count", type=click.IntRange(min=1), default=2, show_default=True,
              help="How many pairs to write now.")  # fmt: skip
@click.option("--arm", type=click.Choice(ARMS), help="What the personalized answer is told.")
@click.option("--model", help="Which model writes, as 'models list' names it.")
@click.option("--other-model", help="The second model, for --arm models.")
@click.option("--prompt", "prompt_id", metavar="ID", help="Only for this prompt.")
@click.option("--max-usd", type=click.FloatRange(min=0), help="Stop before it costs more.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Stop before more tokens are used.")
@click.option("--price-in", type=click.FloatRange(min=0), help="US dollars a million tokens sent.")
@click.option("--price-out", type=click.FloatRange(min=0), help="The same for tokens written.")
@click.option("--estimate", is_flag=True, help="Only say what it would take.")
@click.option("--yes", is_flag=True, help="Send words to a model that is not on this machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a pair (nothing unblinds).")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    count: int,
    arm: str | None,
    model: str | None,
    other_model: str | None,
    prompt_id: str | None,
    max_usd: float | None,
    max_tokens: int | None,
    price_in: float | None,
    price_out: float | None,
    estimate: bool,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a generic and a personalized answer to prompts that you have judged relevance for.

    They wait for 'persona-tui compare'. Ctrl+C stops: finished pairs are kept. Costs and budgets are
    those of models that are not on this machine; --price-in and --price-out are for --model. No pair
    is begun that might go over a budget.
    """
    wanted = _Wanted(
        count, arm, model, other_model, prompt_id, max_usd, max_tokens, price_in, price_out,
        estimate, yes, as_json, quiet,
    )  # fmt: skip
    try:
        made, over = asyncio.run(_run(wanted))
    except KeyboardInterrupt:
        click.echo("\nStopped. Finished pairs are kept.", err=True)
        raise click.exceptions.Exit(130) from None
    if estimate:
        return
    if over and not quiet:
        click.echo("Stopped: another pair might go over the budget.", err=True)
    if not made:
        if over:
            raise UserError("No pair was written: the budget is too small for one.")
        broken = _unreadable() if arm == "personal" else None
        raise UserError(broken or _NOTHING_LEFT.get(arm or "", _NOTHING_LEFT[""]))
    if not quiet:
        click.echo(
            f"Wrote {made} {'pair' if made == 1 else 'pairs'}: persona-tui compare.", err=True
        )


def _unreadable() -> str | None:
    """What is wrong with the relevance model in use, if it cannot be read: the first thing to mend."""
    from persona_tui.jobs.learning.using import is_readable, unreadable
    from store import learned

    with journal() as store:
        found = learned.in_use(store, "relevance")
    return None if found is None or is_readable(found) else unreadable(found)


@dataclass(frozen=True, slots=True)
class _Wanted:
    count: int
    arm: str | None
    model: str | None
    other_model: str | None
    prompt_id: str | None
    max_usd: float | None
    max_tokens: int | None
    price_in: float | None
    price_out: float | None
    estimate: bool
    yes: bool
    as_json: bool
    quiet: bool


async def _run(wanted: _Wanted) -> tuple[int, bool]:
    """Pairs made, and whether the budget ended it."""
    from persona_tui.config import load_settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.compare import orders as pair_orders
    from persona_tui.jobs.compare.responding import make_ahead
    from persona_tui.paths import default_paths
    from store import user_prompts

    paths = default_paths()
    settings = load_settings(paths)
    db = StoreThread(paths.database)
    await db.open()
    backends = Backends(settings, paths)
    made, shown = 0, not wanted.quiet and sys.stderr.isatty()
    try:
        names = (
            wanted.model or backends.task_ref("compare"),
            wanted.other_model or backends.task_ref("compare_other"),
        )
        backend, other = backends.get(names[0]), backends.get(names[1])
        arm: Arm = wanted.arm or settings.compare.arm  # type: ignore[assignment]
        if arm == "models" and other is backend:
            raise UsageError(pair_orders.NO_SECOND)
        used = (backend, other) if arm == "models" else (backend,)
        hosts = pair_orders.hosts(used)
        spending = _spending(settings, wanted, names, used)
        prompt_id = wanted.prompt_id
        if prompt_id is not None:
            prompt_id = (await db.run(user_prompts.get, prompt_id)).prompt_id
        if hosts or wanted.estimate:
            todo = await db.run(
                partial(
                    pair_orders.orders, judging=settings.judging, compare=settings.compare,
                    arm=arm, prompt_id=prompt_id,
                )
            )  # fmt: skip
            if not wanted.quiet or wanted.estimate:
                click.echo(_estimate(spending, todo[: wanted.count], hosts), err=True)
        if wanted.estimate:
            return 0, False
        if hosts and not wanted.yes:
            what = "Prompts" if arm == "models" else "Prompts and attributes"
            raise UsageError(
                f"{what} would be sent to {', '.join(hosts)}: add --yes if you want that."
            )
        steps = make_ahead(
            db, settings, backend=backend, other=other, embedder=backends.embedder,
            count=wanted.count, arm=arm, prompt_id=prompt_id, spending=spending,
        )  # fmt: skip
        async with aclosing(steps):
            async for step in steps:
                if shown:
                    paid = f", {_cost(spending)}" if hosts else ""
                    line = f"pair {made + 1} of at most {wanted.count}: {step.characters} characters{paid}"
                    click.echo(f"\r\x1b[K{line}", err=True, nl=False)
                if step.pair is not None:
                    made += 1
                    if wanted.as_json:
                        emit({"pair_id": step.pair.pair_id, "prompt_id": step.pair.prompt_id,
                              "arm": step.pair.arm})  # fmt: skip
        return made, spending.over
    finally:
        if shown:
            click.echo("\r\x1b[K", err=True, nl=False)
        await backends.close()
        await db.close()


def _spending(
    settings: Settings, wanted: _Wanted, names: tuple[str, str], used: Sequence[Backend]
) -> Spending:
    from persona_tui.jobs.compare.cost import Spending, Writer
    from persona_tui.jobs.costs import price_of

    writers = []
    for place, (name, backend) in enumerate(zip(names, used, strict=False)):
        given = (wanted.price_in, wanted.price_out) if place == 0 else (None, None)
        price = price_of(settings.models.get(name), *given)
        remote = not backend.describe().local
        if remote and price is None and wanted.max_usd is not None:
            raise UsageError(
                f"What {name} costs is not known: give --price-in and --price-out, or set "
                f"models.{name}.usd_per_million_input."
            )
        writers.append(Writer(remote, price))
    return Spending(
        writers[0], writers[-1], settings.compare.max_tokens,
        max_usd=wanted.max_usd, max_tokens=wanted.max_tokens,
    )  # fmt: skip


def _estimate(spending: Spending, todo: Sequence[Order], hosts: Sequence[str]) -> str:
    from persona_tui.jobs.costs import money

    tokens, usd = spending.estimate(todo)
    pairs = f"{len(todo)} {'pair' if len(todo) == 1 else 'pairs'} to write"
    if not hosts:
        return f"{pairs}, on this machine."
    cost = "price not known" if usd is None else f"about {money(usd)} at most"
    return (
        f"{pairs}: about {tokens.sent:,} tokens to send to {', '.join(hosts)}, at most "
        f"{tokens.written:,} to be written, {cost}."
    )


def _cost(spending: Spending) -> str:
    from persona_tui.jobs.costs import money

    tokens = f"{spending.tokens.sent + spending.tokens.written:,} tokens"
    return tokens if spending.usd is None else f"{tokens}, {money(spending.usd)}"
