"""A question with two answers, or a sentence with one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from widgets.safe import plain


class ConfirmScreen(ModalScreen[bool]):
    """Ask before something that cannot be taken back. Dismisses with True only on a clear yes.

    ``cancel=None`` shows a single button: a sentence to be read, not a question.
    """

    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; }
    ConfirmScreen > Vertical {
        width: 64;
        max-width: 94%;
        height: auto;
        max-height: 90%;
        padding: 1 2;
        border: round $primary;
        background: $surface;
        &.-danger { border: round $error; }
    }
    ConfirmScreen .title { text-style: bold; margin-bottom: 1; }
    ConfirmScreen VerticalScroll { height: auto; max-height: 14; }
    ConfirmScreen Horizontal { height: auto; margin-top: 1; align-horizontal: right; }
    ConfirmScreen Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", "Cancel", id="confirm.cancel"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        title: str,
        body: str,
        *,
        confirm: str = "Yes",
        cancel: str | None = "Cancel",
        danger: bool = False,
    ) -> None:
        super().__init__()
        self.question, self.body = plain(title), plain(body)
        self.confirm_label, self.cancel_label, self.danger = confirm, cancel, danger

    def compose(self) -> ComposeResult:
        with Vertical(classes="-danger" if self.danger else ""):
            yield Static(self.question, classes="title", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(self.body, markup=False)
            with Horizontal():
                # The harmless answer comes first and has the focus: Enter never destroys.
                if self.cancel_label is not None:
                    yield Button(self.cancel_label, id="cancel")
                yield Button(
                    self.confirm_label, id="confirm", variant="error" if self.danger else "primary"
                )

    def on_mount(self) -> None:
        careful = self.danger and self.cancel_label is not None
        self.query_one("#cancel" if careful else "#confirm", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "confirm")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class PromptScreen(ModalScreen[str | None]):
    """Ask for one line. Dismisses with the text, or None if cancelled."""

    DEFAULT_CSS = """
    PromptScreen { align: center middle; }
    PromptScreen > Vertical {
        width: 64;
        max-width: 94%;
        height: auto;
        padding: 1 2;
        border: round $primary;
        background: $surface;
    }
    PromptScreen .title { text-style: bold; margin-bottom: 1; }
    PromptScreen .hint { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="prompt.cancel"),
    ]

    def __init__(self, title: str, value: str = "", *, placeholder: str = "") -> None:
        super().__init__()
        self.question, self.value, self.placeholder = plain(title), plain(value), placeholder

    def compose(self) -> ComposeResult:
        from textual.widgets import Input

        with Vertical():
            yield Static(self.question, classes="title", markup=False)
            yield Input(self.value, placeholder=self.placeholder)
            yield Static("Enter to accept · Esc to cancel", classes="hint")

    def on_input_submitted(self, event: object) -> None:
        from textual.widgets import Input

        self.dismiss(self.query_one(Input).value.strip() or None)

    def action_cancel(self) -> None:
        self.dismiss(None)
