"""Verify-and-refine beside everything else: after training, after extraction, when asked to.

Without being asked it uses models on this machine only, and says nothing: what it does is seen when the
person judges, and even then not which attributes it made.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.learning.refining import Plan, RefineStep, plan, refine
from persona_tui.jobs.progress import Progress, time_text
from persona_tui.jobs.untended import show, why_it_ended

if TYPE_CHECKING:
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends


async def run_now(
    db: StoreThread, backends: Backends, settings: Settings, *, asked: bool
) -> AsyncGenerator[RefineStep, None]:
    """One run with the extraction model. If it was not asked for, it ends at once where nothing was
    learned yet, or where the words would leave this machine.

    Raises as :func:`persona_tui.jobs.learning.refining.refine`, and
    :class:`persona_tui.errors.UserError` if asked for without a trained verifier.
    """
    from persona_tui.jobs.learning.refine_verifier import load
    from persona_tui.jobs.learning.refining import width_of

    backend = backends.get(settings.extraction.model)
    where = backend.describe()
    if not asked and not where.local:
        return
    try:
        verifier = await load(db, backends, asked)
    except UserError:
        if asked:
            raise
        return
    if where.parameters_b is None and where.local:
        await backend.start()  # its size decides how it is asked
    todo = await plan(db, backend, verifier, settings)
    steps = refine(
        db, backend, backends.embedder, verifier, settings, todo=todo,
        at_once=width_of(backend, settings),
    )  # fmt: skip
    async with aclosing(steps) as stream:
        async for step in stream:
            yield step


async def plan_now(db: StoreThread, backends: Backends, settings: Settings) -> Plan:
    """What a run would do. Raises as :func:`run_now` if asked for."""
    from persona_tui.jobs.learning.refine_verifier import load

    backend = backends.get(settings.extraction.model)
    return await plan(db, backend, await load(db, backends), settings)


@dataclass(frozen=True, slots=True)
class RefineState:
    """What there is to say of it now."""

    running: bool = False
    asked: bool = False
    """The person started it by hand."""
    progress: Progress | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    """Why it ended, in one sentence, if it did not end by itself."""


class RefiningBeside:
    """See the module. Use from one event loop.

    Args:
        work: makes one run of :func:`run_now`; told whether it was asked for.
        changed: called after each step, with the state as it is then.
        alone: a context in which nothing else uses the model.
        auto: whether to refine without being asked.
        busy: whether the person waits for something that needs the model: then what nobody asked for
            ends, and is looked at again later.
    """

    def __init__(
        self,
        work: Callable[[bool], AsyncGenerator[RefineStep, None]],
        changed: Callable[[RefineState], None],
        alone: Callable[[], AbstractAsyncContextManager[None]],
        auto: Callable[[], bool],
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self.state = RefineState()
        self._work = work
        self._changed = changed
        self._alone = alone
        self._auto = auto
        self._busy = busy
        self._task: asyncio.Task[None] | None = None

    @property
    def _running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Refine what is flagged, because the person wants it."""
        if self._running:
            self._set(asked=True)
        else:
            self._begin(asked=True)

    def look(self) -> None:
        """Something was learned or inferred: refine if there is reason to."""
        if self._auto() and not self._running and not self._busy():
            self._begin(asked=False)

    async def stop(self) -> None:
        """Stop at the step under way; what was kept goes on from there the next time."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
        self._set(running=False, asked=False)

    def _begin(self, *, asked: bool) -> None:
        self._set(running=True, asked=asked, error=None, progress=None, counts={})
        self._task = asyncio.create_task(self._run(asked=asked), name="refining")

    async def _run(self, *, asked: bool) -> None:
        error = await why_it_ended(
            self._refine(asked=asked), "Refining", kept="what was refined is kept"
        )
        if self._task in (None, asyncio.current_task()):
            # Unasked it keeps its troubles to itself: nobody waits for it, and it tries again.
            self._set(running=False, error=error if self.state.asked else None)

    async def _refine(self, *, asked: bool) -> None:
        if asked:
            async with self._alone(), aclosing(self._work(asked)) as steps:
                async for step in steps:
                    self._set(progress=step.progress, counts=step.counts)
            return
        # One at a time, so that the words just said in a chat are looked at in between.
        async with aclosing(self._work(asked)) as steps:
            while not self._busy():
                try:
                    async with self._alone():
                        step = await anext(steps)
                except StopAsyncIteration:
                    return
                self._set(progress=step.progress, counts=step.counts)

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        show(self._changed, self.state)


def refine_line(state: RefineState, key: str) -> str:
    """One line, empty if there is nothing to say: of what nobody asked for there is not."""
    if not state.asked:
        return ""
    if state.running:
        progress = state.progress
        if progress is None:
            return f"Refining: looking at what is flagged …   {key} stops"
        parts = [f"Refining: {progress.done:,} of {progress.total or 0:,} flagged"]
        left = time_text(progress.seconds_left)
        return " · ".join([*parts, left] if left else parts) + f"   {key} stops"
    if state.error:
        return state.error
    return summary(state.counts, state.progress)


def summary(counts: Mapping[str, int], progress: Progress | None) -> str:
    """How many came to what; never which."""
    if progress is None or not progress.total:
        return "Nothing that is flagged waits to be refined."
    words = {"refined": "refined", "withdraw": "withdrawn", "keep": "kept as they are",
             "left": "left alone"}  # fmt: skip
    told = [f"{counts[end]:,} {said}" for end, said in words.items() if counts.get(end)]
    done = f"{progress.done:,} of {progress.total:,} flagged: {', '.join(told) or 'none yet'}."
    return f"{done} All of them are asked about in Review, in random order."
