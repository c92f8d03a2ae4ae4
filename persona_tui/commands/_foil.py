"""One ``persona-tui foil run``: play, bring the truth up to date, let a model judge."""

from __future__ import annotations

import sys
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from persona_tui.errors import UsageError, UserError
from widgets.safe import counted

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.costs import Price
    from persona_tui.jobs.foil.judging import FoilJudgeStep
    from persona_tui.jobs.foil.playing import FoilPlan, FoilStep


@dataclass
class FoilRun:
    """The options, and what came of it. ``judge``, prices and budgets are of the judging model."""

    count: int | None
    keys: tuple[str, ...]
    own: bool
    turns: int
    model: str | None
    judge: str | None
    max_usd: float | None
    max_tokens: int | None
    price_in: float | None
    price_out: float | None
    estimate: bool
    yes: bool
    quiet: bool
    personas: int = field(default=0, init=False)
    found: int = field(default=0, init=False)
    _drawn: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Raises :class:`persona_tui.errors.UserError`, :class:`models.errors.ModelError`."""
        from persona_tui.config import load_settings
        from persona_tui.db import StoreThread
        from persona_tui.jobs.backends import Backends
        from persona_tui.paths import default_paths
        from persona_tui.stages.foil.personas import PERSONAS, find

        for key in self.keys:
            if find(key) is None:
                names = ", ".join(one.key for one in PERSONAS)
                raise UsageError(f"There is no persona '{key}'; there are {names}.")
        paths = default_paths()
        settings = load_settings(paths)
        price = self._price(settings)
        db = StoreThread(paths.database)
        await db.open()
        backends = Backends(settings, paths)
        try:
            await self._all(db, backends, settings, price)
        finally:
            await backends.close()
            await db.close()

    def _price(self, settings: Settings) -> Price | None:
        from persona_tui.jobs.costs import price_of

        limits = (self.max_usd, self.max_tokens, self.price_in, self.price_out)
        if self.judge is None and any(one is not None for one in limits):
            raise UsageError("Prices and limits are those of a judge: name one with --judge.")
        price = price_of(settings.models.get(self.judge or ""), self.price_in, self.price_out)
        if self.max_usd is not None and price is None:
            raise UsageError(
                f"What {self.judge} costs is not known: give --price-in and --price-out, or set "
                f"models.{self.judge}.usd_per_million_input."
            )
        return price

    async def _all(
        self, db: StoreThread, backends: Backends, settings: Settings, price: Price | None
    ) -> None:
        from persona_tui.jobs.foil.playing import offered_prompts, own_statements, plan, run_foil
        from persona_tui.jobs.foil.truth import refresh

        user = backends.get(self.model or settings.chat.model)
        assistant = backends.for_task("chat")
        extractor = backends.for_task("extraction")
        judge = None if self.judge is None else backends.get(self.judge)
        mine = await db.run(own_statements)
        if self.own and not mine:
            raise UserError(
                "Your profile is empty: judge what was inferred about you first "
                "(persona-tui review)."
            )
        await self._may_send(db, [user, assistant, extractor], judge)
        todo = await plan(
            db, user, assistant, extractor, settings, turns=self.turns, count=self.count,
            keys=self.keys, own=mine if self.own else (),
        )  # fmt: skip
        await self._estimate(db, todo, judge, price)
        if self.estimate:
            return
        steps = run_foil(
            db, todo, user=user, assistant=assistant, extractor=extractor,
            embedder=backends.embedder, settings=settings,
        )  # fmt: skip
        async with aclosing(steps):
            async for step in steps:
                self._show(step)
        self.wipe()
        await refresh(db, backends.embedder, await db.run(offered_prompts), mine)
        if todo.personas:
            click.echo(
                f"Played {counted(self.personas, 'synthetic user')}; inferred from them: "
                f"{counted(self.found, 'attribute')}.",
                err=True,
            )
        elif self.count != 0:
            click.echo(f"All {todo.played} were played before.", err=True)
        if judge is not None:
            await self._judge(db, judge, price)
        click.echo("See persona-tui report.", err=True)

    async def _may_send(
        self, db: StoreThread, players: list[Backend], judge: Backend | None
    ) -> None:
        """Only one's own profile is one's own words; what models play of the bank is nobody's."""
        from persona_tui.stages.foil.personas import OWN
        from store import synthetic

        there = any(one.persona_key == OWN for one in await db.run(synthetic.conversations))
        asked = [
            *(players if self.own else ()),
            *([judge] if judge and (self.own or there) else ()),
        ]
        hosts = {one.describe().where for one in asked if not one.describe().local}
        if hosts and not self.yes and not self.estimate:
            raise UsageError(
                f"Your profile would be sent to {', '.join(sorted(hosts))}: add --yes if you "
                "want that."
            )

    async def _estimate(
        self, db: StoreThread, todo: FoilPlan, judge: Backend | None, price: Price | None
    ) -> None:
        if self.quiet and not self.estimate:
            return
        sent, written = todo.tokens
        if todo.personas:
            self._say(
                f"{counted(len(todo.personas), 'synthetic user')} to play "
                f"(played before: {todo.played}): "
                f"{todo.answers} messages, about {sent:,} tokens to send and {written:,} to write at "
                "most, besides those for inferring."
            )
        if judge is None:
            return
        from persona_tui.jobs.costs import money
        from persona_tui.jobs.foil.judging import expected, judge_plan

        plan = await judge_plan(db, judge)
        more, tokens = expected(len(todo.personas), todo.turns, judge)
        cost = None if price is None else price.of(plan.tokens + tokens, plan.written + more)
        self._say(
            f"To judge: {plan.questions} verdicts on what was played ({plan.known} are there) and "
            f"about {more} on what is to be played: about {plan.tokens + tokens:,} tokens to send"
            + (f", {money(cost)}." if cost is not None else ".")
        )

    def _say(self, text: str) -> None:
        click.echo(text, err=not self.estimate)

    async def _judge(self, db: StoreThread, judge: Backend, price: Price | None) -> None:
        from persona_tui.jobs.foil.judging import judge_plan, judge_played

        last: FoilJudgeStep | None = None
        plan = await judge_plan(db, judge)
        steps = judge_played(
            db, judge, plan, price=price, max_usd=self.max_usd, max_tokens=self.max_tokens
        )
        async with aclosing(steps):
            async for last in steps:
                self._line(_judged(last))
        self.wipe()
        if last is None:
            click.echo(f"Nothing new to judge: {plan.known} verdicts are there.", err=True)
            return
        why = " Stopped: more might go over the budget." if last.stopped else ""
        if last.skipped:
            why += f" {last.skipped} skipped: too long for the model, or no answer that counts."
        click.echo(f"{_judged(last, over=True)}.{why}", err=True)

    def _show(self, step: FoilStep) -> None:
        from persona_tui.jobs.progress import time_text

        if step.done:
            self.personas += 1
            self.found += len(step.attributes)
        left = time_text(step.progress.seconds_left)
        line = f"{step.persona}: {step.progress.done} of {step.progress.total} messages"
        line += f", {step.sent + step.written:,} tokens" if step.sent else ""
        self._line(f"{line} · {left}" if left else line)

    def _line(self, text: str) -> None:
        if self.quiet or not sys.stderr.isatty():
            return
        self.wipe()
        click.echo(text, err=True, nl=False)
        self._drawn = True

    def wipe(self) -> None:
        """Take the line of progress away."""
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._drawn = False


def _judged(step: FoilJudgeStep, *, over: bool = False) -> str:
    from persona_tui.jobs.costs import money
    from persona_tui.jobs.progress import time_text

    left = "" if over else time_text(step.progress.seconds_left)
    line = f"{step.progress.done} of {step.progress.total} verdicts, {step.sent:,} tokens"
    line += f", {money(step.cost)}" if step.cost is not None else ""
    return f"{line} · {left}" if left else line
