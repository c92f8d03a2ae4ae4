"""One line about work that goes on beside everything else; clicking it starts or stops it."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Static


class WorkLine(Static):
    """Hidden while there is nothing to say; what went wrong may take several lines."""

    class Pressed(Message):
        """The line was clicked."""

    DEFAULT_CSS = """
    WorkLine {
        dock: bottom;
        height: auto;
        max-height: 3;
        margin-bottom: 1;
        padding: 0 2;
        color: $text-muted;
        background: $boost;
        pointer: pointer;
        display: none;
        &.-shown { display: block; }
        &:hover { color: $text; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def say(self, text: str) -> None:
        """Show ``text``, or nothing if it is empty."""
        self.set_class(bool(text), "-shown")
        self.update(text)

    def on_click(self) -> None:
        self.post_message(self.Pressed())
