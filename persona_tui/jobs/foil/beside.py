"""Playing synthetic users beside everything else: what it would take, started, followed, stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from persona_tui.jobs.foil.playing import (
    FoilPlan,
    FoilStep,
    offered_prompts,
    own_statements,
    plan,
    run_foil,
)
from persona_tui.jobs.foil.truth import refresh
from persona_tui.jobs.progress import Progress
from persona_tui.jobs.untended import show, why_it_ended

if TYPE_CHECKING:
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends


@dataclass(frozen=True, slots=True)
class FoilEstimate:
    """What playing the personas that are left would take."""

    plan: FoilPlan
    player: str
    """The model that plays the users and answers them."""
    extractor: str
    hosts: tuple[str, ...]
    """Where what is played would be sent, other than this machine."""


@dataclass(frozen=True, slots=True)
class FoilState:
    """What there is to say of it now."""

    running: bool = False
    progress: Progress | None = None
    personas: int = 0
    """Played whole since it was started."""
    found: int = 0
    """Attributes that were inferred about them."""
    error: str | None = None
    """Why it ended, in one sentence, if it did not end by itself."""


async def estimate(db: StoreThread, backends: Backends, settings: Settings) -> FoilEstimate:
    """What is left to play with the chat's model. Raises :class:`models.errors.ModelError`."""
    player, extractor = backends.for_task("chat"), backends.for_task("extraction")
    todo = await plan(db, player, player, extractor, settings)
    about = (player.describe(), extractor.describe())
    hosts = tuple(sorted({one.where for one in about if not one.local}))
    return FoilEstimate(todo, about[0].name, about[1].name, hosts)


async def play_all(
    db: StoreThread, backends: Backends, settings: Settings, todo: FoilPlan
) -> AsyncGenerator[FoilStep, None]:
    """Play ``todo`` with the chat's model, then bring what is known to be true up to date.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    player = backends.for_task("chat")
    steps = run_foil(
        db, todo, user=player, assistant=player, extractor=backends.for_task("extraction"),
        embedder=backends.embedder, settings=settings,
    )  # fmt: skip
    async with aclosing(steps):
        async for step in steps:
            yield step
    await refresh(
        db, backends.embedder, await db.run(offered_prompts), await db.run(own_statements)
    )


class FoilBeside:
    """One run at a time. Use from one event loop.

    Args:
        work: makes one run of :func:`play_all` over a plan.
        changed: called after each step, with the state as it is then.
    """

    def __init__(
        self,
        work: Callable[[FoilPlan], AsyncGenerator[FoilStep, None]],
        changed: Callable[[FoilState], None],
    ) -> None:
        self.state = FoilState()
        self._work = work
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def start(self, todo: FoilPlan) -> None:
        """Begin, if it does not run already."""
        if self._task is None or self._task.done():
            self._set(running=True, progress=None, personas=0, found=0, error=None)
            self._task = asyncio.create_task(self._run(todo), name="foil")

    async def stop(self) -> None:
        """Stop; of a persona that is not whole nothing is kept."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
        if self.state.running:
            self._set(running=False)

    async def _run(self, todo: FoilPlan) -> None:
        error = await why_it_ended(self._play(todo), "Playing")
        if self._task in (None, asyncio.current_task()):
            self._set(running=False, error=error)

    async def _play(self, todo: FoilPlan) -> None:
        async with aclosing(self._work(todo)) as steps:
            async for step in steps:
                self._set(
                    progress=step.progress,
                    personas=self.state.personas + step.done,
                    found=self.state.found + len(step.attributes),
                )

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        show(self._changed, self.state)
