"""Find a quote in a message, exactly or as people and models bend quotes.

Quotes come back with other quotation marks, collapsed blanks, another case, an ellipsis. The text
is normalised with a map back to its characters, so that what is found is a span of the original.
"""

from __future__ import annotations

import unicodedata

from persona_tui.stages.extraction.segments import Span

MIN_QUOTE = 2
"""Letters or digits: a quote of one would be found anywhere."""

_SAME = {
    **dict.fromkeys("‘’‚‛`´′ʼ＇", "'"),
    **dict.fromkeys("“”„‟«»″＂「」『』", '"'),
    **dict.fromkeys("‐‑‒–—―−－", "-"),
    "…": "...",
}
_EDGES = " \t\r\n\"'.,;:!?…-"


def locate(quote: str, text: str) -> Span | None:
    """The first place of ``quote`` in ``text``, or ``None``. ``span.of(text)`` is the words as
    they stand there."""
    if sum(c.isalnum() for c in quote) < MIN_QUOTE:
        return None
    exact = text.find(quote)
    if exact >= 0:
        return _trim(text, exact, exact + len(quote))
    needle = "".join(piece for piece, _ in _normal(quote)).strip(_EDGES)
    if sum(c.isalnum() for c in needle) < MIN_QUOTE:
        return None
    pieces = _normal(text)
    haystack = "".join(piece for piece, _ in pieces)
    at = haystack.find(needle)
    if at < 0:
        return None
    places = [place for piece, place in pieces for _ in piece]
    first, last = places[at], places[at + len(needle) - 1]
    return _trim(text, first, last + 1)


def _normal(text: str) -> list[tuple[str, int]]:
    """Pieces of the normalised text, each with the index of the character that it came from."""
    pieces: list[tuple[str, int]] = []
    blank = True
    for place, character in enumerate(text):
        if character.isspace():
            if not blank:
                pieces.append((" ", place))
            blank = True
            continue
        if unicodedata.category(character) in ("Cf", "Cc", "Mn"):
            continue
        folded = _SAME.get(character)
        if folded is None:
            folded = unicodedata.normalize("NFKC", character).casefold()
        if folded:
            pieces.append((folded, place))
            blank = False
    return pieces


def _trim(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
