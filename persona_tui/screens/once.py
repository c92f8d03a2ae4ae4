"""Work that may never be started."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any

Work = Coroutine[Any, Any, object] | Callable[[], Coroutine[Any, Any, object]]
"""Made already, or when it begins."""


class Once:
    """A coroutine that may never be started, because a newer worker took its place: closed then,
    so that Python has nothing to warn of. Where it is part of a ring of objects that go together, as
    with a screen when the app ends, Python may find it first: better a function that makes it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, None, object]:
        work = self._work() if callable(self._work) else self._work
        return (yield from work.__await__())  # holds us as long as it runs

    def __del__(self) -> None:
        if not callable(self._work):
            self._work.close()
