"""Scoring in a thread of its own, for a front end that has no event loop: the line mode."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ModelError
from persona_tui.db import StoreThread
from persona_tui.jobs.prompts import ensure_prompts
from persona_tui.jobs.relevance.scoring import local_judge, score_prompt, score_waiting
from store.errors import StoreError

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from persona_tui.jobs.backends import Backends
    from store.audit import UserPrompt


class Beside:
    """Models judge the prompt that is in front of the person, and what was left unscored before.

    Use as a context manager. ``open_backends`` is called in the thread.
    """

    def __init__(
        self, path: Path, config: JudgingConfig, open_backends: Callable[[], Backends]
    ) -> None:
        self._path = path
        self._config = config
        self._open_backends = open_backends
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="beside", daemon=True)
        self._wanted: dict[str, Future[str | None]] = {}
        self._backends: Backends | None = None
        self._db = StoreThread(path)

    def __enter__(self) -> Beside:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for future in self._wanted.values():
            future.cancel()
        self._submit(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def prepare(self) -> str | None:
        """See to it that there are prompts; what hindered the person's own ones, in a sentence."""
        return self._submit(self._preparing()).result()

    def want(self, prompt: UserPrompt, attributes: Sequence[tuple[str, str]]) -> None:
        """Begin to judge a prompt, if that was not begun."""
        if prompt.prompt_id not in self._wanted:
            self._wanted[prompt.prompt_id] = self._submit(self._scoring(prompt, attributes))

    def is_done(self, prompt_id: str) -> bool:
        future = self._wanted.get(prompt_id)
        return future is None or future.done()

    def wait(self, prompt_id: str, seconds: float | None = None) -> str | None:
        """Wait until models have judged a prompt; what hindered them, in a sentence."""
        future = self._wanted.get(prompt_id)
        if future is None:
            return None
        try:
            return future.result(seconds)
        except TimeoutError:
            return "The model is not done yet; what it says will be in the report."
        except CancelledError:
            return None

    def finish(self) -> str | None:
        """Judge everything that the person judged and models have not; what hindered it."""
        return self._submit(self._finishing()).result()

    # --- in the thread --------------------------------------------------------------------------

    def _submit(self, work: Coroutine[Any, Any, str | None]) -> Future[str | None]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _open(self) -> Backends:
        await self._db.open()
        if self._backends is None:
            self._backends = self._open_backends()
        return self._backends

    async def _preparing(self) -> str | None:
        try:
            backends = await self._open()
            await ensure_prompts(self._db, backends.embedder)
        except (ModelError, StoreError) as error:
            return f"Your own prompts could not be drawn: {error}"
        return None

    async def _scoring(
        self, prompt: UserPrompt, attributes: Sequence[tuple[str, str]]
    ) -> str | None:
        try:
            backends = await self._open()
            steps = score_prompt(
                self._db, local_judge(backends), backends.embedder, prompt, attributes
            )
            async with aclosing(steps):
                async for _ in steps:
                    pass
        except (ModelError, StoreError) as error:
            return f"The model could not be asked: {error}"
        return None

    async def _finishing(self) -> str | None:
        try:
            backends = await self._open()
            steps = score_waiting(self._db, local_judge(backends), backends.embedder, self._config)
            async with aclosing(steps):
                async for _ in steps:
                    pass
        except (ModelError, StoreError) as error:
            return f"The model could not be asked: {error}"
        return None

    async def _close(self) -> str | None:
        others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._backends is not None:
            await self._backends.close()
        await self._db.close()
        return None
