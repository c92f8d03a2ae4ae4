"""Progress of a long job, with the time that is left, for any front end to show."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from models.rate import Rate


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. ``seconds_left`` is ``None`` as long as nothing can be said."""

    done: int
    total: int | None
    unit: str
    """What is counted, in the plural: ``bytes``, ``messages``, ``conversations``."""
    note: str = ""
    """What is being done now, in a few words."""
    started: float = 0.0
    """``time.monotonic()`` when the job began."""
    seconds_left: float | None = None
    detail: object = None

    @property
    def fraction(self) -> float | None:
        """0 to 1, or ``None`` where the total is not known."""
        return min(1.0, self.done / self.total) if self.total else None


class Meter:
    """Makes :class:`Progress` values: call :meth:`at` with what is done so far."""

    def __init__(
        self, total: int | None, unit: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = total
        self.unit = unit
        self._rate = Rate(clock=clock)

    def at(self, done: int, note: str = "", detail: object = None) -> Progress:
        """The progress now; ``done`` counts from the start of the job, in the meter's unit."""
        self._rate.add(done)
        return Progress(
            done=done,
            total=self.total,
            unit=self.unit,
            note=note,
            started=self._rate.started,
            seconds_left=self._rate.seconds_left(done, self.total),
            detail=detail,
        )


def time_text(seconds: float | None) -> str:
    """``about 3 min left``; empty if nothing can be said."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "almost done"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} min left"
    return f"about {seconds / 3600:.1f} h left"


def size_text(size: float | None) -> str:
    """Bytes as people write them, in powers of 1000: ``2.5 GB``; ``?`` if not known."""
    if size is None:
        return "?"
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.5 else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
