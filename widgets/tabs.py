"""The strip of modes at the top: one tab a mode, with its key, clickable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Tab:
    """One mode: what it is called inside, its key as shown, its name as shown."""

    mode: str
    key: str
    label: str


class TabLabel(Widget):
    """One tab. The current one is told by brackets as well as by weight and colour."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TabLabel {
        width: auto;
        height: 1;
        color: $text-muted;
        pointer: pointer;
        &:hover { color: $text; text-style: underline; }
        &.-current { color: $text-primary; text-style: bold; }
        &.-current:nocolor { text-style: bold reverse; }
    }
    """

    def __init__(self, tab: Tab, *, current: bool) -> None:
        super().__init__(classes="-current" if current else "")
        self.tab = tab
        self.current = current

    def render(self) -> Content:
        left, right = ("[", "]") if self.current else (" ", " ")
        return Content.assemble(
            left, (self.tab.key, "" if self.current else "dim"), " ", self.tab.label, right
        )

    def on_click(self) -> None:
        self.post_message(ModeTabs.Chosen(self.tab.mode))


class ModeTabs(Horizontal):
    """All modes in one line."""

    DEFAULT_CSS = """
    ModeTabs {
        dock: top;
        height: 1;
        padding: 0 1;
        background: $panel;
    }
    ModeTabs TabLabel { margin: 0 1 0 0; }
    ModeTabs > .brand {
        dock: right;
        width: auto;
        padding: 0 1;
        color: $text-disabled;
        display: none;
    }
    .-wide ModeTabs > .brand { display: block; }
    """

    class Chosen(Message):
        """The person clicked on a tab."""

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, tabs: Sequence[Tab], current: str) -> None:
        super().__init__()
        self.tabs = tuple(tabs)
        self.current = current

    def compose(self) -> ComposeResult:
        from textual.widgets import Static

        for tab in self.tabs:
            yield TabLabel(tab, current=tab.mode == self.current)
        yield Static("persona-tui", classes="brand", markup=False)
