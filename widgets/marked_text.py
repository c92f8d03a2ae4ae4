"""A text with stretches taken out of it and what stands instead: not told by colour alone.

What goes is struck through between ``[-`` and ``-]``, what comes instead stands bold behind it, what
the person left is underlined between ``[=`` and ``=]``. Drawn line by line as it comes into sight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from widgets.safe import plain

Look = Literal["same", "removed", "added", "kept"]
_SIGN = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff\U00020000-\U0003ffff"
_BIT = re.compile(rf"\n|[^\S\n]+|[{_SIGN}]|[^\W{_SIGN}]+|[^\w\s]")
MEANT = Style(bold=True, reverse=True)
"""What the keys are about. (A component class would lose the "reverse".)"""
_SIGNS = {"removed": ("[-", "-]"), "kept": ("[=", "=]")}


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch: its text, its look, where it begins in the original, and the number of the stop
    that it belongs to, if any."""

    text: str
    look: Look = "same"
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Bit:
    """A piece of a line. ``start`` and ``end`` are offsets in the original."""

    text: str
    look: Look
    start: int
    end: int
    stop: int | None
    glued: bool = False
    """Whether no line may begin with it."""


def bits_of(parts: Sequence[Part]) -> list[Bit]:
    """The words of ``parts``, each where a line may be broken."""
    out: list[Bit] = []
    for part in parts:
        before, after = _SIGNS.get(part.look, ("", ""))
        if part.look == "added":
            out.append(Bit(plain(part.text), part.look, part.start, part.start, part.stop))
            continue
        if before:
            out.append(Bit(before, part.look, part.start, part.start, part.stop))
        first = True
        for match in _BIT.finditer(part.text):
            word = match[0]
            joined = bool(before and first) or not (
                word.isspace() or re.match(f"[{_SIGN}]", word) or (out and out[-1].text.isspace())
            )
            first = False
            shown = word if word == "\n" else plain(word)
            start = part.start + match.start()
            if shown:
                out.append(Bit(shown, part.look, start, start + len(word), part.stop, joined))
        if after:
            end = part.start + len(part.text)
            out.append(Bit(after, part.look, end, end, part.stop, glued=True))
    return out


def lay_out(bits: Sequence[Bit], width: int) -> list[list[Bit]]:
    """``bits`` in lines of at most ``width`` cells."""
    lines: list[list[Bit]] = [[]]
    used = 0
    at = 0
    while at < len(bits):
        if bits[at].text == "\n":
            lines.append([])
            used, at = 0, at + 1
            continue
        end = at + 1
        while end < len(bits) and bits[end].glued and bits[end].text != "\n":
            end += 1
        run = bits[at:end]
        size = sum(cell_len(bit.text) for bit in run)
        if used + size > width and used:
            if run[0].text.isspace() and len(run) == 1:
                at = end
                lines.append([])
                used = 0
                continue
            lines.append([])
            used = 0
        for bit in run:
            for piece in _fit(bit, width, used):
                if used + cell_len(piece.text) > width and used:
                    lines.append([])
                    used = 0
                lines[-1].append(piece)
                used += cell_len(piece.text)
        at = end
    return lines


def _fit(bit: Bit, width: int, used: int) -> list[Bit]:
    """``bit``, cut where it is wider than a line."""
    if cell_len(bit.text) <= width:
        return [bit]
    out: list[Bit] = []
    text, room = bit.text, max(1, width - used)
    while text:
        take = 1
        while take < len(text) and cell_len(text[: take + 1]) <= room:
            take += 1
        out.append(replace(bit, text=text[:take]))
        text, room = text[take:], width
    return out


class MarkedText(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows parts; knows nothing of what they mean. ``stop`` and ``selection`` are what the keys are
    about."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "marked-text--removed", "marked-text--added", "marked-text--kept",
    }  # fmt: skip
    DEFAULT_CSS = """
    MarkedText {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        background: $background;
    }
    MarkedText > .marked-text--removed { color: $text-error; text-style: strike; }
    MarkedText > .marked-text--added { color: $text-success; text-style: bold; }
    MarkedText > .marked-text--kept { text-style: underline; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "scroll_home", "Top", show=False),
        Binding("end", "scroll_end", "Bottom", show=False),
    ]

    class Pressed(Message):
        """A stretch was clicked: its offset in the original, and the number of its stop, if any."""

        def __init__(self, offset: int, number: int | None) -> None:
            super().__init__()
            self.offset, self.number = offset, number

    def __init__(self) -> None:
        super().__init__()
        self._bits: list[Bit] = []
        self._lines: list[list[Bit]] = []
        self._width = 0
        self.stop: int | None = None
        self.selection: tuple[int, int] | None = None

    def show(
        self,
        parts: Sequence[Part],
        *,
        stop: int | None = None,
        selection: tuple[int, int] | None = None,
        home: bool = False,
    ) -> None:
        """Show ``parts``; the stop, or the selection, is scrolled to."""
        self._bits = bits_of(parts)
        self._lay_out()
        if home:
            self.scroll_home(animate=False)
        self.point(stop, selection)

    def point(self, stop: int | None, selection: tuple[int, int] | None = None) -> None:
        """Show which stop, or which stretch of the original, the keys are about."""
        self.stop, self.selection = stop, selection
        self.refresh()
        self.call_after_refresh(self._scroll_there)

    def line_of(self, offset: int) -> int:
        """The line on the screen in which an offset of the original is."""
        for number, line in enumerate(self._lines):
            if any(bit.start <= offset < bit.end for bit in line):
                return number
        return 0

    def on_resize(self) -> None:
        if self.scrollable_content_region.width != self._width:
            self._lay_out()
            self.refresh()

    def _lay_out(self) -> None:
        self._width = self.scrollable_content_region.width
        self._lines = lay_out(self._bits, max(8, self._width - 1)) if self._width else []
        self.virtual_size = Size(0, len(self._lines))

    def _scroll_there(self) -> None:
        rows = [n for n, line in enumerate(self._lines) if any(map(self._is_meant, line))]
        if rows:
            here = Region(0, rows[0], 1, min(rows[-1] - rows[0] + 1, 5))
            self.scroll_to_region(here, animate=False, force=True)

    def _is_meant(self, bit: Bit) -> bool:
        if self.selection is not None:
            return bit.start < self.selection[1] and self.selection[0] < bit.end
        return bit.stop is not None and bit.stop == self.stop

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        number = self.scroll_offset.y + y
        base = self.visual_style
        if not 0 <= number < len(self._lines):
            return Strip.blank(width, base.rich_style)
        parts = [self._drawn(bit) for bit in self._lines[number]]
        strips = Visual.to_strips(self, Content("").join(parts), width, 1, base, pad=True)
        return strips[0] if strips else Strip.blank(width, base.rich_style)

    def _drawn(self, bit: Bit) -> Content:
        style = Style.from_meta({"at": bit.start, "stop": -1 if bit.stop is None else bit.stop})
        if bit.look != "same":
            style += self.get_visual_style(f"marked-text--{bit.look}", partial=True)
        if self._is_meant(bit):
            style += MEANT
        return Content.styled(bit.text, style)

    def action_page(self, pages: int) -> None:
        self.scroll_relative(y=pages * max(1, self.size.height - 1), animate=False)

    def on_click(self, event: events.Click) -> None:
        at, stop = event.style.meta.get("at"), event.style.meta.get("stop")
        if isinstance(at, int) and isinstance(stop, int):
            event.stop()
            self.post_message(self.Pressed(at, None if stop < 0 else stop))
