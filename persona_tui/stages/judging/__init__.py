"""Judging attributes: what is asked, in which order, and what an answer becomes (PROTOCOL 2).

Shared by the Review screen and the line mode; no screen, no store.
"""

from persona_tui.stages.judging.answers import describe, is_judged, matches
from persona_tui.stages.judging.guideline import GUIDELINE, Guideline
from persona_tui.stages.judging.queue import (
    STATUSES,
    QueueItem,
    ReviewFilter,
    Status,
    draw_order,
)
from persona_tui.stages.judging.timing import Pace, Stopwatch

__all__ = [
    "GUIDELINE",
    "STATUSES",
    "Guideline",
    "Pace",
    "QueueItem",
    "ReviewFilter",
    "Status",
    "Stopwatch",
    "describe",
    "draw_order",
    "is_judged",
    "matches",
]
