"""A list of lines with a cursor, drawn one by one as they come into sight: any number of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

Draw = Callable[[int, int], Content]
"""Line number and width in cells → one line. What does not fit is cut off."""


class LineList(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows what it is given by :meth:`fill`. The line under the cursor has a mark before it, too."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--cursor", "line-list--mark"}
    DEFAULT_CSS = """
    LineList {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        background: $background;
    }
    LineList > .line-list--cursor { background: $boost; }
    LineList:focus > .line-list--cursor { background: $primary 30%; }
    LineList > .line-list--mark { color: $text-primary; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "to(0)", "First", show=False),
        Binding("end", "to(-1)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]
    cursor: reactive[int] = reactive(0, repaint=True)
    MARK: ClassVar[bool] = True
    """Whether the first two cells of a line are kept for the mark."""

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, view: LineList, line: int) -> None:
            super().__init__()
            self.view, self.line = view, line

        @property
        def control(self) -> LineList:
            return self.view

    class Chosen(Moved):
        """Enter, or a click on a line: ``x`` is the cell that was clicked, -1 for Enter; ``again``
        whether the cursor was there before."""

        def __init__(self, view: LineList, line: int, *, x: int = -1, again: bool = True) -> None:
            super().__init__(view, line)
            self.x, self.again = x, again

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._count = 0
        self._draw: Draw = lambda _line, _width: Content()

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self._count

    @property
    def room(self) -> int:
        """Cells for the text of a line."""
        return max(1, self.scrollable_content_region.width - (2 if self.MARK else 0))

    def fill(self, count: int, draw: Draw, *, cursor: int | None = None) -> None:
        """Show ``count`` lines; the cursor stays where it is, or goes to ``cursor``."""
        self._count, self._draw = count, draw
        self.virtual_size = Size(0, count)
        self.cursor = max(0, min(self.cursor if cursor is None else cursor, count - 1))
        self.refresh()

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self._count - 1))

    def watch_cursor(self) -> None:
        self.call_after_refresh(self.show_cursor)
        self.post_message(self.Moved(self, self.cursor))

    def show_cursor(self) -> None:
        """Scroll so that the cursor is seen."""
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        line = self.scroll_offset.y + y
        base = self.visual_style
        if line >= self._count:
            return Strip.blank(width, base.rich_style)
        here = line == self.cursor
        style = self.get_visual_style("line-list--cursor") if here else base
        content = self._draw(line, self.room)
        if self.MARK:
            mark = self.get_visual_style("line-list--mark", partial=True)
            content = Content.assemble(("▸ ", mark) if here else "  ", content)
        strips = Visual.to_strips(self, content, width, 1, style, pad=True)
        return strips[0] if strips else Strip.blank(width, style.rich_style)

    def action_move(self, lines: int) -> None:
        self.cursor += lines

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self.scrollable_content_region.height - 1)

    def action_to(self, line: int) -> None:
        self.cursor = line if line >= 0 else self._count - 1

    def action_choose(self) -> None:
        if self._count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset_capture(self)
        line = self.scroll_offset.y + place.y
        if 0 <= line < self._count:
            event.stop()
            again = line == self.cursor
            self.cursor = line
            self.post_message(self.Chosen(self, line, x=place.x, again=again))
