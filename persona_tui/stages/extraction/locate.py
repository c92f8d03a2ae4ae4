"""Find a quote in a message, exactly or as people and models bend quotes.

Quotes come back with other quotation marks, collapsed blanks, another case, an ellipsis. The text
is normalised with a map back to its characters, so that what is found is a span of the original.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator

from persona_tui.stages.extraction.segments import Span

MIN_QUOTE = 2
"""Letters or digits: a quote of one would be found anywhere."""

_SAME = {
    **dict.fromkeys("‘’‚‛`´′ʼ＇", "'"),
    **dict.fromkeys("“”„‟«»″＂「」『』", '"'),
    **dict.fromkeys("‐‑‒–—―−－", "-"),
    "…": "...",
}
_LEFT_OUT = ("Cf", "Cc", "Mn", "Me")
_MARKS = ("Mn", "Mc", "Me")
_JOINER = "\u200d"
_NO_BLANKS = "\u0e00"
"""From here on most scripts set no blanks between words (Thai, Chinese, Japanese) or add to words
what others write apart (Korean)."""
_EDGES = " \t\r\n\"'.,;:!?…-"


def locate(quote: str, text: str) -> Span | None:
    """The first place of ``quote`` in ``text``, or ``None``. ``span.of(text)`` is the words as
    they stand there."""
    return next(places(quote, text), None)


def places(quote: str, text: str) -> Iterator[Span]:
    """Every place of ``quote`` in ``text``, as whole words: the exact ones, or if there are none
    those that are equal after normalising."""
    if sum(c.isalnum() for c in quote) < MIN_QUOTE:
        return
    exact = False
    for start in _starts(quote, text):
        span = _whole(text, start, start + len(quote))
        if span is not None:
            exact = True
            yield span
    if exact:
        return
    needle = _normal(quote)[0].strip(_EDGES)
    if sum(c.isalnum() for c in needle) < MIN_QUOTE:
        return
    haystack, origin = _normal(text)
    for start in _starts(needle, haystack):
        span = _whole(text, origin[start], origin[start + len(needle) - 1] + 1)
        if span is not None:
            yield span


def _starts(needle: str, haystack: str) -> Iterator[int]:
    at = haystack.find(needle)
    while at >= 0:
        yield at
        at = haystack.find(needle, at + len(needle))


@functools.lru_cache(maxsize=512)
def _normal(text: str) -> tuple[str, tuple[int, ...]]:
    """The normalised text, and for each of its characters the index that it came from. Kept,
    because one answer of a model is looked up in the same messages again and again."""
    pieces: list[str] = []
    origin: list[int] = []
    blank = True
    for place, character in enumerate(text):
        if character.isspace():
            if not blank:
                pieces.append(" ")
                origin.append(place)
            blank = True
            continue
        if unicodedata.category(character) in _LEFT_OUT:
            continue
        folded = _SAME.get(character)
        if folded is None:
            # Decomposed, so that one accented character equals a letter with a combining mark.
            parts = unicodedata.normalize("NFKD", character).casefold()
            folded = "".join(c for c in parts if unicodedata.category(c) not in _LEFT_OUT)
        if folded and not folded.isspace():
            pieces.append(folded)
            origin += [place] * len(folded)
            blank = False
    return "".join(pieces), tuple(origin)


def _whole(text: str, start: int, end: int) -> Span | None:
    """The span without blanks at its ends and with all of its last sign; ``None`` if it begins or
    ends inside a word, in a script that sets blanks between words."""
    while 0 < end < len(text) and (
        unicodedata.category(text[end]) in _MARKS or _JOINER in (text[end], text[end - 1])
    ):
        end += 1
    span = _trim(text, start, end)
    if span is None or _inside(text, span.start) or _inside(text, span.end):
        return None
    return span


def _inside(text: str, at: int) -> bool:
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return before.isalnum() and after.isalnum() and max(before, after) < _NO_BLANKS


def _trim(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
