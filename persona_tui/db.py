"""The journal on a thread of its own, so that the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from store.db import Store, open_store
from store.errors import StoreError

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)


class StoreThread:
    """One thread that owns one :class:`~store.db.Store`. Calls are done in the order they came."""

    def __init__(self, path: Path, *, wait_seconds: float = 10.0) -> None:
        self.path = path
        self._wait_seconds = wait_seconds
        self._store: Store | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Open (create, migrate) the journal. Opening an open one does nothing.

        :raises StoreError: as :func:`store.db.open_store`.
        """
        async with self._opening:  # a second caller waits for the first one's journal
            if self._thread is None:
                await self._open()

    async def _open(self) -> None:
        thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._thread = thread
        try:
            opening = thread.submit(open_store, self.path, wait_seconds=self._wait_seconds)
            self._store = await _outcome(opening)
        except BaseException:
            self._thread = None
            opening.add_done_callback(_close_late)
            thread.shutdown(wait=False)
            raise

    async def run(
        self, fn: Callable[Concatenate[Store, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """``fn(store, *args, **kwargs)`` on the thread.

        If the caller is cancelled, the work is still done, whole, in its turn: only nobody waits
        for it any longer (an error is then logged). ``fn`` must return a finished value, not a
        generator, which would run on the wrong thread.

        :raises StoreError: what ``fn`` raises, or that the journal is closed.
        """
        if self._thread is None or self._store is None:
            raise StoreError("The journal is closed; open persona-tui again.")
        work = self._thread.submit(partial(_call, fn, self._store, *args, **kwargs))
        return await _outcome(work)

    async def close(self) -> None:
        """Finish what was asked for, then close. Closing a closed one does nothing."""
        async with self._opening:
            thread, store = self._thread, self._store
            self._thread = self._store = None
        if thread is None:
            return
        try:
            if store is not None:
                await _outcome(thread.submit(store.close))
        finally:
            thread.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _call(
    fn: Callable[Concatenate[Store, P], R], store: Store, *args: P.args, **kwargs: P.kwargs
) -> R:
    result = fn(store, *args, **kwargs)
    if isinstance(result, Iterator):
        raise TypeError(f"{fn} gives an iterator, which would run on the wrong thread")
    return result


async def _outcome(work: Future[R]) -> R:
    """Wait for ``work``; being cancelled here does not cancel it, even while it is queued."""
    waiting = asyncio.wrap_future(work)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        waiting.add_done_callback(_log_failure)
        raise


def _log_failure(waiting: asyncio.Future[R]) -> None:
    if not waiting.cancelled() and (error := waiting.exception()) is not None:
        log.error("work that nobody waits for any more failed: %s", error)


def _close_late(opening: Future[Store]) -> None:
    """Opening was given up, but it may have succeeded since."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
