"""The person's own list of words that are never given, wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from store import donations
from widgets.line_list import LineList
from widgets.safe import shorten

if TYPE_CHECKING:
    from persona_tui.screens.base import HostApp


class WordsScreen(ModalScreen[bool]):
    """Dismisses with whether the list was changed."""

    DEFAULT_CSS = """
    WordsScreen { align: center middle; }
    WordsScreen > Vertical {
        width: 70;
        max-width: 96%;
        height: 20;
        max-height: 94%;
        padding: 0 1;
        border: round $primary;
        border-title-color: $primary;
        border-subtitle-color: $text-muted;
        background: $surface;
    }
    WordsScreen .told { color: $text-muted; height: auto; margin-bottom: 1; padding: 0 1; }
    WordsScreen LineList { background: $surface; }
    WordsScreen Input { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="donate_words.close"),
        Binding("delete,d", "remove", "Take off the list", id="donate_words.remove"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.changed = False
        self.words: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "Words that are never given"
            frame.border_subtitle = "Enter adds · ↑ and Delete take off · Esc closes"
            yield Static(
                "They are blacked out wherever they stand, however they are written, in every "
                "donation. The list stays on this machine.",
                classes="told",
                markup=False,
            )
            yield LineList()
            yield Input(placeholder="a name, a street, a project …")

    async def on_mount(self) -> None:
        self.query_one(Input).focus()
        await self._host.guarded(self._read())

    @property
    def _host(self) -> HostApp:
        return cast("HostApp", self.app)

    async def _read(self) -> None:
        self.words = [text for text, _ in await self._host.db.run(donations.entries)]
        self.query_one(LineList).fill(len(self.words), self._line)

    def _line(self, number: int, width: int) -> Content:
        return Content(shorten(self.words[number], width))

    def on_key(self, event: object) -> None:
        """From the field up into the list."""
        from textual.events import Key

        if isinstance(event, Key) and event.key == "up" and isinstance(self.focused, Input):
            self.query_one(LineList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "remove":
            return bool(self.words) and isinstance(self.focused, LineList)
        return True

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        words = event.value.strip()
        if words:
            self.query_one(Input).value = ""
            await self._host.guarded(self._write(words, add=True))

    async def action_remove(self) -> None:
        at = self.query_one(LineList).cursor
        if 0 <= at < len(self.words):
            await self._host.guarded(self._write(self.words[at], add=False))

    async def _write(self, words: str, *, add: bool) -> None:
        if add:
            await self._host.db.run(donations.add_entry, words)
        else:
            await self._host.db.run(donations.remove_entry, words)
        self.changed = True
        await self._read()
        self.query_one(Input).focus()

    def action_close(self) -> None:
        self.dismiss(self.changed)
