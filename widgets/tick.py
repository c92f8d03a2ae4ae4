"""A statement to agree to: a box and its words, over as many lines as they take.

Textual's own checkbox cuts words off after the first line, and tells by colour alone whether it is
ticked.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static


class Tick(Horizontal, can_focus=True):
    """Ticked by Space, Enter or a click; not ticked beforehand."""

    DEFAULT_CSS = """
    Tick { height: auto; pointer: pointer; }
    Tick > .box { width: 5; }
    Tick > .words { width: 1fr; height: auto; }
    Tick:focus { background: $primary 20%; }
    Tick.-on > .box { color: $text-success; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "tick", "Tick", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]
    value: reactive[bool] = reactive(False, init=False)

    class Changed(Message):
        """It was ticked, or not any more."""

        def __init__(self, tick: Tick) -> None:
            super().__init__()
            self.tick = tick

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    def compose(self) -> ComposeResult:
        yield Static(" [ ]", classes="box", markup=False)
        yield Static(self.words, classes="words", markup=False)

    def watch_value(self, value: bool) -> None:
        self._mark()
        self.set_class(value, "-on")
        self.post_message(self.Changed(self))

    def _mark(self) -> None:
        if not self.is_mounted:
            return
        here, box = "▸" if self.has_focus else " ", "[x]" if self.value else "[ ]"
        self.query_one(".box", Static).update(here + box)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._mark()

    def action_tick(self) -> None:
        self.value = not self.value

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.focus()
        self.action_tick()
