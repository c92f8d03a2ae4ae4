"""Small things that many tests need."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path


async def wait_until(
    predicate: Callable[[], object] | Callable[[], Awaitable[object]],
    *,
    timeout: float = 60.0,
    every: float = 0.02,
    what: str = "",
) -> None:
    """Poll until ``predicate()`` is true; fail with ``what`` after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not true after {timeout} s: {what or predicate}")
        await asyncio.sleep(every)


def mode_of(path: Path) -> str:
    """The permission bits as an octal string: ``0600``."""
    return f"{path.stat().st_mode & 0o7777:04o}"
