"""How fast something goes and how long it will take: shared by downloads, imports, extraction."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable


class Rate:
    """Units a second over the last ``window`` seconds, so that a slow start is soon forgotten."""

    def __init__(
        self, *, window: float = 20.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._window = window
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self.started = clock()

    def add(self, done: int) -> None:
        """Note that ``done`` units are done by now."""
        now = self._clock()
        if self._seen and (done < self._seen[-1][1] or now - self._seen[-1][0] < 0.05):
            if done < self._seen[-1][1]:  # started over
                self._seen.clear()
            elif len(self._seen) > 1:  # many small steps: keep the window short to walk
                self._seen[-1] = (now, done)
                return
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > self._window:
            self._seen.popleft()

    @property
    def per_second(self) -> float | None:
        """``None`` until half a second has been seen."""
        if len(self._seen) < 2:
            return None
        (t0, d0), (t1, d1) = self._seen[0], self._seen[-1]
        return (d1 - d0) / (t1 - t0) if t1 - t0 >= 0.5 and d1 > d0 else None

    def seconds_left(self, done: int, total: int | None) -> float | None:
        """``None`` where the total or the rate is not known."""
        rate = self.per_second
        if total is None or rate is None:
            return None
        return max(0, total - done) / rate
