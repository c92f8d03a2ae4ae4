"""``persona-tui judge``: let a model answer the questions that you were asked."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit
from persona_tui.errors import UsageError

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.costs import Price
    from persona_tui.jobs.judges.items import Plan
    from persona_tui.jobs.judges.judging import JudgeStep

STAGES = ("attribute", "relevance", "response", "all")


@click.command("judge")
@click.option(
    "--model", "ref", required=True, help="Which model judges, as 'models list' names it."
)
@click.option("--stage", type=click.Choice(STAGES), default="all", show_default=True,
              help="Which questions.")  # fmt: skip
@click.option("--detail/--no-detail", default=None,
              help="Ask about each attribute of a pair, too; if left out, where that is cheap: with "
              "models on this machine.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Also what you have not judged yourself.")
@click.option("--limit", type=click.IntRange(min=1), help="At most about this many verdicts now.")
@click.option("--max-usd", type=click.FloatRange(min=0), help="Stop before it costs more.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Stop before more tokens are used.")
@click.option("--price-in", type=click.FloatRange(min=0), help="US dollars a million tokens sent.")
@click.option("--price-out", type=click.FloatRange(min=0), help="The same for tokens written.")
@click.option("--estimate", is_flag=True, help="Only say what it would take.")
@click.option("--yes", is_flag=True, help="Send your words to a model that is not on this machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    ref: str,
    stage: str,
    detail: bool | None,
    everything: bool,
    limit: int | None,
    max_usd: float | None,
    max_tokens: int | None,
    price_in: float | None,
    price_out: float | None,
    estimate: bool,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Let a model answer what you were asked, in the same words: validity, relevance, comparisons.

    Pairs are asked in both orders; of an attribute that it does not accept it is asked what is wrong.
    An endpoint is asked several at once (remote.max_concurrency). What was asked before is not asked
    again, and a budget is never gone over. Ctrl+C stops after what is under way, a second one at once;
    what is done is kept. Its single verdicts are not shown here; the report sets them beside yours.
    """
    try:
        asyncio.run(
            _run(ref, stage, everything, limit, max_usd, max_tokens, price_in, price_out,
                 detail=detail, estimate=estimate, yes=yes, as_json=as_json, quiet=quiet)
        )  # fmt: skip
    except KeyboardInterrupt:
        click.echo("\nStopped. Run it again to go on where it stopped.", err=True)
        raise click.exceptions.Exit(130) from None


async def _run(
    ref: str,
    stage: str,
    everything: bool,
    limit: int | None,
    max_usd: float | None,
    max_tokens: int | None,
    price_in: float | None,
    price_out: float | None,
    *,
    detail: bool | None,
    estimate: bool,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    from persona_tui.config import load_settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.costs import price_of
    from persona_tui.jobs.judges.items import KINDS, plan
    from persona_tui.paths import default_paths

    paths = default_paths()
    settings = load_settings(paths)
    price = price_of(settings.models.get(ref), price_in, price_out)
    if max_usd is not None and price is None:
        raise UsageError(
            f"What {ref} costs is not known: give --price-in and --price-out, or set "
            f"models.{ref}.usd_per_million_input."
        )
    db = StoreThread(paths.database)
    await db.open()
    backends = Backends(settings, paths)
    try:
        backend = backends.get(ref)
        kinds = KINDS if stage == "all" else tuple(k for k in KINDS if k == stage)
        todo = await plan(db, backend, kinds, everything=everything, limit=limit, detail=detail)
        if not quiet or estimate:
            click.echo(_estimate(todo, price), err=not estimate)
        if estimate or not todo.items:
            return
        where = backend.describe()
        if not where.local and not yes:
            raise UsageError(
                f"Attributes, the words they rest on, prompts and answers would be sent to "
                f"{where.where}: add --yes if you want that."
            )
        last = await _judge(
            db, backend, todo, settings, price, max_usd, max_tokens,
            shown=not quiet and sys.stderr.isatty(),
        )  # fmt: skip
        if last is not None:
            _end(last, as_json=as_json, quiet=quiet)
            if last.stopped == "asked":
                raise click.exceptions.Exit(130)
    finally:
        await backends.close()
        await db.close()


async def _judge(
    db: StoreThread,
    backend: Backend,
    todo: Plan,
    settings: Settings,
    price: Price | None,
    max_usd: float | None,
    max_tokens: int | None,
    *,
    shown: bool,
) -> JudgeStep | None:
    from persona_tui.jobs.judges.judging import judge, width_of

    stop = asyncio.Event()
    last: JudgeStep | None = None
    steps = judge(
        db, backend, todo, price=price, max_usd=max_usd, max_tokens=max_tokens,
        at_once=width_of(backend, settings), stop=stop,
    )  # fmt: skip
    loop = asyncio.get_running_loop()

    def first_interrupt() -> None:
        """What is under way is paid: wait for it, unless asked again."""
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)
        click.echo("\nStopping after what is under way (Ctrl+C again: at once) …", err=True)

    with suppress(NotImplementedError):  # Windows: Ctrl+C stops at once
        loop.add_signal_handler(signal.SIGINT, first_interrupt)
    try:
        async with aclosing(steps):
            async for last in steps:
                if shown:
                    click.echo(f"\r\x1b[K{_progress(last)}", err=True, nl=False)
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)
        if shown:
            click.echo("\r\x1b[K", err=True, nl=False)
    return last


def _money(cost: float | None) -> str:
    from persona_tui.jobs.costs import money

    return "" if cost is None else f", {money(cost)}"


def _estimate(todo: Plan, price: Price | None) -> str:
    if not todo.items:
        return f"Nothing new to ask: {todo.known} verdicts are there."
    return (
        f"{todo.questions} verdicts to ask for ({todo.known} are there): about {todo.tokens:,} tokens "
        f"to send{_money(todo.cost(price))}."
    )


def _progress(step: JudgeStep) -> str:
    from persona_tui.jobs.progress import time_text

    left = time_text(step.progress.seconds_left)
    line = f"{step.progress.done} of {step.progress.total} verdicts, {step.sent:,} tokens"
    return line + _money(step.cost) + (f" · {left}" if left else "")


def _end(step: JudgeStep, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        emit(
            {
                "verdicts": step.progress.done,
                "of": step.progress.total,
                "tokens_sent": step.sent,
                "tokens_written": step.written,
                "cost_usd": step.cost,
                "stopped": step.stopped,
                "skipped": step.skipped,
            }
        )
    elif not quiet:
        why = " Stopped: more might go over the budget." if step.stopped == "budget" else ""
        if step.stopped == "asked":
            why = " Stopped. Run it again to go on."
        if step.skipped:
            why += f" {step.skipped} skipped: too long for the model, or no answer that counts."
        click.echo(f"{_progress(step)}.{why} See persona-tui report.", err=True)
