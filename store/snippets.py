"""Where the searched words stand in a text, and the piece of it that shows them."""

from __future__ import annotations

import functools
import re
import unicodedata

from store import fts

LENGTH = 160
"""Characters of a snippet, about two lines."""
MAX_READ = 200_000
"""Characters of a text that are looked through for a place to show."""


def snippet(text: str, query: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The piece of ``text`` around the first of the words, on one line, and the spans that match.

    The index ignores case and accents, so this does, too.
    """
    text = text[:MAX_READ]
    pattern = _pattern(query)
    first = pattern.search(_folded(text)) if pattern is not None else None
    start = 0 if first is None else max(0, first.start() - LENGTH // 3)
    if start:
        space = text.find(" ", start, first.start() if first is not None else start)
        start = space + 1 if space >= 0 else start
    piece = text[start : start + LENGTH]
    before = "…" if start else ""
    after = "…" if start + LENGTH < len(text) else ""
    shown = before + "".join(c if c.isprintable() else " " for c in piece) + after
    if pattern is None:
        return shown, ()
    shift = len(before)
    marks = [(m.start() + shift, m.end() + shift) for m in pattern.finditer(_folded(piece))]
    return shown, tuple(marks)


def _pattern(query: str) -> re.Pattern[str] | None:
    words = [
        word
        for part in query.split()[:32]
        for word in re.findall(r"\w+|[^\w\s]", _folded(part))
        if word.isalnum() or any(map(fts.is_unspaced, word)) or re.match(r"\w", word)
    ]
    if not words:
        plain = _folded(query.strip())
        return re.compile(re.escape(plain)) if plain else None
    last = words[-1]
    choices = [
        re.escape(word) if any(map(fts.is_unspaced, word)) else rf"\b{re.escape(word)}\b"
        for word in sorted(set(words), key=len, reverse=True)
    ]
    if not any(map(fts.is_unspaced, last)):
        choices.append(rf"\b{re.escape(last)}\w*")
    return re.compile("|".join(choices))


def _folded(text: str) -> str:
    """``text`` without case and accents, character for character, so that positions stay."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_one, text))


@functools.lru_cache(maxsize=4096)
def _fold_one(character: str) -> str:
    return unicodedata.normalize("NFD", character)[0].casefold()[:1] or character
