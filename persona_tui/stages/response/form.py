"""The same form for every answer, so that form does not tell which is which.

Headings become bold lines, bullets become dashes, blank lines stand alone. Only prose is touched: code
and HTML keep every byte. A CommonMark parser says where the blocks are; a regular expression would
take the comment in a shell script for a heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

VERSION = "2"
_VERBATIM = frozenset(("fence", "code_block", "html_block"))
_DOT = re.compile(r"^(\s*)[•◦▪‣]\s+")
_END = re.compile(r"[.!?。！？…][\"'”’)*_]*(?=\s|$)")
_NUMBER = re.compile(r"(?:^|\n)[ \t>]*(?:[-*+][ \t]+)?\d{1,9}\.$")
_CONTAINER = re.compile(r"(?:[ \t>]|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$))*")
"""What a line stands in: quotations and list items."""
_PASSES = 4
"""Taking a heading away can, rarely, make a heading of the next line."""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 20 ms, and only where answers are written

    return MarkdownIt("commonmark")


def normalised(text: str, *, truncated: bool = False) -> str:
    """``text`` in the form that all answers have. One that ended at the token limit ends after its
    last whole sentence."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for _ in range(_PASSES):
        before, text = text, _careful_pass(text)
        if text == before:
            break
    return _ended(text) if truncated else text


def _careful_pass(text: str) -> str:
    """One pass that leaves code alone, whatever strange text it is: rather uneven than damaged."""
    code = _code(text)
    for dots in (True, False):
        made = _one_pass(text, dots=dots)
        if _code(made) == code:
            return made
    return text


def _code(text: str) -> list[tuple[str, str, str]]:
    """Every block of code; the blanks at the end of one that is never closed are nothing."""
    found = [
        (token.type, token.info, token.content)
        for token in _parser().parse(text)
        if token.type in _VERBATIM
    ]
    return [*found[:-1], *((kind, info, body.rstrip()) for kind, info, body in found[-1:])]


def _one_pass(text: str, *, dots: bool) -> str:
    tokens = _parser().parse(text)
    lines = text.split("\n")
    kept = _verbatim(tokens, len(lines))
    new: list[str | None] = list(lines)
    alone: set[int] = set()
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.map:
            first, end = token.map
            new[first] = _bold(lines[first], tokens[place + 1].content)
            new[first + 1 : end] = [None] * (end - first - 1)
            alone.add(first)
    for first, marks in _items(tokens).items():
        line = new[first]
        if line is not None:
            new[first] = _dashed(line, marks)
    made: list[str] = []
    verbatim: list[bool] = []

    def add(line: str, *, as_it_is: bool = False) -> None:
        if line or as_it_is or not made or made[-1] or verbatim[-1]:  # no two blank lines
            made.append(line)
            verbatim.append(as_it_is)

    for at, line in enumerate(new):
        if line is None:
            continue
        if kept[at]:
            add(line, as_it_is=True)
            continue
        shown = _without_end(line, new[at + 1 : at + 2])
        shown = _DOT.sub(r"\1- ", shown) if dots else shown
        if at in alone and made and not _CONTAINER.fullmatch(made[-1]):
            add(_blank_in(shown))
        add(shown)
        if at in alone and (_next(new, at) or "").strip(" >"):
            add(_blank_in(shown))
    while made and not made[0].strip():
        del made[0], verbatim[0]
    while made and not made[-1].strip() and not verbatim[-1]:
        del made[-1], verbatim[-1]
    return "\n".join(made)


def _verbatim(tokens: Sequence[Token], count: int) -> list[bool]:
    """Which lines are code or HTML."""
    kept = [False] * (count + 1)
    for token in tokens:
        if token.type in _VERBATIM and token.map:
            for at in range(token.map[0], min(token.map[1], count)):
                kept[at] = True
    return kept


def _bold(line: str, words: str) -> str:
    """A heading's first line with its ``words`` in bold, inside whatever it stands in (``> ``)."""
    words = " ".join(words.replace("**", "").replace("__", "").split())
    start = _CONTAINER.match(line)
    prefix = start[0] if start else ""
    return f"{prefix}**{words}**" if words.strip("*_") else f"{prefix}…"


def _items(tokens: Sequence[Token]) -> dict[int, list[str]]:
    """The list markers that begin on a line, the outer first: ``*`` or ``2.``"""
    found: dict[int, list[str]] = {}
    for token in tokens:
        if token.type == "list_item_open" and token.map:
            found.setdefault(token.map[0], []).append(f"{token.info}{token.markup}")
    return found


def _dashed(line: str, marks: Sequence[str]) -> str:
    """``line`` with its bullets as dashes; numbers stay."""
    at = 0
    for mark in marks:
        place = line.find(mark, at)
        if place < 0:
            break
        if len(mark) == 1:
            line = f"{line[:place]}-{line[place + 1 :]}"
        at = place + len(mark)
    return line


def _without_end(line: str, following: Sequence[str | None]) -> str:
    """Without spaces at its end, unless they are a line break within a paragraph."""
    bare = line.rstrip(" \t")
    breaks = line.endswith("  ") and bool(bare) and any((one or "").strip() for one in following)
    return bare + "  " if breaks else bare


def _next(lines: Sequence[str | None], at: int) -> str | None:
    return next((line for line in lines[at + 1 :] if line is not None), None)


def _blank_in(line: str) -> str:
    """A blank line inside what ``line`` stands in: a quotation goes on."""
    quoted = re.match(r"[ \t>]*", line)
    return quoted[0].rstrip() if quoted else ""


def _ended(text: str) -> str:
    """A text that was cut, after its last whole sentence; the half of a code block is closed."""
    tokens = _parser().parse(text)
    lines = text.split("\n")
    kept = _verbatim(tokens, len(lines))
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    ends = [
        match.end()
        for match in _END.finditer(text)
        if not kept[_line_of(starts, match.start())] and not _NUMBER.search(text[: match.end()])
    ]
    if ends and ends[-1] >= len(text) // 2:
        return text[: ends[-1]]
    last = tokens[-1] if tokens else None
    if last is not None and last.type == "fence" and lines[-1].strip() != last.markup:
        return f"{text}\n{last.markup}\n\n…"
    return f"{text} …"


def _line_of(starts: Sequence[int], at: int) -> int:
    from bisect import bisect_right

    return bisect_right(starts, at) - 1
