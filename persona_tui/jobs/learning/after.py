"""Learning beside everything else: after each sitting of judging, after forgetting, when asked to.

One run at a time for the whole program. What comes up meanwhile is done after it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

from persona_tui.jobs.learning.trainer import Lacking
from persona_tui.jobs.learning.training import Result, TrainStep, tools_for, train
from persona_tui.jobs.learning.using import is_outdated
from persona_tui.jobs.untended import show, why_it_ended
from store import learned
from store.learned_records import KINDS, LearnedKind

if TYPE_CHECKING:
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from store.db import Store

log = logging.getLogger("persona_tui")
SITTING = 20
"""Judgments after which something is learned, although the person goes on."""


async def run_order(
    db: StoreThread,
    backends: Backends,
    kinds: Iterable[LearnedKind],
    anew: bool,
    stop: asyncio.Event,
) -> AsyncGenerator[TrainStep, None]:
    """Train with the model on this machine that judges relevance, if it is one; then work out what to ask
    next.

    Raises as :func:`persona_tui.jobs.learning.training.train`.
    """
    from models.errors import ModelError
    from persona_tui.jobs.relevance.scoring import local_judge

    try:
        backend = local_judge(backends)
    except ModelError:  # it is not there: its opinion is only one feature of many
        backend = None
    tools = await tools_for(db, backends.embedder, backend)
    wanted = tuple(kinds)
    async with aclosing(train(tools, wanted, anew=anew, stop=stop)) as steps:
        async for step in steps:
            yield step
    if not stop.is_set():
        # In a thread: it takes a quarter of a second, in which the interface would stand still.
        await asyncio.to_thread(import_module, "persona_tui.jobs.learning.asking")
        from persona_tui.jobs.learning.asking import rank

        now = backends.settings
        try:
            await rank(tools, now.learning.active_share, now.judging, wanted)
        except ModelError as trouble:  # everything is then drawn at random
            log.warning("nothing was picked to ask next: %s", trouble)


@dataclass(frozen=True, slots=True)
class LearningState:
    """What there is to say of it now."""

    running: bool = False
    stopping: bool = False
    """No other kind is begun."""
    asked: bool = False
    """The person wants to see it: it was started by hand."""
    step: TrainStep | None = None
    results: tuple[Result, ...] = ()
    """Of the last run, as they come."""
    lacking: dict[LearnedKind, Lacking] = field(default_factory=dict)
    """What was missing when a kind was last trained."""
    error: str | None = None
    """Why it ended, in one sentence, if it did not end by itself."""


class LearningBeside:
    """See the module. Use from one event loop.

    Args:
        work: makes one run of :func:`run_order`: kinds, whether also where nothing was judged since,
            and the event that stops it.
        due: which kinds there is reason to learn (:func:`due_in`).
        changed: called after each step, with the state as it is then.
        auto: whether to learn without being asked.
    """

    def __init__(
        self,
        work: Callable[
            [tuple[LearnedKind, ...], bool, asyncio.Event], AsyncGenerator[TrainStep, None]
        ],
        due: Callable[[], Awaitable[list[LearnedKind]]],
        changed: Callable[[LearningState], None],
        auto: Callable[[], bool],
    ) -> None:
        self.state = LearningState()
        self._work = work
        self._due = due
        self._changed = changed
        self._auto = auto
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._again = False
        self._wanted: tuple[LearnedKind, ...] = ()
        """What the person asked for while something else was learned."""
        self._judged = 0

    def start(self, kinds: Iterable[LearnedKind] = KINDS) -> None:
        """Train now, because the person wants it: after what nobody asked for, if that is at work.
        Nothing happens if it is at work because of them."""
        if not self._running:
            self._begin(tuple(kinds), asked=True)
        elif not self.state.asked:
            self._wanted = tuple(kinds)

    def judged(self) -> None:
        """Something was judged: after :data:`SITTING` times it is learned from."""
        self._judged += 1
        if self._judged >= SITTING:
            self.look()

    def look(self, also: Iterable[LearnedKind] = ()) -> None:
        """A sitting ended, something was forgotten, the program began: learn if there is reason to;
        ``also`` these, where it is to be known what is missing."""
        if not self._auto():
            return
        self._judged = 0
        if self._running:
            self._again = True
        else:
            self._begin(tuple(also), asked=False)

    def ask_to_stop(self) -> None:
        """Begin no other kind; a second time, drop the one under way, too."""
        if not self._running or self._task is None:
            return
        self._again, self._wanted = False, ()
        if self._stop.is_set():
            self._task.cancel()
        self._stop.set()
        self._set(stopping=True)

    async def stop(self) -> None:
        """End at once; of the kind under way nothing is kept."""
        self._again, self._wanted = False, ()
        task = self._task
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})

    @property
    def _running(self) -> bool:
        return self._task is not None and not self._task.done()

    def _begin(self, kinds: tuple[LearnedKind, ...], *, asked: bool) -> None:
        self._stop = asyncio.Event()
        if asked:
            self._set(running=True, asked=True, error=None, results=(), step=None)
        self._task = asyncio.create_task(self._run(kinds, asked=asked), name="learning")

    async def _run(self, kinds: tuple[LearnedKind, ...], *, asked: bool) -> None:
        error: str | None = None
        try:
            error = await why_it_ended(
                self._learn(kinds, asked=asked), "Learning", kept="what is in use stays"
            )
        finally:
            self._set(running=False, stopping=False, asked=False, step=None, error=error)

    async def _learn(self, kinds: tuple[LearnedKind, ...], *, asked: bool) -> None:
        while True:
            self._again = False
            if not asked:
                kinds = tuple(dict.fromkeys((*kinds, *await self._due())))
            if kinds:
                self._set(running=True, error=None, results=(), step=None)
                async with aclosing(self._work(kinds, asked, self._stop)) as steps:
                    async for step in steps:
                        self._take(step)
            if self._stop.is_set() or not (self._again or self._wanted):
                return
            kinds, asked, self._wanted = self._wanted, bool(self._wanted), ()
            if asked:
                self._set(asked=True)

    def _take(self, step: TrainStep) -> None:
        self._set(step=step)
        result = step.result
        if result is not None:
            lacking = {k: v for k, v in self.state.lacking.items() if k != result.kind}
            if result.lacking is not None:
                lacking[result.kind] = result.lacking
            self._set(results=(*self.state.results, result), lacking=lacking)

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        show(self._changed, self.state)


def due_in(db: StoreThread) -> Callable[[], Awaitable[list[LearnedKind]]]:
    """For :class:`LearningBeside`."""
    return lambda: db.run(_due)


def _due(store: Store) -> list[LearnedKind]:
    """What there is something new for, and what was last learned by an older program that looked at other
    things. Whoever went back to such a version has a newer one, and gets no third."""
    found = learned.due(store)
    for kind in KINDS:
        model = learned.in_use(store, kind)
        if kind in found or model is None or not is_outdated(model):
            continue
        if learned.list_all(store, kind)[0].learned_id == model.learned_id:
            found.append(kind)
    return found
