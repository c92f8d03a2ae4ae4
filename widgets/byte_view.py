"""The exact bytes of a file, with a cursor, and words found in them marked."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.message import Message
from textual.style import Style

from widgets.byte_lines import ByteLines
from widgets.line_list import LineList

FOUND = Style(bold=True, reverse=True)
"""Words that were looked for. (A component class would lose the "reverse".)"""


class ByteView(LineList):
    """A file. The line of the file that the cursor is in has a bar before it, all along."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"byte-view--bar"}
    DEFAULT_CSS = """
    ByteView > .byte-view--bar { color: $text-primary; text-style: bold; }
    """
    MARK = False
    GUTTER = 2

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.lines: ByteLines | None = None
        self._words = ""

    class Resized(Message):
        """There is another width to cut lines to."""

    @property
    def text_room(self) -> int:
        """Cells for the bytes."""
        return self.room - self.GUTTER

    def on_resize(self) -> None:
        if self.lines is None or self.lines.width != self.text_room:
            self.post_message(self.Resized())

    @property
    def line(self) -> int:
        """The line of the file that the cursor is in, from 0."""
        return self.lines.line_of(self.cursor) if self.lines is not None else 0

    def show(self, lines: ByteLines | None, *, line: int = 0) -> None:
        """Show a file, the cursor in its ``line``."""
        self.lines = lines
        count = 0 if lines is None else lines.count
        self.fill(count, self._row, cursor=0 if lines is None else lines.row_of(line))

    def mark(self, words: str) -> None:
        """Mark ``words`` wherever they stand."""
        self._words = words
        self.refresh()

    def go_to(self, line: int) -> None:
        """Move to a line of the file, to where the words are in it."""
        if self.lines is None:
            return
        row = self.lines.row_of(line)
        while (
            self._words
            and not self.lines.spans(row, self._words)
            and row + 1 < self.lines.count
            and self.lines.line_of(row + 1) == line
        ):
            row += 1
        self.cursor = row

    def _row(self, row: int, _width: int) -> Content:
        if self.lines is None:
            return Content()
        text = Content(self.lines[row])
        for start, end in self.lines.spans(row, self._words):
            text = text.stylize(FOUND, start, end)
        bar = self.get_visual_style("byte-view--bar", partial=True)
        here = self.lines.line_of(row) == self.line
        first = "▸" if row == self.cursor else "┃"
        return Content.assemble((f"{first} ", bar) if here else "  ", text)
