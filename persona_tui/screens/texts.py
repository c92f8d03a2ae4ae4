"""Several texts to choose from and copy: earlier versions of a message, its code blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from widgets.safe import plain

SHOWN_CHARACTERS = 20_000


class TextsScreen(ModalScreen[str | None]):
    """Shows (label, text) pairs; dismisses with the text that is to be copied."""

    DEFAULT_CSS = """
    TextsScreen { align: center middle; }
    TextsScreen > Vertical {
        width: 90;
        max-width: 96%;
        height: 90%;
        border: round $primary;
        border-title-color: $primary;
        border-subtitle-color: $text-muted;
        background: $surface;
        padding: 0 1;
    }
    TextsScreen OptionList {
        height: auto;
        max-height: 8;
        border: none;
        border-bottom: hkey $foreground 20%;
        background: $surface;
    }
    TextsScreen VerticalScroll { padding: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "close", "Close", id="texts.close"),
        Binding("c", "copy", "Copy", id="texts.copy"),
    ]

    def __init__(self, title: str, texts: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.heading, self.texts = title, list(texts)

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = self.heading
            frame.border_subtitle = "Enter or c copies · Esc closes"
            yield OptionList(*(Option(plain(label)) for label, _ in self.texts), markup=False)
            with VerticalScroll():
                yield Static(markup=False)

    def on_mount(self) -> None:
        choices = self.query_one(OptionList)
        choices.highlighted = len(self.texts) - 1 if self.texts else None
        choices.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        text = self.texts[event.option_index][1]
        self.query_one("VerticalScroll Static", Static).update(plain(text[:SHOWN_CHARACTERS]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.texts[event.option_index][1])

    def action_copy(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss(self.texts[at][1])

    def action_close(self) -> None:
        self.dismiss(None)
