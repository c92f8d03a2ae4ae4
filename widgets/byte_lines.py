"""A file as lines that fit a width, whatever its size: exact, and nothing that a terminal obeys.

Only lines that are looked at are cut to pieces; of all others it is known how many they make.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from rich.cells import get_character_cell_size

_HEX = 16
"""Bytes a line of what is no text."""
_KEPT = 100
"""Lines whose pieces are kept."""
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
_WIDE_OR_ODD = re.compile("[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0377\u0384-\u0482\u048a-\u052f]")
"""What may take more or less than one cell, or is odd; Latin, Greek and Cyrillic letters do not."""


def exact(text: str) -> str:
    """``text`` with what cannot be seen, or would be obeyed, written out: ``⟨U+200B⟩``."""
    return _ODD.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


class ByteLines:
    """The lines of ``data`` at a width of ``width`` cells. Making it reads the file once: do it in a
    thread."""

    def __init__(self, data: bytes, width: int, *, text: bool) -> None:
        self.text = text
        self.width = max(8, width)
        self._data = data
        self._recent: dict[int, list[str]] = {}
        self._found: tuple[tuple[int, str], list[tuple[int, int]], list[int]] | None = None
        if not text:
            self._lines: list[str] = []
            self.count = max(1, -(-len(data) // _HEX))
            return
        self._lines = data.decode("utf-8").split("\n")
        if len(self._lines) > 1 and not self._lines[-1]:
            self._lines.pop()  # the file ends with a line end
        self._first = list(accumulate((self._pieces(line) for line in self._lines), initial=0))
        self.count = self._first[-1]

    def _pieces(self, line: str) -> int:
        if _WIDE_OR_ODD.search(line) is None:
            return max(1, -(-len(line) // self.width))
        return len(self._cut(line))

    def _cut(self, line: str) -> list[str]:
        if _WIDE_OR_ODD.search(line) is None:
            return [line[at : at + self.width] for at in range(0, max(1, len(line)), self.width)]
        shown = exact(line)
        out: list[str] = []
        start = cells = 0
        for at, char in enumerate(shown):
            size = get_character_cell_size(char)
            if cells + size > self.width:
                out.append(shown[start:at])
                start, cells = at, 0
            cells += size
        return [*out, shown[start:]]

    def _pieces_of(self, number: int) -> list[str]:
        """The pieces of one line; those of the last few are kept, for a line may be a whole book."""
        if number not in self._recent:
            while len(self._recent) > _KEPT:
                self._recent.pop(next(iter(self._recent)))
            self._recent[number] = self._cut(self._lines[number])
        return self._recent[number]

    def line_of(self, row: int) -> int:
        """Which line of the file the ``row``-th line on the screen is a piece of."""
        return bisect_right(self._first, row) - 1 if self.text else row

    def row_of(self, line: int) -> int:
        """The first line on the screen of a line of the file."""
        if not self.text:
            return line
        return self._first[max(0, min(line, len(self._lines) - 1))]

    def line(self, number: int) -> str:
        """A line of the file, as it is."""
        return self._lines[number] if self.text and 0 <= number < len(self._lines) else ""

    def is_first(self, row: int) -> bool:
        """Whether a line of the file begins there."""
        return not self.text or self._first[self.line_of(row)] == row

    def __getitem__(self, row: int) -> str:
        """What stands in one line on the screen."""
        if not self.text:
            return _hex(row * _HEX, self._data[row * _HEX : (row + 1) * _HEX])
        number = self.line_of(row)
        return self._pieces_of(number)[row - self._first[number]]

    def spans(self, row: int, words: str) -> list[tuple[int, int]]:
        """Where ``words`` stand in one line on the screen, also over its ends."""
        if not words or not self.text:
            return []
        number = self.line_of(row)
        key = (number, words)
        if self._found is None or self._found[0] != key:
            shown = "".join(self._pieces_of(number))
            matches = re.finditer(re.escape(words), shown, re.IGNORECASE)
            starts = list(accumulate(map(len, self._pieces_of(number)), initial=0))
            self._found = (key, [match.span() for match in matches], starts)
        _, found, starts = self._found
        start, end = starts[row - self._first[number] :][:2]
        return [
            (max(a, start) - start, min(b, end) - start) for a, b in found if a < end and b > start
        ]


def _hex(offset: int, data: bytes) -> str:
    numbers = data.hex(" ")
    letters = "".join(chr(one) if 32 <= one < 127 else "." for one in data)
    return f"{offset:08x}  {numbers:<47}  {letters}"
