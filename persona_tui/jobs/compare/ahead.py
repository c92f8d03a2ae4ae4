"""Pairs made beside everything else, so that the next one is ready: one for the program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace

from persona_tui.jobs.compare.responding import Making
from persona_tui.jobs.untended import show, why_it_ended


@dataclass(frozen=True, slots=True)
class PairsState:
    """What there is to say of it now."""

    running: bool = False
    characters: int = 0
    """Of the pair that is being written."""
    made: int = 0
    """Since it was started."""
    error: str | None = None


class PairsAhead:
    """See the module. Use from one event loop.

    Args:
        work: makes one run of :func:`persona_tui.jobs.compare.responding.make_ahead`.
        changed: called after each step.
        alone: a context in which nothing else uses the model.
    """

    def __init__(
        self,
        work: Callable[[], AsyncGenerator[Making, None]],
        changed: Callable[[PairsState], None],
        alone: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self.state = PairsState()
        self._work = work
        self._changed = changed
        self._alone = alone
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, if it does not run already."""
        if self._task is None or self._task.done():
            self._set(running=True, error=None, made=0, characters=0)
            self._task = asyncio.create_task(self._run(), name="pairs")

    async def stop(self) -> None:
        """Stop; of a pair that is not finished nothing is kept."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
        self._set(running=False)

    async def _run(self) -> None:
        error = await why_it_ended(self._write(), "Writing answers")
        if self._task in (None, asyncio.current_task()):
            self._set(running=False, error=error)

    async def _write(self) -> None:
        async with self._alone(), aclosing(self._work()) as steps:
            async for step in steps:
                whole = step.pair is not None
                self._set(characters=0 if whole else step.characters, made=self.state.made + whole)

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        show(self._changed, self.state)
