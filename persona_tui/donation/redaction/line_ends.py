"""E-mail addresses and tokens that a line end cuts in two or three."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from persona_tui.donation.redaction.network import ADDRESS, TLD
from persona_tui.donation.redaction.rules import Span
from persona_tui.donation.redaction.tokens import VENDORS

_CHAR = r"[^\s\"'`<>]"
_SEAM = re.compile(
    rf"(?<!{_CHAR})(?P<left>{_CHAR}{{1,300}})(?P<gap>[\"'+]{{0,3}}[ \t+]{{0,4}}\\?\r?\n[ \t>\"'+]{{0,16}})(?=(?P<right>{_CHAR}{{1,300}}))"
)
_PIECES = 3


def over_line_ends(text: str, plain: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """What is whole only when lines are joined. ``plain``: what was found as it stands, sorted."""
    for seam in _SEAM.finditer(text):
        for start, end, kind in _joined(text, seam):
            whole = _overlapping(plain, start, end)
            if whole is None or (kind == "EMAIL" and _better(text[slice(*whole)], text[start:end])):
                yield start, end, kind


def _joined(text: str, seam: re.Match[str]) -> Iterator[Span]:
    """The first that fits of: two pieces, three pieces."""
    parts = [seam.span("left"), seam.span("right")]
    while True:
        joined = "".join(text[a:b] for a, b in parts)
        last = len(joined) - (parts[-1][1] - parts[-1][0])
        for kind, pattern in (("EMAIL", ADDRESS), ("SECRET", VENDORS)):
            for match in pattern.finditer(joined):
                if match.start() < parts[0][1] - parts[0][0] and match.end() > last:
                    end = parts[-1][0] + match.end() - last
                    yield parts[0][0] + match.start(), end, "EMAIL" if kind == "EMAIL" else "SECRET"
                    return
        more = _SEAM.match(text, parts[-1][0]) if len(parts) < _PIECES else None
        if more is None:
            return
        parts.append(more.span("right"))


def _better(found: str, joined: str) -> bool:
    """Whether the address ends in a common domain only with the next line."""
    return not re.search(rf"\.{TLD}$", found, re.IGNORECASE) and bool(
        re.search(rf"\.{TLD}$", joined, re.IGNORECASE)
    )


def _overlapping(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    at = bisect_left(spans, (end, 0))
    return spans[at - 1] if at and spans[at - 1][1] > start else None
