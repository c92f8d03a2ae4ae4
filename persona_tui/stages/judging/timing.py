"""How long a judgment took, and how long the rest will take.

Latency is the time from the moment an item was painted to the key that gave the verdict, on the
monotonic clock, while the item was in front of the person. The inline evidence counts: reading it
is part of judging. Time in a window on top (the whole conversation, an edit line, help), in another
screen, or with the terminal in the background does not count.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable


class Stopwatch:
    """Runs from :meth:`start`, stands still between :meth:`pause` and :meth:`resume`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._elapsed = 0.0
        self._since: float | None = None
        self._pauses: set[str] = set()

    def start(self) -> None:
        """From zero. Pauses that are in force stay in force."""
        self._elapsed = 0.0
        self._since = None if self._pauses else self._clock()

    def pause(self, reason: str) -> None:
        """Stand still until every reason to pause is gone."""
        self._pauses.add(reason)
        if self._since is not None:
            self._elapsed += self._clock() - self._since
            self._since = None

    def resume(self, reason: str) -> None:
        self._pauses.discard(reason)
        if not self._pauses and self._since is None:
            self._since = self._clock()

    @property
    def milliseconds(self) -> int:
        running = 0.0 if self._since is None else self._clock() - self._since
        return round((self._elapsed + running) * 1000)


class Pace:
    """Time left, from the person's own last items."""

    enough = 5
    """Items before an estimate is shown: fewer say nothing."""

    def __init__(self, window: int = 30) -> None:
        self._seconds: deque[float] = deque(maxlen=window)

    def add(self, milliseconds: int) -> None:
        self._seconds.append(milliseconds / 1000)

    def seconds_left(self, items: int) -> float | None:
        """Seconds for ``items`` more: the median of the last ones (a coffee break is one outlier),
        ``None`` while there are too few."""
        if len(self._seconds) < self.enough:
            return None
        return statistics.median(self._seconds) * items
