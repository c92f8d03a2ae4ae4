"""A window to write a sentence in: a correction, something missed, a note."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from widgets.safe import plain


class SentenceArea(TextArea):
    """Wraps long text; Enter accepts, because a sentence is one line."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            screen = self.screen
            if isinstance(screen, SentenceScreen):
                screen.action_accept()
            return
        await super()._on_key(event)


class SentenceScreen(ModalScreen[str | None]):
    """Dismisses with the text (it may be empty), or ``None`` if the person thought better of it."""

    DEFAULT_CSS = """
    SentenceScreen { align: center middle; }
    SentenceScreen > Vertical {
        width: 76;
        max-width: 96%;
        height: auto;
        max-height: 90%;
        padding: 1 2;
        border: round $primary;
        background: $surface;
    }
    SentenceScreen .title { text-style: bold; margin-bottom: 1; }
    SentenceScreen .before { color: $text-muted; margin-bottom: 1; max-height: 6; }
    SentenceScreen TextArea { height: auto; min-height: 4; max-height: 10; }
    SentenceScreen .hint { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Leave it", id="sentence.cancel"),
    ]

    def __init__(self, title: str, text: str = "", *, before: str = "") -> None:
        super().__init__()
        self.heading, self.text, self.before = title, plain(text), plain(before)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self.heading, classes="title", markup=False)
            if self.before:
                yield Static(self.before, classes="before", markup=False)
            area = SentenceArea(
                self.text, soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False
            )
            area.move_cursor(area.document.end)
            yield area
            yield Static("Enter keeps it · Esc leaves it as it was", classes="hint")

    def action_accept(self) -> None:
        self.dismiss(" ".join(self.query_one(SentenceArea).text.split()))

    def action_cancel(self) -> None:
        self.dismiss(None)
