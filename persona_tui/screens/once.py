"""Work that may never be started."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any


class Once:
    """A coroutine that may never be started, because a newer worker took its place: closed then,
    so that Python has nothing to warn of."""

    def __init__(self, work: Coroutine[Any, Any, object]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, None, object]:
        return self._work.__await__()

    def __del__(self) -> None:
        self._work.close()
