"""Reading one JSON value that is too large to keep, without keeping what makes it so."""

from __future__ import annotations

import re

from persona_tui.importers.base import MAX_CONVERSATION_CHARS, MAX_MESSAGE_CHARS
from persona_tui.importers.values import OVERSIZED

MAX_STRING_CHARS = 6 * MAX_MESSAGE_CHARS
"""Longest string kept, in JSON's own spelling: an escape takes up to six characters for one."""

_PLAIN = re.compile(r'[^"{}\[\]]*+')
_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
_MARK = OVERSIZED.replace("\x00", "\\u0000")


class Slimmer:
    """Fed a value in chunks, it finds the value's end and keeps its JSON text, with each string
    over the limit replaced by a mark that says how long it was.

    Only brackets and quotes are looked at: whether the text is JSON shows when it is parsed.
    """

    def __init__(self) -> None:
        self.overflow = False
        """The value is too large even so: nothing is kept."""
        self.size = 0
        """Characters seen."""
        self._pieces: list[str] = []
        self._kept = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._string_start = 0
        self._string_size = 0

    def feed(self, chunk: str, start: int = 0) -> int | None:
        """Take ``chunk`` from ``start``; the index after the value's end, or None before it."""
        index = start
        while index < len(chunk):
            index = self._in(chunk, index) if self._in_string else self._between(chunk, index)
            if self._depth == 0 and not self._in_string:
                self.size += index - start
                return index
        self.size += len(chunk) - start
        return None

    def text(self) -> str:
        """The value's JSON text."""
        return "".join(self._pieces)

    def _between(self, chunk: str, index: int) -> int:
        found = _PLAIN.match(chunk, index)
        end = found.end() if found else index
        if end == len(chunk):
            self._keep(chunk[index:end])
            return end
        self._keep(chunk[index : end + 1])
        mark = chunk[end]
        if mark == '"':
            self._in_string = True
            self._string_start = len(self._pieces)
            self._string_size = 0
        elif mark in "{[":
            self._depth += 1
        else:
            self._depth -= 1
        return end + 1

    def _in(self, chunk: str, index: int) -> int:
        if self._escaped:
            self._escaped = False
            self._keep_string(chunk[index])
            return index + 1
        found = _STRING.match(chunk, index)
        end = found.end() if found else index
        self._keep_string(chunk[index:end])
        if end == len(chunk):
            return end
        if chunk[end] == '"':
            if self._string_size > MAX_STRING_CHARS:
                self._keep(f"{_MARK}{self._string_size}")
            self._keep('"')
            self._in_string = False
        else:  # a backslash at the end of the chunk
            self._keep_string("\\")
            self._escaped = True
        return end + 1

    def _keep_string(self, text: str) -> None:
        before = self._string_size
        self._string_size += len(text)
        if self._string_size <= MAX_STRING_CHARS:
            self._keep(text)
        elif before <= MAX_STRING_CHARS and not self.overflow:
            self._kept -= sum(map(len, self._pieces[self._string_start :]))
            del self._pieces[self._string_start :]

    def _keep(self, text: str) -> None:
        if self.overflow or not text:
            return
        self._kept += len(text)
        if self._kept > MAX_CONVERSATION_CHARS:
            self.overflow = True
            self._pieces.clear()
        else:
            self._pieces.append(text)
