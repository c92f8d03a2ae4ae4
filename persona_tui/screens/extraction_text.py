"""What is said about extraction beside everything else. No widgets."""

from __future__ import annotations

from persona_tui.jobs.extraction.background import ExtractionState
from persona_tui.jobs.progress import time_text
from widgets.safe import counted

KEY = "g"
"""The key that starts and stops it, on every screen that shows the line."""


def extraction_line(state: ExtractionState) -> str:
    """One line, empty if there is nothing to say."""
    if state.running:
        if state.progress is None:
            return f"Inferring: loading the model …   {KEY} stops"
        done, total = state.progress.done, state.progress.total or 0
        parts = [f"Inferring: {done:,} of {counted(total, 'message')} read"]
        if state.found:
            parts.append(f"{state.found:,} new")
        left = time_text(state.progress.seconds_left)
        if left:
            parts.append(left)
        return f"{' · '.join(parts)}   {KEY} stops"
    if state.error:
        return f"{state.error}   {KEY} tries again"
    if state.waiting:
        verb = "was" if state.waiting == 1 else "were"
        return (
            f"{counted(state.waiting, 'message')} of yours {verb} not read yet   {KEY} infers now"
        )
    if state.progress is not None and state.progress.total:
        found = "nothing new" if not state.found else counted(state.found, "new attribute")
        note = f" · {state.note}" if state.note else ""
        return f"Read all: {found}{note}"
    return ""
