"""Find in a conversation: a line to type in, and how many messages match."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message as Event
from textual.widgets import Input, Static


class FindBar(Horizontal):
    """Hidden until :meth:`open_bar`."""

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        display: none;
        background: $panel;
        padding: 0 2;
        &.-open { display: block; }
    }
    FindBar > .label { width: auto; padding: 0 1 0 0; color: $text-muted; }
    FindBar > Input { width: 1fr; border: none; height: 1; padding: 0; background: $panel; }
    FindBar > .count { width: auto; padding: 0 0 0 2; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,up", "step(-1)", "Earlier", id="find.earlier", priority=True),
        Binding("shift+enter,down", "step(1)", "Later", id="find.later", priority=True),
        Binding("escape", "close", "Close search", id="find.close", priority=True),
    ]

    class Changed(Event):
        """Another text is looked for; empty when the bar was closed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Step(Event):
        """The person wants the earlier (-1) or later (1) match."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def compose(self) -> ComposeResult:
        yield Static("Find", classes="label")
        yield Input(placeholder="words in this conversation", compact=True)
        yield Static("", classes="count", markup=False)

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open_bar(self) -> None:
        """Show the bar and type into it."""
        self.add_class("-open")
        self.query_one(Input).focus()

    def action_close(self) -> None:
        self.remove_class("-open")
        self.query_one(Input).value = ""
        self.post_message(self.Changed(""))

    def action_step(self, step: int) -> None:
        self.post_message(self.Step(step))

    def say(self, text: str) -> None:
        """How many there are."""
        self.query_one(".count", Static).update(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(event.value))
