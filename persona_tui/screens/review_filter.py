"""Which attributes to look at."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from persona_tui.stages.judging import STATUSES, ReviewFilter, Status
from widgets.safe import shorten


class FilterScreen(ModalScreen[ReviewFilter | None]):
    """Dismisses with the filter chosen, ``None`` if nothing was."""

    DEFAULT_CSS = """
    FilterScreen { align: center middle; }
    FilterScreen > Vertical {
        width: 56;
        max-width: 96%;
        height: auto;
        padding: 1 2;
        border: round $primary;
        background: $surface;
    }
    FilterScreen .title { text-style: bold; margin-bottom: 1; }
    FilterScreen OptionList {
        height: auto;
        padding: 0;
        background: transparent;
        border: none;
        &:focus { border: none; }
    }
    FilterScreen .hint { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f", "cancel", "Leave it", id="filter.cancel"),
    ]

    def __init__(
        self,
        now: ReviewFilter,
        counts: dict[Status, int],
        conversation: tuple[str, str] | None,
    ) -> None:
        """``conversation``: id and title of the one that the current attribute is from."""
        super().__init__()
        self.now, self.counts, self.conversation = now, counts, conversation

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("Which ones?", classes="title")
            options = [
                Option(
                    Content.assemble(
                        "✓ " if status == self.now.status else "  ",
                        f"{name:<12}",
                        (f"{self.counts.get(status, 0):>7,}", "dim"),
                    ),
                    id=status,
                )
                for status, name in STATUSES
            ]
            if self.now.conversation_id is not None:
                options.append(Option("✓ this conversation only: look at all", id="every"))
            elif self.conversation is not None:
                title = shorten(self.conversation[1], 28)
                options.append(Option(Content(f"  only from “{title}”"), id="conversation"))
            yield OptionList(*options)
            yield Static(
                "What you pick yourself is not a random sample, so\n"
                "those judgments are left out of some figures.",
                classes="hint",
            )

    def on_mount(self) -> None:
        names = [status for status, _ in STATUSES]
        self.query_one(OptionList).highlighted = names.index(self.now.status)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        chosen = event.option.id
        if chosen == "every":
            self.dismiss(ReviewFilter(self.now.status, None, self.now.query))
        elif chosen == "conversation" and self.conversation is not None:
            self.dismiss(ReviewFilter(self.now.status, self.conversation[0], self.now.query))
        else:
            status = next(known for known, _ in STATUSES if known == chosen)
            self.dismiss(ReviewFilter(status, self.now.conversation_id, self.now.query))

    def action_cancel(self) -> None:
        self.dismiss(None)
