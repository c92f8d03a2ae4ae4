"""The strip of modes at the top: one tab a mode, with its key, clickable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widget import Widget

_BRAND = len(" persona-tui ")


@dataclass(frozen=True, slots=True)
class Tab:
    """One mode: what it is called inside, its key as shown, its name as shown."""

    mode: str
    key: str
    label: str
    short: str = ""
    """Where there is little room; the label if left out."""

    @property
    def tight_key(self) -> str:
        """The key without the F that stands once at the beginning of the line."""
        return self.key[1:] if self.key[:1] == "F" and self.key[1:].isdigit() else self.key


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
        self.tight = False

    def render(self) -> Content:
        left, right = ("[", "]") if self.current else (" ", "" if self.tight else " ")
        key = self.tab.tight_key if self.tight else self.tab.key
        label = (self.tight and self.tab.short) or self.tab.label
        return Content.assemble(left, (key, "" if self.current else "dim"), " ", label, right)

    @property
    def tight_cells(self) -> int:
        """The room it takes where there is little, less the closing bracket."""
        return cell_len(f" {self.tab.tight_key} {self.tab.short or self.tab.label}")

    def set_tight(self, tight: bool) -> None:
        """Take little room, or as much as is good."""
        if tight != self.tight:
            self.tight = tight
            self.refresh(layout=True)

    def on_click(self) -> None:
        self.post_message(ModeTabs.Chosen(self.tab.mode))


class ModeTabs(Horizontal):
    """All modes in one line. Where it is too narrow for them, the F of the keys stands once, at the
    beginning, long names give way to short ones, and the last tabs are left out: their keys and the
    palette go there all the same."""

    DEFAULT_CSS = """
    ModeTabs {
        dock: top;
        height: 1;
        padding: 0 1;
        background: $panel;
    }
    ModeTabs > .keys { width: auto; color: $text-muted; display: none; }
    ModeTabs.-tight > .keys { display: block; }
    ModeTabs > .brand {
        dock: right;
        width: auto;
        padding: 0 1;
        color: $text-disabled;
    }
    ModeTabs.-bare > .brand { display: none; }
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

        yield Static("F", classes="keys", markup=False)
        for tab in self.tabs:
            yield TabLabel(tab, current=tab.mode == self.current)
        yield Static("persona-tui", classes="brand", markup=False)

    def on_resize(self, event: Resize) -> None:
        """Without the name where that does not fit beside the tabs, tight where they do not fit as
        they are; of those that do not fit then, the last are left out, never the current one."""
        labels = list(self.query(TabLabel))
        room = event.size.width - 2
        full = sum(cell_len(f" {tab.key} {tab.label} ") for tab in self.tabs)
        tight = room < full
        self.set_class(tight, "-tight")
        self.set_class(room < full + _BRAND, "-bare")
        room -= 2  # the F, and the bracket behind the current one
        used = sum(label.tight_cells for label in labels)
        for label in reversed(labels):
            label.set_tight(tight)
            label.display = not tight or used <= room or label.current
            if not label.display:
                used -= label.tight_cells
