"""Letting a model answer the questions of the protocol: several at once, resumable, within a budget."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from persona_tui.jobs.costs import Budget, Price, Tokens
from persona_tui.jobs.judges.asking import Asking, Outcome
from persona_tui.jobs.judges.items import Plan
from persona_tui.jobs.progress import Meter, Progress
from store import runs
from store.audit import ModelJudgment

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread


@dataclass(frozen=True, slots=True)
class JudgeStep:
    """How far it is, and what it cost so far."""

    progress: Progress
    sent: int
    written: int
    cost: float | None
    rows: tuple[ModelJudgment, ...] = ()
    stopped: Literal["budget", "asked"] | None = None
    """Why it ends here: more might go over the budget, or the caller asked for it."""
    skipped: int = 0
    """Verdicts that the model did not give: too long for it, or none of the answers named."""


def width_of(backend: Backend, settings: Settings) -> int:
    """How many items to ask at once: an endpoint is used as far as it may be, a model here reads one
    after the other in any case."""
    return settings.remote.max_concurrency if backend.describe().backend == "endpoint" else 1


async def judge(
    db: StoreThread,
    backend: Backend,
    todo: Plan,
    *,
    price: Price | None = None,
    max_usd: float | None = None,
    max_tokens: int | None = None,
    at_once: int = 1,
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[JudgeStep, None]:
    """Ask ``backend`` everything in ``todo``, ``at_once`` items at a time, keeping each verdict as it
    comes; ends before an item that might go over a budget. Once ``stop`` is set nothing more is asked,
    and what is under way (and paid) is waited for; closing the generator waits for nothing.

    What does not fit into the model's context, and answers that name none of the options, are counted
    as skipped and asked again another time. Where one item fails, the others that are under way are
    kept before the error is raised.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    meter = Meter(todo.questions, "verdicts")
    budget = Budget(price, max_usd=max_usd, max_tokens=max_tokens)
    work = Asking(db, backend, budget)
    waiting = deque(todo.items)
    under_way: dict[asyncio.Task[Outcome], Tokens] = {}
    done = skipped = 0
    ended: Literal["budget", "asked"] | None = None
    failed: BaseException | None = None
    # The first answer shows how the endpoint gives answers, and leaves the beginning in its cache.
    width = 1
    status: runs.RunStatus = "failed"

    def step(
        rows: Sequence[ModelJudgment] = (), stopped: Literal["budget", "asked"] | None = None
    ) -> JudgeStep:
        spent = budget.spent
        return JudgeStep(
            meter.at(done), spent.sent, spent.written, budget.cost, tuple(rows), stopped, skipped
        )

    try:
        while True:
            while waiting and len(under_way) < width and ended is None and failed is None:
                if stop is not None and stop.is_set():
                    ended = "asked"
                    break
                most = work.at_most(waiting[0])
                if not budget.hold(most):
                    if not under_way:  # else one of them may take less than is held for it
                        ended = "budget"
                    break
                item = waiting.popleft()
                run = await work.run_of(item)
                under_way[asyncio.create_task(work.answer(item, run))] = most
            if not under_way:
                break
            over, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in over:
                budget.release(under_way.pop(task))
                error = task.exception()
                if error is not None:
                    failed = failed or error
                    continue
                outcome = task.result()
                done, skipped = done + outcome.new, skipped + outcome.skipped
                width = max(1, at_once)
                yield step(outcome.rows)
        if failed is not None:
            raise failed
        if ended is not None:
            yield step(stopped=ended)
        status = "cancelled" if ended == "asked" else "complete"
    except (GeneratorExit, asyncio.CancelledError):
        status = "cancelled"
        raise
    finally:
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
        await work.finish(status)
