"""One of two answers that are compared: a heading that tells nothing, and the text."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from widgets.safe import plain
from widgets.still_markdown import still_markdown


class AnswerPane(VerticalScroll, can_focus=True):
    """Shows an answer as Markdown; after unmasking as plain text with its mentions marked."""

    DEFAULT_CSS = """
    AnswerPane {
        width: 1fr; height: 1fr; padding: 0 2; margin: 0 1;
        border: round $primary 60%; border-title-color: $text-muted;
        border-subtitle-color: $text-muted; scrollbar-size-vertical: 1;
    }
    AnswerPane:focus { border: round $primary; }
    AnswerPane > Static { height: auto; }
    """

    class Scrolled(Message):
        """The reader scrolled this pane."""

        def __init__(self, pane: AnswerPane, y: float) -> None:
            super().__init__()
            self.pane, self.y = pane, y

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def show(self, heading: str, text: str, *, subtitle: str = "") -> None:
        """Show an answer. Both panes of a pair are shown by this, so they look alike."""
        self.border_title, self.border_subtitle = heading, plain(subtitle, one_line=True)
        dark = self.app.current_theme.dark
        self.query_one(Static).update(still_markdown(plain(text), dark=dark))

    def mark(
        self, heading: str, text: str, spans: Sequence[tuple[int, int]], *, subtitle: str = ""
    ) -> None:
        """Show an answer with ``spans`` of it marked, as it was written."""
        self.border_title, self.border_subtitle = heading, plain(subtitle, one_line=True)
        content = Content("")
        at = 0
        for start, end in sorted(spans):
            if start < at:
                continue
            content += Content(plain(text[at:start]))
            content += Content(plain(text[start:end])).stylize("bold underline $text-warning")
            at = end
        self.query_one(Static).update(content + Content(plain(text[at:])))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Scrolled(self, new_value))
