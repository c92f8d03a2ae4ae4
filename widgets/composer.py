"""Where the person writes: several lines, Enter sends."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message as Event
from textual.widgets import TextArea


class Composer(TextArea):
    """A text area that grows with its text, sends on Enter, and recalls what was sent before."""

    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 10;
        border: round $foreground 30%;
        background: $background;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        &:focus { border: round $primary; }
        & .text-area--cursor-line { background: transparent; }
        &.-editing { border: round $warning; border-title-color: $text-warning; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", show=False, id="composer.send"),
        Binding("shift+enter,ctrl+j", "newline", "New line", show=False, id="composer.newline"),
    ]

    class Sent(Event):
        """The person sent ``text`` (never empty)."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, placeholder: str = "") -> None:
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=placeholder,
        )
        self.sent_before: list[str] = []
        """What the person sent in this conversation, oldest first: recalled with Up."""
        self._recalled: int | None = None
        self._own = ""

    async def _on_key(self, event: events.Key) -> None:
        # TextArea would take Enter as text, and the arrows as movement, before any binding sees it.
        match event.key:
            case "enter":
                self.action_send()
            case "shift+enter" | "ctrl+j":
                self.action_newline()
            case "up" if self._at_edge(first=True) and self._recall(-1):
                pass
            case "down" if self._at_edge(first=False) and self._recall(1):
                pass
            case _:
                await super()._on_key(event)
                return
        event.stop()
        event.prevent_default()

    def action_send(self) -> None:
        text = self.text.strip()
        if text:
            self._recalled = None
            self.post_message(self.Sent(self.text.strip("\n")))

    def action_newline(self) -> None:
        self.type("\n")

    def type(self, text: str) -> None:
        """Put ``text`` where the cursor is, and the cursor after it, as the keyboard does."""
        start, end = self.selection
        self._replace_via_keyboard(text, start, end)

    def put(self, text: str) -> None:
        """Replace the text, with the cursor at its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    def _at_edge(self, *, first: bool) -> bool:
        if not self.selection.is_empty:
            return False
        return self.cursor_at_first_line if first else self.cursor_at_last_line

    def _recall(self, step: int) -> bool:
        """Put the message before (or after) the recalled one into the box."""
        if not self.sent_before or (self._recalled is None and step > 0):
            return False
        if self._recalled is None:
            # Only from a box that is empty: a draft is not to be lost to a slip of a key.
            if self.text:
                return False
            self._own = self.text
            self._recalled = len(self.sent_before)
        at = self._recalled + step
        if at < 0:
            return True
        if at >= len(self.sent_before):
            self._recalled = None
            self.put(self._own)
            return True
        self._recalled = at
        self.put(self.sent_before[at])
        return True
