"""A judge beside everything else: one for the program, started and stopped by the person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from persona_tui.jobs.costs import Price, price_of
from persona_tui.jobs.judges.items import KINDS, Plan, plan
from persona_tui.jobs.judges.judging import JudgeStep, judge, width_of
from persona_tui.jobs.untended import show, why_it_ended
from store.audit import Kind

if TYPE_CHECKING:
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends

PATIENCE = 5.0
"""Seconds that leaving the program waits for answers that are paid."""


@dataclass(frozen=True, slots=True)
class JudgeOrder:
    """What the person wants asked, and of whom."""

    ref: str
    """The model, as the settings name it."""
    kinds: tuple[Kind, ...] = KINDS
    everything: bool = False
    """Also what the person has not judged."""
    detail: bool | None = None
    """Each attribute of a pair, too; ``None``: where that is cheap."""
    max_usd: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order would take, and where the words would go."""

    plan: Plan
    price: Price | None
    model: str
    where: str
    local: bool
    detail: bool
    """Whether each attribute of a pair is asked about."""

    @property
    def cost(self) -> float | None:
        return self.plan.cost(self.price)


async def estimate(
    db: StoreThread, backends: Backends, settings: Settings, order: JudgeOrder
) -> Estimate:
    """Look at what there is to ask; connects to nothing, and loads no model.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    from persona_tui.jobs.costs import shares_prefix

    backend = backends.get(order.ref)
    todo = await plan(db, backend, order.kinds, everything=order.everything, detail=order.detail)
    model = backend.describe()
    detail = shares_prefix(model) if order.detail is None else order.detail
    price = price_of(settings.models.get(order.ref))
    return Estimate(todo, price, model.name, model.where, model.local, detail)


async def run_order(
    db: StoreThread, backends: Backends, settings: Settings, order: JudgeOrder, stop: asyncio.Event
) -> AsyncGenerator[JudgeStep, None]:
    """Ask all of it. Raises as :func:`persona_tui.jobs.judges.judging.judge`."""
    found = await estimate(db, backends, settings, order)
    backend = backends.get(order.ref)
    steps = judge(
        db, backend, found.plan, price=found.price, max_usd=order.max_usd,
        max_tokens=order.max_tokens, at_once=width_of(backend, settings), stop=stop,
    )  # fmt: skip
    async with aclosing(steps):
        async for step in steps:
            yield step


@dataclass(frozen=True, slots=True)
class JudgingState:
    """What there is to say of it now."""

    order: JudgeOrder | None = None
    """The last one."""
    running: bool = False
    stopping: bool = False
    """No more is asked; what is under way is waited for."""
    step: JudgeStep | None = None
    stopped: bool = False
    """It ended before all was asked, because the person wanted it."""
    error: str | None = None


class BackgroundJudging:
    """See the module. Use from one event loop.

    Args:
        work: makes one run of :func:`run_order`.
        changed: called after each step, with the state as it is then.
    """

    def __init__(
        self,
        work: Callable[[JudgeOrder, asyncio.Event], AsyncGenerator[JudgeStep, None]],
        changed: Callable[[JudgingState], None],
    ) -> None:
        self.state = JudgingState()
        self._work = work
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._was_stopped = False

    def start(self, order: JudgeOrder) -> None:
        """Begin, or go on where it stopped. Nothing happens if one is at work."""
        if self._task is None or self._task.done():
            self._stop = asyncio.Event()
            self.state = JudgingState(order, running=True)
            self._task = asyncio.create_task(self._run(order, self._stop), name="judging")
            self._set()

    def ask_to_stop(self) -> None:
        """Ask nothing more; a second time, do not wait either for what is under way."""
        if self._task is None or self._task.done():
            return
        if self._stop.is_set():
            self._task.cancel()
        self._stop.set()
        self._set(stopping=True)

    async def stop(self, patience: float = PATIENCE) -> None:
        """Stop, waiting ``patience`` seconds for what is paid; what was answered is kept."""
        task = self._task
        if task is None or task.done():
            return
        self._stop.set()
        self._set(stopping=True)
        await asyncio.wait({task}, timeout=patience)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def _run(self, order: JudgeOrder, stop: asyncio.Event) -> None:
        error: str | None = None
        self._was_stopped = False
        try:
            error = await why_it_ended(
                self._judge(order, stop), "Judging", kept="what was answered is kept"
            )
        except asyncio.CancelledError:
            self._was_stopped = True
            raise
        finally:
            self._set(running=False, stopping=False, stopped=self._was_stopped, error=error)

    async def _judge(self, order: JudgeOrder, stop: asyncio.Event) -> None:
        async with aclosing(self._work(order, stop)) as steps:
            async for step in steps:
                self._was_stopped = step.stopped == "asked"
                self._set(step=step)

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        show(self._changed, self.state)
