"""A list in which a click chooses a row and a second one acts on it."""

from __future__ import annotations

from textual import events
from textual.widgets import OptionList


class ModelList(OptionList):
    """Like an option list, but the first click on a row only highlights it.

    Acting on a model can begin a download of gigabytes or change where one's words go: not what a
    person means who clicks to read about it.
    """

    DEFAULT_CSS = """
    ModelList {
        height: 1fr; padding: 0; background: $background; scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 0%; }
        & > .option-list--option-disabled { color: $text-muted; }
    }
    """

    def on_click(self, event: events.Click) -> None:
        clicked = event.style.meta.get("option")
        if not isinstance(clicked, int) or clicked == self.highlighted:
            return
        event.prevent_default()
        if not self.get_option_at_index(clicked).disabled:
            self.highlighted = clicked
