"""A redaction as a difference, for the person to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from persona_tui.donation.redaction.finding import Finding
from persona_tui.donation.redaction.placeholders import Placeholders

Change = Literal["same", "removed", "added"]


def diff(
    original: str, findings: Iterable[Finding], placeholders: Placeholders
) -> list[tuple[Change, str]]:
    """Pieces in order: "same" and "removed" make up the original, "same" and "added" the result."""
    out: list[tuple[Change, str]] = []
    for old, new in placeholders.pieces(original, findings):
        if new is None:
            out.append(("same", old))
        else:
            out += [("removed", old), ("added", new)]
    return out
