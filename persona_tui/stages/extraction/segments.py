"""Sentences with their exact places in a message.

A segmenter of our own, because the ones that keep character offsets and know several scripts are
either slow (pysbd: over 1 ms a sentence) or bring a model. Boundaries only need to be good enough
for evidence: a span may hold two sentences or half of one, but ``message[start:end]`` is always
what was shown to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SENTENCE = 400
"""Characters. Longer runs without punctuation are split at a blank, so that work stays bounded."""

_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|approx|ca|bzw|usw|Nr|Sra?|Mme|M|No|Fig|al)"
    r"|\b(?:e\.g|i\.e|z\.B|d\.h|u\.a|p\.ex|a\.m|p\.m)|\b[A-Z]|(?:^|\n)[ \t]*\d{1,3})\.$"
)
_END = re.compile(r"[.!?…؟۔]+[\"'”’»)\]]*(?=\s|$)|[。！？｡।॥]+[」』”’）]*|\n+")
_BULLET = re.compile(r"\s*(?:[-*•·–—]\s+|\d{1,3}[.)]\s+|#{1,6}\s+)?")


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` and ``end`` in characters of the message."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The sentences of ``text[start:end]``, trimmed of blanks and list markers, in order.

    A line break ends a sentence unless the line looks wrapped (60 characters or more, and the next
    begins in lower case).
    """
    end = len(text) if end is None else end
    first = start
    for match in _END.finditer(text, start, end):
        if match.group().startswith("\n"):
            line = text.rfind("\n", start, match.start()) + 1
            if len(match.group()) == 1 and match.end() < end:
                wrapped = match.start() - max(line, start) >= 60 and text[match.end()].islower()
                if wrapped:
                    continue
        elif match.group() == "." and _ABBREVIATION.search(
            text, max(first, match.end() - 12), match.end()
        ):
            continue
        yield from _trimmed(text, first, match.end())
        first = match.end()
    yield from _trimmed(text, first, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end:
        stop = min(end, start + MAX_SENTENCE)
        if stop < end:
            blank = text.rfind(" ", start + MAX_SENTENCE // 2, stop)
            stop = blank if blank > 0 else stop
        marker = _BULLET.match(text, start, stop)
        left = marker.end() if marker else start
        right = stop
        while left < right and text[left].isspace():
            left += 1
        while right > left and text[right - 1].isspace():
            right -= 1
        if any(c.isalnum() for c in text[left:right]):
            yield Span(left, right)
        start = stop
