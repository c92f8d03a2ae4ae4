"""Extraction beside everything else: one for the program, started and stopped by the person.

Two extractions at once would merge against different pictures of what is known, so there is one at
a time: work that cannot wait (the conversation that is being talked in) interrupts the long one with
:meth:`BackgroundExtraction.paused`, and the long one goes on afterwards where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from models.protocol import Backend
from persona_tui.config import Settings
from persona_tui.db import StoreThread
from persona_tui.jobs.extraction.extracting import ExtractProgress, settings_of
from persona_tui.jobs.progress import Progress
from persona_tui.jobs.untended import show, why_it_ended
from store import messages


@dataclass(frozen=True, slots=True)
class ExtractionState:
    """What there is to say of it now."""

    running: bool = False
    waiting: int | None = None
    """Messages of the user that were not read yet, as last counted; ``None`` before that."""
    progress: Progress | None = None
    found: int = 0
    """New attributes since it was started."""
    note: str | None = None
    error: str | None = None
    """Why it ended, in one sentence, if it did not end by itself."""


class BackgroundExtraction:
    """See the module. Use from one event loop.

    Args:
        work: makes one run of :func:`persona_tui.jobs.extraction.extracting.extract` over all that waits.
        count: how many messages of the user wait to be read, ``None`` if that is not known yet.
        changed: called after each step, with the state as it is then.
    """

    def __init__(
        self,
        work: Callable[[], AsyncGenerator[ExtractProgress, None]],
        count: Callable[[], Awaitable[int | None]],
        changed: Callable[[ExtractionState], None],
    ) -> None:
        self.state = ExtractionState()
        self._work = work
        self._count = count
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._wanted = False

    def start(self) -> None:
        """Begin, or go on where it stopped. Nothing happens if it runs already."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._set(running=True, error=None, found=0, progress=None)
            self._task = asyncio.create_task(self._run(), name="extraction")

    async def recount(self) -> None:
        """Count again what waits: after an import, after a chat, when a screen is shown."""
        if not self.state.running:
            waiting = await self._count()
            if not self.state.running:  # it may have been started meanwhile, and knows better
                self._set(waiting=waiting)

    async def stop(self) -> None:
        """Stop at the item under way; what was yielded is in the store."""
        self._wanted = False
        await self._end()
        if not self._wanted:  # nobody started it again meanwhile
            self._set(running=False)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Nothing else extracts inside this block; a run that was under way goes on after it,
        also when the block fails or is cancelled."""
        try:
            await self._end()
            async with self._one_at_a_time:
                yield
        finally:
            if self._wanted and (self._task is None or self._task.done()):
                self._task = asyncio.create_task(self._run(), name="extraction")

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        error = await why_it_ended(self._extract(), "Inferring", kept="what was found is kept")
        if self._task in (None, asyncio.current_task()):  # else it was started anew meanwhile
            self._wanted = False
            self._set(running=False, error=error)

    async def _extract(self) -> None:
        async with self._one_at_a_time, aclosing(self._work()) as steps:
            async for step in steps:
                self._set(
                    running=True,
                    progress=step.progress,
                    waiting=(step.progress.total or 0) - step.progress.done,
                    found=self.state.found + len(step.new_ids),
                    note=step.note or self.state.note,
                )

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        show(self._changed, self.state)


async def count_waiting(db: StoreThread, backend: Backend, settings: Settings) -> int | None:
    """How many messages of the user were not read yet with the settings in force.

    ``None`` while that cannot be known: the strategy may depend on the size of a model that is not
    loaded, and looking must not load it.
    """
    model, chosen = backend.describe(), settings_of(settings)
    if chosen.strategy == "auto" and model.parameters_b is None and model.local:
        return None
    pending = await db.run(messages.pending_conversations, chosen.sha256(model))
    return sum(count for _, count in pending)


def settings_used(settings: Settings) -> tuple[object, ...]:
    """The settings that a run of extraction takes along."""
    return (
        settings.language,
        settings.extraction,
        settings.models,
        settings.keys,
        settings.local,
        settings.remote,
    )
